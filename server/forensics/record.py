"""What every change of an analysis leaves behind: an audit entry, and a word to the clients."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, select

from server.audit import service as audit
from server.content.models import Video
from server.forensics.models import Analysis
from server.kit import live
from server.kit.access import Actor
from server.kit.db import WriteSession

LIVE_TOPIC, LIVE_RESTRICTED = "forensics.analysis", "forensics.restricted_analysis"
"""What is published of an analysis, by the id of its video; of one of the restricted class to the cleared."""

analyses = cast(Table, Analysis.__table__)
RETURNED = (analyses.c.id, analyses.c.video_id, analyses.c.kind, analyses.c.version, analyses.c.runs)
"""What a change of an analysis answers: enough for its record."""


def is_restricted(s: WriteSession, video_id: UUID) -> bool:
    """Whether a video is of the restricted class; that it becomes so waits for this transaction."""
    found = select(Video.restricted_class).where(Video.id == video_id)
    return bool(s.scalar(found.with_for_update(read=True)))


def tell(s: WriteSession, row: Any, *, restricted: bool) -> None:
    """Tell who may know of it that the analyses of a video changed."""
    live.publish(s, LIVE_RESTRICTED if restricted else LIVE_TOPIC, row.video_id, row.version)


def record(s: WriteSession, actor: Actor, what: str, row: Any, **data: Any) -> bool:
    """Record that `what` happened to an analysis, given its `RETURNED`; answers whether its video is of the
    restricted class, of which the audit log tells the cleared alone."""
    restricted = is_restricted(s, row.video_id)
    audit.record(
        s,
        actor=actor,
        action=f"forensics.{what}",
        target=f"video:{row.video_id}",
        restricted=restricted,
        analysis=str(row.id),
        kind=str(row.kind),
        **data,
    )
    tell(s, row, restricted=restricted)
    return restricted
