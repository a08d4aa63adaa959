"""Sample rows and columns for the gallery: the same each time, so that pictures can be compared."""

from __future__ import annotations

from typing import Final, NamedTuple

from studio.messages import Problem
from studio.widgets.table import ChipLook, Column, RowModel
from studio.widgets.time_label import span

PROBLEM: Final = Problem(
    what_happened="The decision could not be sent.",
    what_was_kept="Your decision and your note are stored on this computer.",
    what_to_do="They are sent by themselves as soon as the server answers.",
    detail="Offline: connection refused\n  client.py:88 in send\n  outbox.py:41 in deliver",
)


class Item(NamedTuple):
    """A row of the sample queue; `score` in basis points, `age` and `left` in minutes."""

    id: int
    title: str
    creator: str
    policy: str
    severity: str
    score: int
    age: int
    left: int
    holder: str


_CREATORS: Final = (
    "mara.v",
    "joon",
    "tiana_dances",
    "okoro",
    "lil.bex",
    "sand_r",
    "pau",
    "ines",
    "kemi",
    "dario",
)
_POLICIES: Final = (
    ("Deepfake of a real person", "critical"),
    ("Graphic violence", "high"),
    ("Spam", "low"),
    ("Adult nudity", "medium"),
    ("Consent missing", "high"),
)


def items(count: int) -> list[Item]:
    """Return a sample queue that is the same each time."""
    made = []
    for n in range(count):
        policy, severity = _POLICIES[n * 7 % 5]
        made.append(
            Item(
                4810 + n,
                f"clip_{4810 + n}.mp4",
                _CREATORS[n * 3 % 10],
                policy,
                severity,
                (9_140 - n * 1_737) % 10_000,
                2 + n * 3,
                38 - n * 7,
                "noor" if n % 6 == 4 else "",
            )
        )
    return made


def queue_model() -> RowModel[Item]:
    """Return the columns of the sample queue."""
    return RowModel(
        [
            Column(id="title", title="Item", width=140, text=lambda r: r.title, key=lambda r: r.title),
            Column(
                id="creator",
                title="Creator",
                width=120,
                text=lambda r: r.creator,
                key=lambda r: r.creator,
                tone="text_muted",
            ),
            Column(id="policy", title="Policy", width=190, text=lambda r: r.policy, key=lambda r: r.policy),
            Column(
                id="severity",
                title="Severity",
                width=110,
                text=lambda r: r.severity.capitalize(),
                key=lambda r: ("low", "medium", "high", "critical").index(r.severity),
                chip=lambda r: ChipLook(r.severity),
            ),
            Column(
                id="score",
                title="Score",
                width=80,
                text=lambda r: f"{r.score // 100} %",
                key=lambda r: r.score,
                align="right",
            ),
            Column(
                id="due",
                title="Due",
                width=160,
                text=lambda r: f"{span(r.left * 60)} {'left' if r.left >= 0 else 'over'}",
                key=lambda r: r.left,
                chip=lambda r: ChipLook(
                    "danger" if r.left < 0 else "warning" if r.left < 10 else "neutral", "clock"
                ),
            ),
            Column(
                id="age",
                title="Age",
                width=80,
                text=lambda r: f"{r.age} min",
                key=lambda r: r.age,
                align="right",
                tone="text_muted",
            ),
            Column(
                id="holder",
                title="With",
                width=90,
                text=lambda r: r.holder,
                key=lambda r: r.holder,
                chip=lambda r: ChipLook("accent", "person") if r.holder else None,
            ),
        ],
        row_id=lambda r: r.id,
        search=lambda r: f"{r.title} {r.creator} {r.policy} {r.severity}",
    )
