"""An opinion as its reader may see it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from server.forensics.opinion import floors, queries
from server.forensics.opinion.models import Opinion
from server.forensics.opinion.rules import OpinionState, Severity, worse
from server.forensics.opinion.schemas import OpinionCategory, OpinionView
from server.forensics.rules import Slot
from server.kit.db import AnySession

NO_KEY = "No key is configured for a provider of language models, so none is asked."
RESTRICTED = "No model is ever asked about a video of the restricted class."


def of_video(s: AnySession, video_id: UUID, *, restricted: bool, configured: bool) -> OpinionView:
    """The last opinion of a video. No severity in it is below what scores and flags say now."""
    if restricted:
        return OpinionView(video_id=video_id, state=OpinionState.RESTRICTED, reason=RESTRICTED)
    row = queries.latest(s, video_id)
    if row is None:
        if configured:
            return OpinionView(video_id=video_id, state=OpinionState.NOT_ASKED)
        return OpinionView(video_id=video_id, state=OpinionState.NOT_CONFIGURED, reason=NO_KEY)
    return OpinionView(
        video_id=video_id,
        state=row.state,
        model=row.model,
        prompt=row.prompt,
        frames=row.frames,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        retry_at=row.retry_at,
        summary=row.summary,
        categories=categories(row, floors.of(s, video_id)) if row.categories else [],
        reason=row.reason,
    )


def categories(row: Opinion, floor: Mapping[Slot, Severity]) -> list[OpinionCategory]:
    """What the model said, and beside it what stands: never below the floor."""
    return [
        OpinionCategory(
            slot=slot,
            severity=worse(said, floor.get(slot, Severity.NONE)),
            said=said,
            reason=each["reason"],
            moments_ms=each["moments_ms"],
        )
        for each in row.categories or []
        for slot, said in [(Slot(each["slot"]), Severity(each["severity"]))]
    ]
