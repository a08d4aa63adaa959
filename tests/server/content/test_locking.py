"""Whoever changes several videos locks them in the order of their ids: then two never wait for each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.content import availability, posters, publishing, service
from server.content.models import Video
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database, WriteSession
from server.kit.wire import Availability
from tests.server.content.conftest import AddVideo

Change = Callable[[WriteSession, Actor], int]

CHANGES: dict[str, Change] = {
    "publish_due": lambda s, owner: publishing.publish_due(s),
    "give_up": lambda s, owner: posters.give_up(s, before=clock.now()),
    "delete_videos_of": lambda s, owner: service.delete_videos_of(s, actor=SYSTEM, owner_id=owner.person),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_several_videos_are_locked_in_one_order_before_they_change(
    db: Database, add_video: AddVideo, creator: Actor, change: Change
) -> None:
    if db.sqlite:
        pytest.skip("SQLite has one writer")
    past = clock.now() - timedelta(hours=2)
    for _ in range(3):
        add_video(creator, publish_at=past, poster_asked_at=past)
    run: list[str] = []

    def note(c: object, cursor: object, statement: str, *rest: object) -> None:
        run.append(" ".join(statement.split()))

    sa.event.listen(db.writer, "before_cursor_execute", note)
    try:
        with db.write() as s:
            assert change(s, creator) == 3
    finally:
        sa.event.remove(db.writer, "before_cursor_execute", note)
    changed = next(n for n, each in enumerate(run) if each.startswith("UPDATE content_videos"))
    locked = [each for each in run[:changed] if each.endswith("ORDER BY content_videos.id FOR NO KEY UPDATE")]
    assert len(locked) == 1


def test_what_comes_due_is_locked_once_whatever_of_a_video_it_is(
    db: Database, add_video: AddVideo, creator: Actor
) -> None:
    """In two passes, each in order, a caption could wait for one who waits for the video of the first."""
    if db.sqlite:
        pytest.skip("SQLite has one writer")
    past = clock.now() - timedelta(seconds=5)
    ids = sorted(add_video(creator, str(n).encode()) for n in range(2))
    soon: dict[UUID, dict[str, object]] = {
        ids[1]: {"next_availability": Availability.RESTRICTED, "next_availability_at": past},
        ids[0]: {"caption_next_availability": Availability.REMOVED, "caption_next_availability_at": past},
    }
    with db.write() as s:
        for video_id, values in soon.items():
            s.execute(sa.update(Video).where(Video.id == video_id).values(**values))
    locked: list[list[UUID]] = []

    def note(c: sa.Connection, cursor: Any, statement: str, *rest: object) -> None:
        if statement.rstrip().endswith("FOR NO KEY UPDATE") and "content_videos" in statement:
            rows = cursor.fetchall()
            cursor.scroll(0, mode="absolute")
            locked.append([row[0] for row in rows])

    sa.event.listen(db.writer, "after_cursor_execute", note)
    try:
        with db.write() as s:
            assert availability.fold_due(s) == 2
    finally:
        sa.event.remove(db.writer, "after_cursor_execute", note)
    assert locked[0] == ids
