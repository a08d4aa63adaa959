"""What hash banks have to do with items: what is removed is added, what matches is held back."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from server.forensics.banks import queries
from server.forensics.banks import service as banks
from server.forensics.banks.rules import REASON_MAX, BankKind, EntrySeverity
from server.forensics.banks.schemas import NewEntry
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Invalid
from server.moderation.rules import OPEN, ContentType, Outcome
from server.moderation.schemas import NewDecision, PolicyNode
from server.moderation.service import effects
from server.moderation.service.record import changed, items


def check_bank(s: WriteSession, item: Any, body: NewDecision) -> None:
    """Raises Invalid `invalid_decision` for what cannot be added to the bank that a decision names."""
    if body.outcome is not Outcome.REMOVE or item.content_type is not ContentType.VIDEO:
        raise Invalid("Only a video that is removed can be added to a bank.", code="invalid_decision")
    bank = queries.bank(s, body.bank_id) if body.bank_id else None
    if bank is None or not bank.enabled or bank.kind is not BankKind.HARMFUL:
        raise Invalid("There is no such bank of harmful material in use.", code="invalid_decision")


def add_to_bank(
    s: WriteSession,
    actor: Actor,
    item: Any,
    decision_id: UUID,
    body: NewDecision,
    node: PolicyNode | None,
    *,
    two_people: bool,
) -> None:
    """Let the bank recognise what was removed. Where it does already, nothing is added."""
    assert body.bank_id is not None
    assert node is not None
    entry = NewEntry(
        video_id=item.content_id,
        severity=EntrySeverity(node.severity),
        policy=node.code,
        reason=(body.facts or node.title)[:REASON_MAX],
    )
    with suppress(Conflict):
        banks.add_entry(
            s,
            actor=actor,
            bank_id=body.bank_id,
            body=entry,
            decision_id=decision_id,
            two_people=two_people,
        )


def restrict_item(s: WriteSession, *, actor: Actor, item_id: UUID, why: str) -> None:
    """Restrict what an open item is about until it is decided; nothing where somebody has decided it."""
    item = s.execute(
        select(items).where(items.c.id == item_id, items.c.state.in_(OPEN)).with_for_update()
    ).one_or_none()
    if item is None or not effects.restrict_meanwhile(s, actor=actor, item=item, why=why):
        return
    version = s.execute(
        update(items)
        .where(items.c.id == item_id)
        .values(version=items.c.version + 1)
        .returning(items.c.version)
    ).scalar_one()
    changed(
        s,
        actor=actor,
        what="item_restricted_meanwhile",
        item_id=item_id,
        restricted=item.restricted,
        version=version,
        why=why,
    )
