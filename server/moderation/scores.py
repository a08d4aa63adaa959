"""Which score raises a flag, under which policy and how severe: a small table in versions.

The first came with the program; leads may put another in its place. A flag puts a video before a person, and
does nothing else: never an action on a score.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

import resources
from server.audit import service as audit
from server.forensics.rules import Slot
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import AnySession, WriteSession
from server.kit.errors import Invalid, Stale
from server.kit.models import Base
from server.kit.types import Json
from server.kit.upsert import insert_ignoring
from server.moderation import policy as policies
from server.moderation.schemas import PolicyNode
from server.moderation.schemas.scores import ScoreFlag as ScoreFlag
from server.moderation.schemas.scores import ScoreTableView
from server.moderation.schemas.scores import Threshold as Threshold

FILE = "policies/scores.json"


class ScoreTableVersion(Base):
    """One version that a lead wrote; never changed. The numbers go on from that of the shipped table."""

    __tablename__ = "moderation_score_tables"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    flags: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    author: Mapped[str] = mapped_column(String(96))
    at: Mapped[datetime]


@dataclass(frozen=True)
class ScoreTable:
    """One version of the table."""

    version: int
    flags: dict[tuple[Slot, Threshold], ScoreFlag]
    author: str | None = None
    at: datetime | None = None

    def flag(self, slot: Slot, *, likely: bool) -> ScoreFlag | None:
        """What a score that passes a threshold is flagged as; None = it is only shown."""
        return self.flags.get((slot, Threshold.LIKELY if likely else Threshold.LOOK_CLOSER))

    def view(self) -> ScoreTableView:
        """As the wire has it."""
        rows = list(self.flags.values())
        return ScoreTableView(version=self.version, flags=rows, author=self.author, at=self.at)


_FLAGS = TypeAdapter(list[ScoreFlag])


def read(text: str) -> ScoreTable:
    """The table in a file. Raises ValueError for a bad one: no version, a slot and threshold twice."""
    said = json.loads(text)
    return ScoreTable(int(said["version"]), _by_key(_FLAGS.validate_python(said["flags"])))


def _by_key(rows: Sequence[ScoreFlag]) -> dict[tuple[Slot, Threshold], ScoreFlag]:
    flags = {(row.slot, row.threshold): row for row in rows}
    if len(flags) < len(rows):
        raise ValueError("a slot has two flags for one threshold")
    return flags


@cache
def shipped() -> ScoreTable:
    """The table that came with the program."""
    return read(Path(resources.path(FILE)).read_text(encoding="utf-8"))


def current(s: AnySession) -> ScoreTable:
    """The table in force: the last one that a lead wrote, else the shipped one."""
    newest = select(ScoreTableVersion).order_by(ScoreTableVersion.version.desc()).limit(1)
    row = s.scalars(newest).one_or_none()
    if row is None:
        return shipped()
    return ScoreTable(row.version, _by_key(_FLAGS.validate_python(row.flags)), row.author, row.at)


def replace(s: WriteSession, *, actor: Actor, version: int, flags: Sequence[ScoreFlag]) -> ScoreTable:
    """Put another table in the place of the one at `version`.

    Raises Stale with the present one, and Invalid for a policy that is none, that would hide a video by
    itself, or that is less severe than what it is to be flagged as.
    """
    before = current(s)
    if before.version != version:
        raise Stale("The table was changed in the meantime.", current=before.view().model_dump(mode="json"))
    try:
        rows = list(_by_key(flags).values())
    except ValueError as error:
        raise Invalid("A slot has two flags for one threshold.", code="twice") from error
    nodes = policies.current(s).nodes
    for row in rows:
        node = nodes.get(row.policy)
        if node is None or not may_be_flagged(node):
            raise Invalid(f"A score cannot be flagged under {row.policy}.", code="unknown_policy")
        if row.severity.tier > node.severity.tier:
            raise Invalid(f"{row.policy} is at most {node.severity}.", code="too_severe")
    new = version + 1
    values = {
        "version": new,
        "flags": [row.model_dump(mode="json") for row in rows],
        "author": actor.ref,
        "at": clock.now(),
    }
    if not insert_ignoring(s, ScoreTableVersion, values):
        now = current(s).view().model_dump(mode="json")
        raise Stale("The table was changed in the meantime.", current=now)
    audit.record(s, actor=actor, action="moderation.scores_replaced", target=f"scores:{new}", before=version)
    return current(s)


def may_be_flagged(node: PolicyNode | None) -> bool:
    """Whether a score may name this policy: one of the restricted class would hide the video by itself."""
    return node is not None and not node.restricted
