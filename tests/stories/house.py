"""What stands in the house before a story begins."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from server.content import service, workflow
from server.content.models import Video
from server.content.rules import VideoState
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.storage import Store


def published(db: Database, store: Store, owner: UUID, title: str, data: bytes, *, hours: int) -> UUID:
    """A video that came `hours` ago, with its film alone."""
    with clock.held(clock.now() - timedelta(hours=hours)):
        with db.write() as s:
            actor = Actor("person", owner, "", frozenset(), frozenset())
            video = service.create_video(s, actor=actor, filename="dusk.mp4", size=len(data), title=title)
            s.execute(
                sa.update(Video)
                .where(Video.id == video.id)
                .values(state=VideoState.PROCESSING, sha256=store.put(s, data))
            )
        assert workflow.measure(str(video.id))
        workflow.publish(str(video.id))
    return video.id
