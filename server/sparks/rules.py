"""The words of the catalogue of sparks, and what becomes of a spark and of a version; pure, the client has it
too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from server.sparks.engine.format.spark import CREDITS, Tier

RUNS: Final = 2
"""Workers that a version gets before it is left alone: it may be what ends them."""
NOTE_MAX: Final = 500
REASON_MAX: Final = 300
PACK_MAX: Final = 16 << 20
"""Bytes of the request that brings a pack."""
REFUSALS_MAX: Final = 100
"""What is kept of one verdict at most."""


class SparkState(StrEnum):
    """Where a spark is. Only a `published` one is in the catalogue; a `retired` one is still played where it
    was given."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class VersionState(StrEnum):
    """Where a version is. `passed`: our own worker found nothing against it, which is final for as long as
    the engine is the same; `parked`: its workers died, which says nothing of it."""

    ADDED = "added"
    JUDGING = "judging"
    PASSED = "passed"
    REFUSED = "refused"
    PARKED = "parked"


StateT = TypeVar("StateT", bound=StrEnum)


@dataclass(frozen=True)
class Transition(Generic[StateT]):
    """`event` leads from `before` (None = there is no such thing yet) to `after`, if `guard` holds."""

    before: StateT | None
    event: str
    after: StateT
    guard: str


_D, _P, _R = SparkState.DRAFT, SparkState.PUBLISHED, SparkState.RETIRED
SPARK_MACHINE: Final = (
    Transition(None, "create", _D, "its file has no fault, its name in the catalogue is free"),
    Transition(_D, "publish", _P, "the version has passed"),
    Transition(_P, "publish", _P, "another version of it has passed"),
    Transition(_P, "retire", _R, "by an admin"),
    Transition(_R, "restore", _P, "by an admin"),
)
_A, _J = VersionState.ADDED, VersionState.JUDGING
VERSION_MACHINE: Final = (
    Transition(None, "add", _A, "its file has no fault, and no other version is the same"),
    *(
        Transition(before, "ask", _J, "the hash that is named is its own; no other version is being judged")
        for before in (_A, VersionState.REFUSED, VersionState.PARKED)
    ),
    Transition(VersionState.PASSED, "ask", _J, "as above, and another engine has let it pass"),
    Transition(_A, "vouch", VersionState.PASSED, "it comes with the program, whose build has judged it"),
    Transition(_J, "pass", VersionState.PASSED, "our worker made it anew and found nothing against it"),
    Transition(_J, "refuse", VersionState.REFUSED, "our worker found something against it"),
    Transition(_J, "die", _J, f"the worker died, and it was not the last of {RUNS}"),
    Transition(_J, "park", VersionState.PARKED, f"the last of {RUNS} workers died"),
)


def sources_of(machine: Sequence[Transition[StateT]], event: str) -> tuple[StateT, ...]:
    """The states from which `event` may happen. KeyError for an unknown event."""
    found = tuple(t.before for t in machine if t.event == event and t.before is not None)
    if not found:
        raise KeyError(event)
    return found


def target_of(machine: Sequence[Transition[StateT]], event: str) -> StateT:
    """The state to which `event` leads."""
    return next(t.after for t in machine if t.event == event)


def fits(tier: Tier, credits_each: int) -> bool:
    """Whether a spark of this tier may cost so much."""
    least, most = CREDITS[tier]
    return least <= credits_each <= most


def range_said(tier: Tier) -> str:
    """What a spark of this tier may cost, in words."""
    least, most = CREDITS[tier]
    return f"A spark of the tier {tier} costs {least:,} to {most:,} credits."
