"""The table of scores on the wire: which score raises a flag, under which policy, as how severe."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from server.forensics.rules import Slot
from server.kit.wire import Frozen, Instant, Version
from server.moderation.rules import Severity
from server.moderation.schemas.policies import PolicyCode


class Threshold(StrEnum):
    """The two that a score may pass: false positive rates of at most 0.10 and 0.02."""

    LOOK_CLOSER = "look_closer"
    LIKELY = "likely"


class ScoreFlag(Frozen):
    """A score of `slot` that passes `threshold` is flagged under `policy`, as `severity`."""

    slot: Slot
    threshold: Threshold
    policy: PolicyCode
    severity: Severity


class ScoreTableBody(Frozen):
    """The whole table anew. What is not in it is shown and flags nothing."""

    flags: Annotated[list[ScoreFlag], Field(max_length=len(Slot) * len(Threshold))]


class ScoreTableView(Frozen):
    """The table in force. `author` and `at` are null for the one that came with the program."""

    version: Version
    flags: list[ScoreFlag]
    author: str | None
    at: Instant | None
