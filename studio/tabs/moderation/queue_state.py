"""What the queue is narrowed to, in words that can be typed, saved and read; and what is counted in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.moderation.rules import ContentType, ItemState, Severity
from server.moderation.schemas import MyStats
from studio.tabs.moderation.snapshot import QueueRow

Passes = Callable[[QueueRow], bool]

MINE: Final = "mine"
OVER: Final = "over"
SOON: Final = "due<1h"
CRITICAL: Final = "severity:critical"
TEXT: Final = "type:text"

STATES: Final[Mapping[str, ItemState]] = {
    "waiting": ItemState.PENDING,
    "claimed": ItemState.CLAIMED,
    "held": ItemState.ON_HOLD,
    "second": ItemState.AWAITING_SECOND,
    "escalated": ItemState.ESCALATED,
}
"""The words of the screen for the states of an open item."""
_TYPES: Final[Mapping[str, tuple[ContentType, ...]]] = {
    **{kind.value: (kind,) for kind in ContentType},
    "text": (ContentType.COMMENT, ContentType.CAPTION, ContentType.PROFILE),
}
_SEVERITIES: Final = {severity.value: severity for severity in Severity}
_MINUTES: Final = {"m": 1, "min": 1, "h": 60, "d": 1440}

_CHOICE: Final = re.compile(r"(severity|type|state|policy):(\S+)")
_SCORE: Final = re.compile(r"score([<>])(\d{1,3})%?")
_DUE: Final = re.compile(r"due([<>])(\d{1,4})(m|min|h|d)")
_OPERATOR: Final = re.compile(r"[^\W\d_]+[:<>=]\S*")
"""What is meant as a choice, known or not."""
GRAMMAR: Final = "severity:high,critical  type:video  state:held  policy:violence  score>70  due<1h"


@dataclass(frozen=True, kw_only=True)
class QueueFilter:
    """What an item must be; None is anything.

    `score_from` and `score_below` are basis points; `due_within_ms` and `due_after_ms` count from now;
    the first includes what is over its time; `words` are looked for in title, creator, policy and id.
    """

    words: str = ""
    severities: frozenset[str] | None = None
    types: frozenset[str] | None = None
    states: frozenset[str] | None = None
    policies: tuple[str, ...] | None = None
    score_from: int | None = None
    score_below: int | None = None
    due_within_ms: int | None = None
    due_after_ms: int | None = None
    mine: bool = False

    @property
    def passing(self) -> bool:
        """Whether the passing of time changes what it lets through."""
        return bool(self.edges(0))

    def edges(self, now: int) -> tuple[int, ...]:
        """Return the moments before or after which an item must be due, in ms since 1970."""
        return tuple(now + each for each in (self.due_within_ms, self.due_after_ms) if each is not None)

    def checks(self, *, now: int, me: str) -> list[Passes]:
        """Return what a row has to pass, words aside.

        `now` is ms since 1970, `me` the handle of whoever looks.
        """
        checks: list[Passes] = []
        if (severities := self.severities) is not None:
            checks.append(lambda row: row.severity in severities)
        if (types := self.types) is not None:
            checks.append(lambda row: row.content_type in types)
        if (states := self.states) is not None:
            checks.append(lambda row: row.state in states)
        if (policies := self.policies) is not None:
            checks.append(lambda row: row.policy.startswith(policies))
        if (least := self.score_from) is not None:
            checks.append(lambda row: row.score_bp is not None and row.score_bp >= least)
        if (below := self.score_below) is not None:
            checks.append(lambda row: row.score_bp is not None and row.score_bp < below)
        if self.due_within_ms is not None:
            latest = now + self.due_within_ms
            checks.append(lambda row: row.due < latest)
        if self.due_after_ms is not None:
            earliest = now + self.due_after_ms
            checks.append(lambda row: row.due >= earliest)
        if self.mine:
            checks.append(lambda row: row.claimed_by == me)
        return checks


def parse(text: str, toggles: Collection[str] = ()) -> QueueFilter:
    """Return the filter that a line says, together with the toggles `MINE` and `OVER`.

    `severity:critical,high`, `type:text`, `state:held` and `policy:violence` take the beginning of a value,
    so that a list narrows while it is typed; `score>70`, `score<40` are percent; `due<1h`, `due>1h` count
    from now. Several of one name widen it, different names narrow it; all other words must occur somewhere.
    """
    chosen: dict[str, list[str]] = {}
    words: list[str] = []
    low = high = within = after = None
    for term in text.casefold().split():
        if match := _CHOICE.fullmatch(term):
            chosen.setdefault(match[1], []).extend(filter(None, match[2].split(",")))
        elif (match := _SCORE.fullmatch(term)) and int(match[2]) <= 100:
            if match[1] == ">":
                low = int(match[2]) * 100
            else:
                high = int(match[2]) * 100
        elif match := _DUE.fullmatch(term):
            length = int(match[2]) * _MINUTES[match[3]] * 60_000
            if match[1] == "<":
                within = length
            else:
                after = length
        else:
            words.append(term)
    return QueueFilter(
        words=" ".join(words),
        severities=_values(chosen.get("severity"), {k: (v,) for k, v in _SEVERITIES.items()}),
        types=_values(chosen.get("type"), _TYPES),
        states=_values(chosen.get("state"), {k: (v,) for k, v in STATES.items()}),
        policies=tuple(chosen["policy"]) if chosen.get("policy") else None,
        score_from=low,
        score_below=high,
        due_within_ms=0 if OVER in toggles else within,
        due_after_ms=after,
        mine=MINE in toggles,
    )


def _values(begun: list[str] | None, known: Mapping[str, tuple[str, ...]]) -> frozenset[str] | None:
    if not begun:
        return None
    beginnings = tuple(begun)
    return frozenset(str(v) for name, values in known.items() if name.startswith(beginnings) for v in values)


def nothing_found(wanted: QueueFilter) -> str:
    """What to do when nothing passes `wanted`: among its words may be what was meant as a choice."""
    meant = [word for word in wanted.words.split() if _OPERATOR.fullmatch(word)]
    if not meant:
        return "Try fewer words."
    known = ", ".join(GRAMMAR.split())
    return f"“{meant[0]}” is looked for as a word: it is none of the filters. There are for example {known}."


def toggled(text: str, term: str) -> str:
    """Return the line with `term` added at its end, or without it when it is there."""
    terms = text.split()
    return " ".join([t for t in terms if t != term] if term in terms else [*terms, term])


class QueueCounts:
    """How many items are over their time at any moment, without looking at all of them each second."""

    def __init__(self) -> None:
        self._dues: NDArray[np.int64] = np.empty(0, np.int64)
        self.mine = 0

    def count(self, rows: Collection[QueueRow], me: str) -> None:
        """Take the rows as they are now; `me` is the handle of whoever looks."""
        self._dues = _dues(rows)
        self.mine = _of(rows, me)

    def change(self, before: Collection[QueueRow], after: Collection[QueueRow], me: str) -> None:
        """Rows `before`, which were counted, are `after` now: changed, new or gone."""
        gone, come = _dues(before), _dues(after)
        nth_of_its_due = np.arange(len(gone)) - np.searchsorted(gone, gone)
        kept = np.delete(self._dues, np.searchsorted(self._dues, gone) + nth_of_its_due)
        self._dues = np.insert(kept, np.searchsorted(kept, come), come)
        self.mine += _of(after, me) - _of(before, me)

    @property
    def open(self) -> int:
        """How many items are open."""
        return len(self._dues)

    def due_before(self, moment: int) -> int:
        """How many items are due before `moment`, in ms since 1970."""
        return int(np.searchsorted(self._dues, moment))

    def passed(self, wanted: QueueFilter, now: int) -> tuple[int, ...]:
        """What changes when the passing of time changes what `wanted` lets through."""
        return tuple(map(self.due_before, wanted.edges(now)))


def _dues(rows: Collection[QueueRow]) -> NDArray[np.int64]:
    return np.sort(np.fromiter((row.due for row in rows), np.int64, len(rows)))


def _of(rows: Collection[QueueRow], me: str) -> int:
    return sum(row.claimed_by == me for row in rows)


def headline(counts: QueueCounts, now: int, shown: int | None = None) -> str:
    """Return the line of facts above the queue; `shown` is how many pass the filter, None without one."""
    held = f"{counts.open:,} open" if shown is None else f"{shown:,} of {counts.open:,} shown"
    parts = [held, f"{counts.due_before(now):,} over SLA"]
    if counts.mine:
        parts.append(f"{counts.mine:,} with you")
    return " · ".join(parts)


def done_today(stats: MyStats) -> str:
    """Return what a moderator decided today, in one sentence."""
    each_s = (stats.median_handling_ms or 0) // 1000
    pace = f", about {each_s} s each" if each_s else ""
    return f"You decided {stats.decided_today:,} items today{pace}."
