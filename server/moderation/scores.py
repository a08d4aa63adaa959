"""Which score raises a flag, under which policy and how severe: a small versioned table in a file.

A flag puts a video before a person, and does nothing else: never an action on a score.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

import resources
from server.forensics.rules import Slot
from server.kit.wire import Frozen
from server.moderation.rules import Severity
from server.moderation.schemas import PolicyNode

FILE = "policies/scores.json"


class Threshold(StrEnum):
    """The two that a score may pass: false positive rates of at most 0.10 and 0.02."""

    LOOK_CLOSER = "look_closer"
    LIKELY = "likely"


class ScoreFlag(Frozen):
    """A score of `slot` that passes `threshold` is flagged under `policy`, as `severity`."""

    slot: Slot
    threshold: Threshold
    policy: str
    severity: Severity


@dataclass(frozen=True)
class ScoreTable:
    """One version of the table."""

    version: int
    flags: dict[tuple[Slot, Threshold], ScoreFlag]

    def flag(self, slot: Slot, *, likely: bool) -> ScoreFlag | None:
        """What a score that passes a threshold is flagged as; None = it is only shown."""
        return self.flags.get((slot, Threshold.LIKELY if likely else Threshold.LOOK_CLOSER))


_FLAGS = TypeAdapter(list[ScoreFlag])


def read(text: str) -> ScoreTable:
    """The table in a file. Raises ValueError for a bad one: no version, a slot and threshold twice."""
    said = json.loads(text)
    rows = _FLAGS.validate_python(said["flags"])
    flags = {(row.slot, row.threshold): row for row in rows}
    if len(flags) < len(rows):
        raise ValueError("a slot has two flags for one threshold")
    return ScoreTable(int(said["version"]), flags)


@cache
def shipped() -> ScoreTable:
    """The table in force: the one that came with the program."""
    return read(Path(resources.path(FILE)).read_text(encoding="utf-8"))


def may_be_flagged(node: PolicyNode | None) -> bool:
    """Whether a score may name this policy: one of the restricted class would hide the video by itself."""
    return node is not None and not node.restricted
