"""The list of what a person has saved: the latest first, and only what may still be seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.accounts.permissions import Role
from server.content.models import Video
from server.content.rules import EventKind, Visibility
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo
from tests.server.content.viewers import codes, said, send

Headers = dict[str, str]
SECOND = timedelta(seconds=1)


@pytest.fixture
def videos(add_video: AddVideo, creator: Actor) -> list[UUID]:
    at = clock.now() - timedelta(hours=1)
    return [add_video(creator, published_at=at, duration_ms=4_000) for _ in range(5)]


def say(db: Database, who: Actor, kind: EventKind, video: UUID, after: timedelta) -> None:
    told = said(kind, video_id=video, at=clock.now() - timedelta(minutes=1) + after)
    assert codes(send(db, who, [told])) == ["accepted"]


def ids(client: httpx.Client, headers: Headers, **params: Any) -> tuple[list[UUID], str | None]:
    answer = client.get("/v1/content/saved", headers=headers, params=params).raise_for_status().json()
    assert all(item["why"] is None for item in answer["items"])
    return [UUID(item["video"]["id"]) for item in answer["items"]], answer["next_cursor"]


def test_lists_what_is_saved_page_by_page_the_latest_first(
    client: httpx.Client, db: Database, sign_in: SignIn, fan: Actor, videos: list[UUID]
) -> None:
    me, other = sign_in(Role.FAN), sign_in(Role.MODERATOR)
    assert ids(client, me) == ([], None)
    for number, video in enumerate(videos):
        say(db, fan, EventKind.SAVE, video, number * SECOND)
    say(db, fan, EventKind.LIKE, videos[1], 7 * SECOND)
    say(db, fan, EventKind.UNSAVE, videos[2], 8 * SECOND)
    first, cursor = ids(client, me, limit=3)
    assert first == [videos[4], videos[3], videos[1]]
    assert cursor is not None
    assert ids(client, me, limit=3, cursor=cursor) == ([videos[0]], None)
    assert ids(client, other) == ([], None)


def test_leaves_out_what_may_not_be_seen_any_more(
    client: httpx.Client, db: Database, sign_in: SignIn, fan: Actor, creator: Actor, videos: list[UUID]
) -> None:
    me = sign_in(Role.FAN)
    for number, video in enumerate(videos):
        say(db, fan, EventKind.SAVE, video, number * SECOND)
    with db.write() as s:
        s.get_one(Video, videos[4]).deleted_at = clock.now()
        s.get_one(Video, videos[3]).visibility = Visibility.PRIVATE
        s.get_one(Video, videos[2]).visibility = Visibility.UNLISTED
    assert ids(client, me)[0] == [videos[2], videos[1], videos[0]]
    assert codes(send(db, fan, [said(EventKind.BLOCK, person_id=creator.person)])) == ["accepted"]
    assert ids(client, me)[0] == []
