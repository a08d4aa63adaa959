"""How hash banks react to what becomes of videos.

Events may come late and in any order: what counts is how the video stands now.
"""

from __future__ import annotations

from uuid import UUID

from server.forensics.banks import looks, matching, queries
from server.kit.db import WriteSession
from server.kit.events import Bus, Event


def register(bus: Bus) -> None:
    """Hear of videos that are ready, or brought back."""
    bus.on("content.video_ready", video_ready)
    bus.on("content.video_restored", video_ready)


def video_ready(s: WriteSession, event: Event) -> None:
    """Recognise the very same file at once, and have everything else looked at."""
    video_id = UUID(event.subject)
    if queries.file_of(s, video_id) is None:
        return  # deleted or not ready again by now
    matching.keep(s, video_id=video_id, hits=matching.same_file(s, video_id))
    looks.ask(s, video_id)
