"""How opinions react to what becomes of videos."""

from __future__ import annotations

from uuid import UUID

from server.forensics.opinion import service
from server.forensics.opinion.record import opinions
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.events import Bus, Event


def register(bus: Bus) -> None:
    """Hear of videos that are deleted, or of the restricted class from now on."""
    bus.on("content.video_deleted", video_deleted)
    bus.on("content.video_restricted", video_restricted)


def video_deleted(s: WriteSession, event: Event) -> None:
    """Nobody is asked about what nobody sees."""
    service.cancel_of_deleted(s, actor=SYSTEM, video_id=UUID(event.subject))


def video_restricted(s: WriteSession, event: Event) -> None:
    """No model is asked about the restricted class, and nothing is kept of what one said before."""
    video_id = UUID(event.subject)
    mine = opinions.c.video_id == video_id
    service.cancel(s, actor=SYSTEM, which=mine, code="restricted")
    service.drop_words(s, video_id=video_id)
