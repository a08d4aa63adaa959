"""What is judged: its text and its fingerprint, whatever kind of thing it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select

from server.accounts import queries as accounts
from server.accounts.schemas import PersonState
from server.content import queries as content
from server.content.models import Video
from server.kit.access import Actor
from server.kit.db import AnySession
from server.moderation.models import Item
from server.moderation.rules import ContentType


@dataclass(frozen=True)
class Subject:
    """What a reviewer sees. `version_hash` is the SHA-256, in hex, of what is shown, if it can be known."""

    content_type: ContentType
    content_id: UUID
    owner_id: UUID | None
    title: str
    text: str
    video_id: UUID | None
    duration_ms: int | None
    version_hash: str | None
    deleted: bool
    created_at: datetime | None


def find(s: AnySession, content_type: ContentType, content_id: UUID) -> Subject | None:
    """The subject as it is now; None when there is none. Sparks are opaque until their catalogue: any id is
    one, so only programs and staff may name them (`is_visible`)."""
    if content_type is ContentType.SPARK:
        return Subject(content_type, content_id, None, "", "", None, None, None, False, None)
    if content_type is ContentType.PROFILE:
        return _profile(s, content_id)
    found = content.subjects(s, [(content_type, content_id)]).get((content_type, content_id))
    if found is None:
        return None
    return Subject(
        content_type=content_type,
        content_id=content_id,
        owner_id=found.owner_id,
        title=found.title,
        text=found.text,
        video_id=found.video_id,
        duration_ms=found.duration_ms,
        version_hash=found.version_hash,
        deleted=found.deleted,
        created_at=found.created_at,
    )


def is_restricted(s: AnySession, content_id: UUID) -> bool:
    """Whether this content is of the restricted class: a video says so itself, anything else by its items."""
    video = exists().where(Video.id == content_id, Video.restricted_class)
    item = exists().where(Item.content_id == content_id, Item.restricted)
    return bool(s.scalar(select(or_(video, item))))


def is_visible(s: AnySession, viewer: Actor, subject: Subject) -> bool:
    """Whether a person can have met this content. Programs and profiles know no such limit."""
    if subject.content_type is ContentType.SPARK:
        return viewer.kind != "person" or viewer.can("moderation.read")
    if viewer.kind != "person" or subject.video_id is None:
        return True
    if content.video(s, viewer, subject.video_id) is None:
        return False
    if subject.content_type is not ContentType.COMMENT:
        return True
    found = content.comments(
        s, viewer, video_id=subject.video_id, comment_id=subject.content_id, before=None, limit=1
    )
    return bool(found)


def _profile(s: AnySession, person_id: UUID) -> Subject | None:
    card = accounts.cards(s, [person_id]).get(person_id)
    if card is None:
        return None
    shown = "\0".join((card.handle, card.name, card.bio))
    return Subject(
        content_type=ContentType.PROFILE,
        content_id=person_id,
        owner_id=person_id,
        title=f"{card.name} (@{card.handle})",
        text=card.bio,
        video_id=None,
        duration_ms=None,
        version_hash=hashlib.sha256(shown.encode()).hexdigest(),
        deleted=card.state is PersonState.CLOSED,
        created_at=card.created_at,
    )
