"""How long a review of this kind takes: the median of the last 200, kept up with what becomes final."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
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


def learn(s: WriteSession, found: Iterable[tuple[str, ContentType, int]]) -> None:
    """Count the handling times of decisions, given as (policy, content type, ms), oldest first."""
    kinds: dict[tuple[str, ContentType], list[int]] = defaultdict(list)
    for policy, content_type, handling_ms in found:
        kinds[policy, content_type].append(handling_ms)
    for (policy, content_type), new in sorted(kinds.items()):
        mine = {"of_policy": policy, "of_type": content_type}
        known = s.scalar(_RECENT, mine)
        if known is None:
            empty = {"policy": policy, "content_type": content_type, "recent_ms": [], "median_ms": 0}
            insert_ignoring(s, HandlingTimes, empty)
            known = s.execute(_RECENT, mine).scalar_one()
        recent = [*known, *new][-KEPT:]
        s.execute(_REMEMBER, {**mine, "recent": recent, "median": median_low(recent)})
