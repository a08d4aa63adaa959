"""How long a review of this kind takes: the median of the last 200, kept up with each decision."""

from __future__ import annotations

from statistics import median_low

from sqlalchemy import bindparam, select, update

from server.kit.db import WriteSession
from server.kit.upsert import insert_ignoring
from server.moderation.models import HandlingTimes
from server.moderation.rules import ContentType
from server.moderation.service.record import handling_times as times

KEPT = 200
_MINE = (times.c.policy == bindparam("of_policy"), times.c.content_type == bindparam("of_type"))
_RECENT = select(times.c.recent_ms).where(*_MINE).with_for_update()
_REMEMBER = update(times).where(*_MINE).values(recent_ms=bindparam("recent"), median_ms=bindparam("median"))


def learn(s: WriteSession, *, policy: str, content_type: ContentType, handling_ms: int) -> None:
    """Count one more handling time of this policy and content type."""
    mine = {"of_policy": policy, "of_type": content_type}
    known = s.scalar(_RECENT, mine)
    if known is None:
        first = {"policy": policy, "content_type": content_type}
        if insert_ignoring(s, HandlingTimes, {**first, "recent_ms": [handling_ms], "median_ms": handling_ms}):
            return
        known = s.execute(_RECENT, mine).scalar_one()
    recent = [*known, handling_ms][-KEPT:]
    s.execute(_REMEMBER, {**mine, "recent": recent, "median": median_low(recent)})
