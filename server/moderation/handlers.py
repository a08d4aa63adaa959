"""Reactions to what happens below: what is deleted is not judged, what is restored is judged after all.

Events may come late and in any order, so each handler acts on how things stand now, not on what it was told.
"""

from __future__ import annotations

from uuid import UUID

from server.content.service import COPY_OF_RESTRICTED
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.events import Bus, Event
from server.moderation import policy as policies
from server.moderation.rules import ContentType, Source
from server.moderation.service.cancel import follow_subject
from server.moderation.service.flags import receive_flag
from server.moderation.sweeps import end_claims_of


def register(bus: Bus) -> None:
    """Hear of deletions, of what comes back, and of people who lose what they may do."""
    bus.on("content.video_deleted", video_deleted)
    bus.on("content.video_restored", video_restored)
    bus.on("content.comment_deleted", comment_deleted)
    bus.on("accounts.person_changed", person_changed)
    bus.on(COPY_OF_RESTRICTED, copy_of_restricted)


def video_deleted(s: WriteSession, event: Event) -> None:
    """Cancel the open items of a deleted video and of its caption."""
    _follow_video(s, event)


def video_restored(s: WriteSession, event: Event) -> None:
    """Reopen what the deletion had cancelled: deleting and restoring is no way around a judgement."""
    _follow_video(s, event)


def _follow_video(s: WriteSession, event: Event) -> None:
    for content_type in (ContentType.VIDEO, ContentType.CAPTION):
        follow_subject(s, actor=SYSTEM, content_type=content_type, content_id=UUID(event.subject))


def comment_deleted(s: WriteSession, event: Event) -> None:
    """Cancel the open items of a deleted comment."""
    follow_subject(s, actor=SYSTEM, content_type=ContentType.COMMENT, content_id=UUID(event.subject))


def person_changed(s: WriteSession, event: Event) -> None:
    """Let others go on with what someone has who was suspended, or lost the role or the clearance for it."""
    end_claims_of(s, UUID(event.subject))


def copy_of_restricted(s: WriteSession, event: Event) -> None:
    """Let cleared people judge a video whose file is of the restricted class, even where it is deleted."""
    restricted = next(node.code for node in policies.current(s).nodes.values() if node.restricted)
    receive_flag(
        s,
        actor=SYSTEM,
        content_type=ContentType.VIDEO,
        content_id=UUID(event.subject),
        policy=restricted,
        source=Source.HASH_MATCH,
        source_ref="the same file",
    )
