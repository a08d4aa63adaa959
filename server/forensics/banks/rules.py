"""The words of hash banks, and what becomes of an entry; pure, the client has it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from server.forensics.rules import MatchClass

OURS: Final = "pdq-1s"
REFERENCE: Final = "pdq-1"
"""The two algorithms of `hashing.pdq`, whose names are wanted where nothing is hashed."""
INDEX_FOLDER: Final = "hash-index"
"""Below the data folder. It is made again from the database, and belongs to that one alone."""
DISTANCE_MAX: Final = 31
"""Bits by which two frames may differ and still be the same picture."""
STRONG_BITS: Final = 10
STRONG_QUALITY: Final = 80
"""What an interim restriction asks of a match: at most these bits, at least this quality of both frames."""
FALSE_POSITIVES: Final = 2
"""Videos whose match people call wrong, from which on an entry is taken out by itself."""
FLOOD_AN_HOUR: Final = 10
FLOOD_TIMES: Final = 5
"""More videos that match in an hour than the first, and than so many times what is usual, are a flood."""
FLOOD_WEEK: Final = timedelta(days=7)
"""What is usual is the median of the hours of this time."""
IMPORT_MAX: Final = 5_000
"""Rows of one import."""
TRIES: Final = 3
"""Jobs that one thing gets before it is left alone: it may be what ends them."""
REASON_MAX: Final = 500
STOPPED_MAX: Final = 120
"""Characters of why an entry took itself out of use."""
ENTRIES_AT_ONCE: Final = 500
"""Entries that one command moves on at most: a page or a few, in less than a second."""
NEIGHBOURS: Final = 50
"""Entries whose numbers lie no further apart are looked for in the library together."""
MATCHES_MAX: Final = 200
"""Matches that one video is told to have at most."""


class BankKind(StrEnum):
    """What a bank holds: what is to be found again, what is harmless, what others gave us."""

    HARMFUL = "harmful"
    NEGATIVE = "negative"
    EXCHANGE = "exchange"


class BankAction(StrEnum):
    """What a match may bring about: an item of the queue, or with it a restriction until it is decided."""

    QUEUE = "queue"
    RESTRICT_INTERIM = "restrict_interim"


class EntrySeverity(StrEnum):
    """How bad the original is; the words are those of moderation."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


TWO_PEOPLE: Final = (EntrySeverity.HIGH, EntrySeverity.CRITICAL)
"""Of these severities an entry is active only once a second person says so."""


class EntryState(StrEnum):
    """Where an entry is. Only an `active` one is searched; `deconfirmed` and `expired` are final."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    QUARANTINED = "quarantined"
    DECONFIRMED = "deconfirmed"
    EXPIRED = "expired"


class MatchVerdict(StrEnum):
    """What a person says of a match."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    FALSE_POSITIVE = "false_positive"


class ScanState(StrEnum):
    """Where the look through the library is that a new entry asks for; all but the first are final. `parked`:
    that its job failed again and again without coming further."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    PARKED = "parked"


class LookState(StrEnum):
    """How far the banks are with a video. `refused`: its file cannot be read, which a second try would not
    change; `parked`: its job failed again and again. Both rest until somebody asks anew."""

    WAITING = "waiting"
    SEARCHED = "searched"
    REFUSED = "refused"
    PARKED = "parked"


@dataclass(frozen=True)
class Transition:
    """`event` leads from `before` (None = there is no such entry yet) to `after`, if `guard` holds."""

    before: EntryState | None
    event: str
    after: EntryState
    guard: str


_P, _A, _Q = EntryState.PROPOSED, EntryState.ACTIVE, EntryState.QUARANTINED
KEPT: Final = (_P, _A, _Q)
"""The states of an entry that may be searched again; of a video a bank has at most one of these."""
ENTRY_MACHINE: Final = (
    Transition(None, "add", _P, "by a person or by the decision that removed it"),
    Transition(_P, "activate", _A, "severity high or critical: by another person than who proposed it"),
    Transition(
        _A,
        "quarantine",
        _Q,
        "a flood of videos, two that match wrongly, or a lead who does not own its video",
    ),
    Transition(_Q, "activate", _A, "by a lead, who has looked at the matches"),
    *(
        Transition(
            before,
            "deconfirm",
            EntryState.DECONFIRMED,
            "by a lead who does not own its video, or its decision is reversed",
        )
        for before in KEPT
    ),
    *(Transition(before, "expire", EntryState.EXPIRED, "its time is over") for before in KEPT),
)


def sources_of(event: str) -> tuple[EntryState, ...]:
    """The states from which `event` may happen. KeyError for an unknown event."""
    found = tuple(t.before for t in ENTRY_MACHINE if t.event == event and t.before is not None)
    if not found:
        raise KeyError(event)
    return found


def target_of(event: str) -> EntryState:
    """The state to which `event` leads."""
    return next(t.after for t in ENTRY_MACHINE if t.event == event)


def needs_second(severity: EntrySeverity) -> bool:
    """Whether a second person has to say that an entry is active."""
    return severity in TWO_PEOPLE


def is_flood(last_hour: int, hours: Sequence[int]) -> bool:
    """Whether so many videos in the last hour are a flood, given those of each hour of the week before."""
    usual = sorted(hours)[len(hours) // 2] if hours else 0
    return last_hour > max(FLOOD_AN_HOUR, FLOOD_TIMES * usual)


def graded(kind: MatchClass, *, bits: int, distance: int) -> MatchClass:
    """What a match is worth in a bank that allows `distance` bits: beyond them it is only similar."""
    return kind if bits <= distance else MatchClass.WEAK


def may_restrict(
    *,
    grade: MatchClass,
    bits: int,
    quality: int,
    bank: BankKind,
    action: BankAction,
    confirmed: bool,
    ours: bool,
) -> bool:
    """Whether a match restricts the video until somebody has decided. `ours`: that the original is a video of
    this place; nobody here has seen what is behind a hash that others gave us."""
    return (
        ours
        and action is BankAction.RESTRICT_INTERIM
        and confirmed
        and bank is not BankKind.NEGATIVE
        and grade is MatchClass.STRONG
        and bits <= STRONG_BITS
        and quality >= STRONG_QUALITY
    )
