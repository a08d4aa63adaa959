"""Whoever changes several videos locks them in the order of their ids: then two never wait for each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.content import posters, publishing, service
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database, WriteSession
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
