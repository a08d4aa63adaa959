"""What every change of the catalogue leaves behind: audit, event, a word to the clients."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from server.audit import service as audit
from server.kit import live
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.events import bus
from server.sparks.rules import SparkState

LIVE_CHANGED: Final = "sparks.changed"
"""Published by the id of a spark that is or was in the catalogue; of a draft it is `LIVE_DRAFT`."""
LIVE_DRAFT: Final = "sparks.draft"
LIVE_JUDGED: Final = "sparks.judged"
"""Published by the id of a spark when the judging of one of its versions has come further."""
_AUDIT_ONLY = ("reason", "asked_by")
"""What people wrote, and who they are: events carry neither."""


def changed(s: WriteSession, actor: Actor, what: str, row: Any, **data: Any) -> None:
    """Record that `what` happened to a spark, given its columns after that, and tell who may know of it."""
    _said(s, actor, f"sparks.{what}", row.id, data)
    told(s, row)


def told(s: WriteSession, row: Any) -> None:
    """Tell who may know of it that a spark, given its columns, is not as it was."""
    topic = LIVE_DRAFT if row.state is SparkState.DRAFT else LIVE_CHANGED
    live.publish(s, topic, row.id, row.version)


def noted(s: WriteSession, actor: Actor, what: str, spark_id: UUID, **data: Any) -> None:
    """Record what came of a change that `changed` has told, or tells, the clients of."""
    _said(s, actor, f"sparks.{what}", spark_id, data)


def judged(s: WriteSession, actor: Actor, what: str, row: Any, **data: Any) -> None:
    """Record that the judging of a version, given its columns, has come to `what`."""
    said = {"number": row.number, "sha256": row.sha256, **data}
    _said(s, actor, f"sparks.version_{what}", row.spark_id, said)
    live.publish(s, LIVE_JUDGED, row.spark_id, row.number)


def _said(s: WriteSession, actor: Actor, action: str, spark_id: UUID, data: dict[str, Any]) -> None:
    audit.record(s, actor=actor, action=action, target=f"spark:{spark_id}", **data)
    bus.emit(s, action, spark_id, **{key: value for key, value in data.items() if key not in _AUDIT_ONLY})
