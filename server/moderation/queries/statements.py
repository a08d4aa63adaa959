"""Which rule led to what is withheld, as its owner may know it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from server.content.reasons import Withheld
from server.content.rules import ContentType
from server.content.schemas import Restriction
from server.kit import clock
from server.kit.db import AnySession
from server.moderation import policy as policies
from server.moderation.models import Action, Decision
from server.moderation.rules import AVAILABILITY, Opinion


def explain(s: AnySession, withheld: Withheld) -> dict[tuple[ContentType, UUID], Restriction]:
    """The decision in force that asks for what each is: of several, the one that lasts longest.

    Nothing is told of opinions, nor of a policy that asks for two: what was found there is sealed. Since
    these are more than the restricted class, that a reason is missing tells nobody of it; and what was told
    before a video came into the class is told after. A decision that is not in force yet leaves no trace.
    """
    if not withheld:
        return {}
    found: dict[tuple[ContentType, UUID], list[Any]] = defaultdict(list)
    for row in s.execute(_in_force(withheld)):
        subject = ContentType(row.target_type), row.target_id
        if AVAILABILITY[row.type] == withheld.get(subject):
            found[subject].append(row)
    versions = {row.policy_version for rows in found.values() for row in rows}
    trees = policies.versions(s, versions) if versions else {}
    told = {}
    for subject, rows in found.items():
        rows = [row for row in rows if not trees[row.policy_version].get(row.policy).dual_control]
        if rows:
            longest = max(rows, key=_ends)
            node = trees[longest.policy_version].get(longest.policy)
            told[subject] = Restriction(
                decision_id=longest.decision_id,
                policy=node.code,
                title=node.title,
                covers=node.covers,
                until=longest.ends_at,
            )
    return told


def _in_force(withheld: Withheld) -> Any:
    now = clock.now()
    return (
        select(
            Action.target_type,
            Action.target_id,
            Action.type,
            Action.ends_at,
            Decision.id.label("decision_id"),
            Decision.policy,
            Decision.policy_version,
        )
        .join(Decision, Decision.id == Action.decision_id)
        .where(
            # An id may be that of a person as well: clients make those of videos.
            Action.target_type.in_({content_type for content_type, _ in withheld}),
            Action.target_id.in_({content_id for _, content_id in withheld}),
            Action.ended_at.is_(None),
            Action.starts_at <= now,
            or_(Action.ends_at.is_(None), Action.ends_at > now),
            Action.interim.is_(False),
            Decision.opinion == Opinion.SOLE,
            Decision.policy.is_not(None),
        )
        .order_by(Action.starts_at, Action.id)
    )


def _ends(row: Any) -> tuple[bool, datetime]:
    return row.ends_at is None, row.ends_at or clock.now()
