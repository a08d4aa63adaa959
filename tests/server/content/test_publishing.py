"""A video comes before everybody when it is ready, public, and its time has come: not before, and once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.accounts.permissions import Role
from server.content import publishing, workflow
from server.content.models import Video
from server.content.rules import VideoState, Visibility
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo

VIDEOS = "/v1/content/videos"
HOUR = timedelta(hours=1)


def video_of(db: Database, video_id: UUID) -> Video:
    with db.read() as s:
        return s.get_one(Video, video_id)


def publish_due(db: Database) -> int:
    with db.write() as s:
        return publishing.publish_due(s)


def test_a_video_waits_for_its_time_and_then_comes(
    client: httpx.Client, db: Database, sign_in: SignIn, add_video: AddVideo, creator: Actor
) -> None:
    at = clock.now() + HOUR
    video_id = add_video(creator, publish_at=at)
    fan, owner = sign_in(Role.FAN), sign_in(Role.CREATOR)
    assert publish_due(db) == 0
    assert client.get(f"{VIDEOS}/{video_id}", headers=fan).status_code == 404
    assert client.get(f"{VIDEOS}/{video_id}", headers=owner).json()["publish_at"] is not None
    with clock.held(at):
        assert client.get(f"{VIDEOS}/{video_id}", headers=fan).json()["publish_at"] is None
        assert [publish_due(db), publish_due(db)] == [1, 0]
    assert video_of(db, video_id).published_at == at


@pytest.mark.parametrize(
    "fields",
    [
        {"visibility": Visibility.PRIVATE},
        {"state": VideoState.PROCESSING},
        {"deleted_at": clock.now()},
        {"published_at": clock.now()},
    ],
)
def test_what_nobody_is_to_see_stays_away(
    db: Database, add_video: AddVideo, creator: Actor, fields: dict[str, Any]
) -> None:
    video_id = add_video(creator, publish_at=clock.now() - HOUR, **fields)
    before = video_of(db, video_id).published_at
    assert publish_due(db) == 0
    assert video_of(db, video_id).published_at == before


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(("ahead", "published"), [(None, True), (-HOUR, True), (HOUR, False)])
def test_what_is_ready_before_its_time_waits(
    db: Database, add_video: AddVideo, creator: Actor, ahead: timedelta | None, published: bool
) -> None:
    at = None if ahead is None else clock.now() + ahead
    video_id = add_video(creator, state=VideoState.PROCESSING, publish_at=at)
    workflow.publish(str(video_id))
    ready = video_of(db, video_id)
    assert (ready.state, ready.published_at is not None) == (VideoState.READY, published)


def edit(client: httpx.Client, headers: dict[str, str], video_id: UUID, **body: Any) -> httpx.Response:
    version = client.get(f"{VIDEOS}/{video_id}", headers=headers).headers["ETag"]
    return client.patch(f"{VIDEOS}/{video_id}", json=body, headers=headers | {"If-Match": version})


def test_the_time_can_be_moved_and_taken_back_until_it_has_come(
    client: httpx.Client, db: Database, sign_in: SignIn, add_video: AddVideo, creator: Actor
) -> None:
    owner = sign_in(Role.CREATOR)
    video_id = add_video(creator, publish_at=clock.now() + HOUR)
    later = (clock.now() + 2 * HOUR).isoformat()
    assert edit(client, owner, video_id, publish_at=later).json()["published_at"] is None
    assert edit(client, owner, video_id, publish_now=True).json()["published_at"] is not None
    refused = edit(client, owner, video_id, publish_at=later)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_published")
    assert edit(client, owner, video_id, title="Still mine").status_code == 200


def test_a_private_video_with_a_time_comes_when_it_is_made_public_after_it(
    client: httpx.Client, sign_in: SignIn, add_video: AddVideo, creator: Actor
) -> None:
    owner = sign_in(Role.CREATOR)
    video_id = add_video(creator, visibility=Visibility.PRIVATE, publish_at=clock.now() + HOUR)
    assert edit(client, owner, video_id, visibility="public").json()["published_at"] is None
    with clock.held(clock.now() + HOUR):
        assert edit(client, owner, video_id, visibility="public").json()["published_at"] is not None


def test_the_owner_is_told_the_counts_and_nobody_else(
    client: httpx.Client, sign_in: SignIn, add_video: AddVideo, creator: Actor
) -> None:
    video_id = add_video(creator)
    mine = client.get(f"{VIDEOS}/{video_id}", headers=sign_in(Role.CREATOR)).json()["counts"]
    assert mine == {"views": 0, "likes": 0, "comments": 0, "shares": 0, "saves": 0}
    assert client.get(f"{VIDEOS}/{video_id}", headers=sign_in(Role.FAN)).json()["counts"] is None
