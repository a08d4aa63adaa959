"""Reactions to what happens below: what is deleted is not judged, what is restored is judged after all."""

from __future__ import annotations

from uuid import UUID

from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.events import Bus, Event
from server.moderation.rules import ContentType
from server.moderation.service.cancel import cancel_items, reopen_items


def register(bus: Bus) -> None:
    """Hear of deletions and of what comes back."""
    bus.on("content.video_deleted", video_deleted)
    bus.on("content.video_restored", video_restored)
    bus.on("content.comment_deleted", comment_deleted)


def video_deleted(s: WriteSession, event: Event) -> None:
    """Cancel the open items of a deleted video and of its caption."""
    cancel_items(
        s,
        actor=SYSTEM,
        content_id=UUID(event.subject),
        content_types=(ContentType.VIDEO, ContentType.CAPTION),
    )


def video_restored(s: WriteSession, event: Event) -> None:
    """Reopen what the deletion had cancelled: deleting and restoring is no way around a judgement."""
    reopen_items(
        s,
        actor=SYSTEM,
        content_id=UUID(event.subject),
        content_types=(ContentType.VIDEO, ContentType.CAPTION),
    )


def comment_deleted(s: WriteSession, event: Event) -> None:
    """Cancel the open items of a deleted comment."""
    cancel_items(s, actor=SYSTEM, content_id=UUID(event.subject), content_types=(ContentType.COMMENT,))
