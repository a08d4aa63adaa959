"""How forensics reacts to what becomes of videos.

Events may come late and in any order: what counts is how the video stands now.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from server.forensics import queries, service
from server.forensics.banks import handlers as banks
from server.forensics.rules import Priority
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound
from server.kit.events import Bus, Event


def register(bus: Bus) -> None:
    """Hear of videos that are ready, deleted, brought back, or of the restricted class from now on."""
    bus.on("content.video_ready", video_ready)
    bus.on("content.video_restored", video_ready)
    bus.on("content.video_deleted", video_deleted)
    bus.on("content.video_restricted", video_restricted)
    banks.register(bus)


def video_ready(s: WriteSession, event: Event) -> None:
    """Ask for what has not been looked at yet."""
    video_id = UUID(event.subject)
    for kind in queries.unanalysed(s, video_id=video_id):
        with suppress(NotFound, Conflict):  # deleted or not ready again by now
            service.request(s, actor=SYSTEM, video_id=video_id, kind=kind, priority=Priority.UPLOAD)


def video_deleted(s: WriteSession, event: Event) -> None:
    """What nobody sees is not looked at."""
    service.cancel_of_video(s, actor=SYSTEM, video_id=UUID(event.subject))


def video_restricted(s: WriteSession, event: Event) -> None:
    """Of the restricted class nothing is kept that shows where to look."""
    service.drop_evidence(s, video_id=UUID(event.subject))
