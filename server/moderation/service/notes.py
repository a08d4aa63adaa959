"""What moderators write down: notes on items, and ready texts for the facts of decisions."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, or_, select, update

from server.audit import service as audit
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Forbidden, NotFound, Stale
from server.kit.upsert import insert_ignoring
from server.moderation.models import Item, Note, SavedReason
from server.moderation.queries import reasons
from server.moderation.queries.scope import visible
from server.moderation.schemas import NewNote, SavedReasonBody
from server.moderation.service.claims import LEAD
from server.moderation.service.record import changed


def add_note(s: WriteSession, *, actor: Actor, item_id: UUID, body: NewNote) -> UUID:
    """Keep a note on an item. Raises NotFound, Conflict `id_taken` for a note id that is in use."""
    item = s.execute(
        select(Item.restricted, Item.version).where(Item.id == item_id, visible(actor))
    ).one_or_none()
    if item is None:
        raise NotFound("There is no such item.")
    note_id = body.id or uuid4()
    note = {
        "id": note_id,
        "item_id": item_id,
        "author_id": actor.person,
        "body": body.body,
        "at_ms": body.at_ms,
        "created_at": clock.now(),
    }
    if not insert_ignoring(s, Note, note):
        raise Conflict("There is a note with this id.", code="id_taken")
    changed(
        s,
        actor=actor,
        what="note_added",
        item_id=item_id,
        restricted=item.restricted,
        version=item.version,
        note=str(note_id),
    )
    return note_id


def save_reason(s: WriteSession, *, actor: Actor, body: SavedReasonBody) -> SavedReason:
    """Keep a ready text, for oneself or (leads only) for the team."""
    if body.shared and not actor.can(LEAD):
        raise Forbidden("Reasons for the whole team are kept by leads.")
    reason = SavedReason(
        owner_id=None if body.shared else actor.person, title=body.title, body=body.body, policy=body.policy
    )
    s.add(reason)
    s.flush()
    _recorded(s, actor, "reason_saved", reason.id)
    return reason


def edit_reason(
    s: WriteSession, *, actor: Actor, reason_id: UUID, version: int, body: SavedReasonBody
) -> SavedReason:
    """Change a text that is still at `version`. Raises NotFound, Stale with the present copy, Forbidden."""
    if body.shared and not actor.can(LEAD):
        raise Forbidden("Reasons for the whole team are kept by leads.")
    done = s.changed_one(
        update(SavedReason)
        .where(SavedReason.id == reason_id, SavedReason.version == version, _editable(actor))
        .values(
            owner_id=None if body.shared else actor.person,
            title=body.title,
            body=body.body,
            policy=body.policy,
            version=SavedReason.version + 1,
        )
    )
    if not done:
        now = s.scalar(select(SavedReason).where(SavedReason.id == reason_id, _editable(actor)))
        if now is None:
            raise NotFound("You have no such reason.")
        current = reasons.row_of(now).model_dump(mode="json")
        raise Stale("This reason was changed in the meantime.", current=current)
    _recorded(s, actor, "reason_edited", reason_id)
    return s.get_one(SavedReason, reason_id, populate_existing=True)


def delete_reason(s: WriteSession, *, actor: Actor, reason_id: UUID) -> None:
    """Throw a text away. Raises NotFound."""
    if not s.changed_one(delete(SavedReason).where(SavedReason.id == reason_id, _editable(actor))):
        raise NotFound("You have no such reason.")
    _recorded(s, actor, "reason_deleted", reason_id)


def _editable(actor: Actor) -> ColumnElement[bool]:
    own = SavedReason.owner_id == actor.person
    return or_(own, SavedReason.owner_id.is_(None)) if actor.can(LEAD) else own


def _recorded(s: WriteSession, actor: Actor, what: str, reason_id: UUID) -> None:
    audit.record(s, actor=actor, action=f"moderation.{what}", target=f"reason:{reason_id}")
