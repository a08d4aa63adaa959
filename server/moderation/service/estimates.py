"""How long a review of this kind takes: the median of the last 200, kept up with each decision."""

from __future__ import annotations

from statistics import median_low

from sqlalchemy import select, update

from server.kit.db import WriteSession
from server.kit.upsert import insert_ignoring
from server.moderation.models import HandlingTimes
from server.moderation.rules import ContentType

KEPT = 200


def learn(s: WriteSession, *, policy: str, content_type: ContentType, handling_ms: int) -> None:
    """Count one more handling time of this policy and content type."""
    mine = (HandlingTimes.policy == policy, HandlingTimes.content_type == content_type)
    known = s.scalar(select(HandlingTimes.recent_ms).where(*mine).with_for_update())
    if known is None:
        first = {"policy": policy, "content_type": content_type}
        if insert_ignoring(s, HandlingTimes, {**first, "recent_ms": [handling_ms], "median_ms": handling_ms}):
            return
        known = s.execute(select(HandlingTimes.recent_ms).where(*mine).with_for_update()).scalar_one()
    recent = [*known, handling_ms][-KEPT:]
    s.execute(update(HandlingTimes).where(*mine).values(recent_ms=recent, median_ms=median_low(recent)))
