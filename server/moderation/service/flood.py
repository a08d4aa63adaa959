"""How often one person may flag, counted in the database: it holds over restarts, sessions and processes."""

from __future__ import annotations

import math
from datetime import timedelta

from sqlalchemy import select

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.errors import TooMany
from server.moderation import policy as policies
from server.moderation.models import Flag

LIMITS = ((10, timedelta(minutes=1)), (60, timedelta(hours=1)))
RESTRICTED_LIMIT = (5, timedelta(days=1))
"""Each flag of the restricted class hides a video from most reviewers and drops what was made of it."""


def check_flood(s: AnySession, *, actor: Actor, policy: str) -> None:
    """Raises TooMany when this person has flagged too often. Flags taken back count; staff and programs are
    exempt."""
    if actor.kind != "person" or actor.can("moderation.read"):
        return
    mine = select(Flag.received_at).where(Flag.reporter_id == actor.id).order_by(Flag.received_at.desc())
    restricted = [code for code, node in policies.current(s).nodes.items() if node.restricted]
    windows = [(mine, *limit) for limit in LIMITS]
    if policy in restricted:
        windows.append((mine.where(Flag.policy.in_(restricted)), *RESTRICTED_LIMIT))
    now = clock.now()
    for said, most, per in windows:
        latest = s.scalars(said.limit(most)).all()
        if len(latest) == most and latest[-1] > now - per:
            wait = math.ceil((latest[-1] + per - now).total_seconds())
            raise TooMany("That was very often. Wait before you flag again.", retry_after_s=wait)
