"""The columns of the queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from server.moderation.rules import ContentType, ItemState, Severity
from studio.tabs.moderation.snapshot import QueueRow
from studio.widgets.table import ChipLook, Column
from studio.widgets.time_label import SOON_SHARE, exact, span

Now = Callable[[], int]
"""The server's time in ms since 1970."""
Titles = Callable[[str], str]
"""The title of a policy by its code."""

LONG_S: Final = 10 * 3600
"""With so much time left nobody counts minutes."""
TYPE_ICONS: Final = {
    ContentType.VIDEO.value: "video",
    ContentType.COMMENT.value: "comment",
    ContentType.CAPTION.value: "text",
    ContentType.PROFILE.value: "profile",
    ContentType.SPARK.value: "spark",
}
_PRIORITY_STEP: Final = 10**10
"""More than any due time in seconds, so that due times only part items of one priority."""
_TIERS: Final = {severity.value: severity.tier for severity in Severity}


def queue_order(row: QueueRow) -> float:
    """The place in which items are picked: the highest priority first, then the earliest due time."""
    return row.due // 1000 - row.priority * _PRIORITY_STEP


def rough(seconds: float) -> str:
    """A length of time in its largest unit."""
    return " ".join(span(seconds).split()[:2])


def due_text(row: QueueRow, now: int) -> str:
    """The time left, or by how much it is over, then in one unit."""
    left_s = (row.due - now) / 1000
    return span(left_s) if left_s >= 0 else f"{rough(left_s)} over"


def due_tone(row: QueueRow, now: int) -> str:
    """The tone of a countdown: danger when over, warning when a quarter of the time is left."""
    left = row.due - now
    if left < 0:
        return "danger"
    return "warning" if left < (row.due - row.created) * SOON_SHARE else "neutral"


PLACES: Final = {
    ItemState.AWAITING_SECOND: "Second opinion",
    ItemState.ESCALATED: "Escalated",
}
"""What an item that nobody has waits for, where that is not the usual."""


def holder_text(row: QueueRow, now: int, me: str) -> str:
    """Who has it and for how long still; where it waits when nobody has it."""
    if row.state in PLACES:
        return PLACES[ItemState(row.state)]
    if row.claimed_by is None:
        return ""
    who = "You" if row.claimed_by == me else row.claimed_by
    if row.state == ItemState.ON_HOLD:
        return f"{who} · held"
    left_s = ((row.lease_until or now) - now) / 1000
    return f"{who} · {span(left_s)}" if left_s > 0 else who


def holder_told(row: QueueRow, now: int, me: str) -> str:
    """The same where there is room for it."""
    waits = row.state == ItemState.AWAITING_SECOND
    return "Awaiting second opinion" if waits else holder_text(row, now, me)


def holder_look(row: QueueRow, me: str) -> ChipLook | None:
    """The chip of whoever has the item."""
    if row.state in PLACES:
        return ChipLook("warning" if row.state == ItemState.ESCALATED else "info")
    if row.claimed_by is None:
        return None
    return ChipLook("accent" if row.claimed_by == me else "neutral")


def policy_text(row: QueueRow, titles: Titles) -> str:
    """The policy it was flagged for, and how many more flags there are."""
    more = row.flag_count - 1
    return f"{titles(row.policy)} +{more}" if more > 0 else titles(row.policy)


def flags_text(row: QueueRow) -> str:
    """How many flags there are, in words."""
    return f"{row.flag_count:,} {'flag' if row.flag_count == 1 else 'flags'}"


def moment(ms: int) -> datetime:
    """ms since 1970 as aware UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def due_brief(row: QueueRow, now: int) -> str:
    """The time left as a column of them is read: minutes matter within ten hours only."""
    left_s = (row.due - now) / 1000
    if left_s < 0 or left_s < LONG_S:
        return due_text(row, now)
    return rough(left_s)


def holder_brief(row: QueueRow, me: str) -> ChipLook | None:
    """The chip of whoever has the item, in a narrow column: the tooltip tells the rest."""
    look = holder_look(row, me)
    if look is None:
        return None
    if row.state in PLACES:
        return ChipLook(look.tone, "escalate" if row.state == ItemState.ESCALATED else "people", "")
    if row.state == ItemState.ON_HOLD:
        return ChipLook(look.tone, "hold", "")
    return ChipLook(look.tone, "", "You" if row.claimed_by == me else row.claimed_by)


def columns(*, now: Now, titles: Titles, me: str) -> list[Column[QueueRow]]:
    """Return the columns; `me` is the handle of whoever looks.

    What decides where to go next comes first: in a narrow window the right end is scrolled to. The creator
    stands under the title, so that both can be read.
    """
    return [
        Column(
            id="severity",
            title="Severity",
            width=90,
            text=lambda row: row.severity.capitalize(),
            key=lambda row: -_TIERS[row.severity],
            chip=lambda row: ChipLook(row.severity),
        ),
        Column(
            id="title",
            title="Item",
            width=160,
            stretch=5,
            text=lambda row: row.title,
            key=lambda row: row.title,
            icon=lambda row: TYPE_ICONS[row.content_type],
            tooltip=lambda row: f"{row.title}\n{row.content_type.capitalize()} · {row.id}",
        ),
        Column(
            id="creator",
            title="Creator",
            width=110,
            below="title",
            text=lambda row: f"@{row.creator}" if row.creator else "",
            key=lambda row: row.creator or "",
            tone="text_muted",
        ),
        Column(
            id="policy",
            title="Policy",
            width=136,
            stretch=2,
            text=lambda row: policy_text(row, titles),
            key=lambda row: titles(row.policy),
            tooltip=lambda row: f"{titles(row.policy)} · {row.policy}\n{flags_text(row)}",
        ),
        Column(
            id="due",
            title="Due",
            width=112,
            text=lambda row: due_brief(row, now()),
            key=lambda row: row.due,
            chip=lambda row: ChipLook(due_tone(row, now())),
            tooltip=lambda row: f"Due {exact(moment(row.due))}",
            live=True,
        ),
        Column(
            id="holder",
            title="With",
            width=74,
            text=lambda row: holder_text(row, now(), me),
            key=lambda row: row.claimed_by or "",
            chip=lambda row: holder_brief(row, me),
            tooltip=lambda row: holder_told(row, now(), me),
            live=True,
        ),
        Column(
            id="score",
            title="Score",
            width=64,
            text=lambda row: "" if row.score_bp is None else f"{(row.score_bp + 50) // 100} %",
            key=lambda row: -1 if row.score_bp is None else row.score_bp,
            align="right",
            tooltip=lambda row: "The highest confidence of a classifier" if row.score_bp is not None else "",
        ),
        Column(
            id="age",
            title="Age",
            width=74,
            text=lambda row: rough((now() - row.created) / 1000),
            key=lambda row: -row.created,
            tone="text_muted",
            live=True,
        ),
        Column(
            id="type",
            title="Type",
            width=84,
            text=lambda row: row.content_type.capitalize(),
            key=lambda row: row.content_type,
            tone="text_muted",
        ),
        Column(
            id="priority",
            title="Priority",
            width=90,
            text=lambda row: f"{row.priority:,}",
            key=queue_order,
            align="right",
            tone="text_muted",
        ),
    ]


def search_text(titles: Titles) -> Callable[[QueueRow], str]:
    """Return what gives the text of a row in which typed words are looked for."""

    def text(row: QueueRow) -> str:
        return f"{row.title}\n{row.creator}\n{titles(row.policy)}\n{row.id}"

    return text
