"""Who may see what: every reader against every kind of video, by id, in lists, and its bytes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.content import queries
from server.content.rules import VideoState, Visibility
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.wire import Availability
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo

KINDS: dict[str, dict[str, Any]] = {
    "public": {},
    "unlisted": {"visibility": Visibility.UNLISTED},
    "private": {"visibility": Visibility.PRIVATE},
    "restricted by moderation": {"availability": Availability.RESTRICTED},
    "removed by moderation": {"availability": Availability.REMOVED},
    "uploading": {"state": VideoState.UPLOADING},
    "processing": {"state": VideoState.PROCESSING},
    "refused": {"state": VideoState.REFUSED},
    "deleted": {"deleted_at": clock.now()},
    "restricted class": {"restricted_class": True, "availability": Availability.RESTRICTED},
}
PUBLIC = {"public", "unlisted"}
READABLE = {
    "fan": PUBLIC,
    "admin": PUBLIC,
    "finance": PUBLIC,
    "owner": set(KINDS),
    "moderator": set(KINDS) - {"restricted class"},
    "lead": set(KINDS) - {"restricted class"},
    "cleared moderator": set(KINDS),
    "cleared fan": PUBLIC,
}
PLAYABLE = {reader: kinds - {"uploading", "processing", "refused"} for reader, kinds in READABLE.items()}


@pytest.fixture
def videos(add_video: AddVideo, creator: Actor) -> dict[str, UUID]:
    return {kind: add_video(creator, kind.encode(), **how) for kind, how in KINDS.items()}


@pytest.fixture
def readers(sign_in: SignIn) -> dict[str, dict[str, str]]:
    return {
        "owner": sign_in(Role.CREATOR),
        "fan": sign_in(Role.FAN),
        "admin": sign_in(Role.ADMIN),
        "finance": sign_in(Role.FINANCE),
        "moderator": sign_in(Role.MODERATOR),
        "lead": sign_in(Role.LEAD),
    }


def clear(db: Database, people: dict[Role, Person], *roles: Role) -> None:
    ids = [people[role].id for role in roles]
    with db.write() as s:
        s.execute(sa.update(Person).where(Person.id.in_(ids)).values(cleared=True))


def seen(
    client: httpx.Client,
    headers: dict[str, str],
    videos: dict[str, UUID],
    suffix: str = "",
    under: str = "videos",
) -> set[str]:
    found = set()
    for kind, video_id in videos.items():
        answer = client.get(f"/v1/content/{under}/{video_id}{suffix}", headers=headers)
        assert answer.status_code in (200, 404)
        if answer.status_code == 200:
            found.add(kind)
    return found


def test_each_reader_sees_what_is_theirs_to_see(
    client: httpx.Client,
    db: Database,
    people: dict[Role, Person],
    readers: dict[str, dict[str, str]],
    videos: dict[str, UUID],
) -> None:
    for reader, headers in readers.items():
        assert seen(client, headers, videos) == READABLE[reader], reader
        assert seen(client, headers, videos, under="feed") == READABLE[reader], reader
        assert seen(client, headers, videos, "/file") == PLAYABLE[reader], reader
        comments = seen(client, headers, videos, "/comments")
        assert comments == READABLE[reader], reader
    clear(db, people, Role.MODERATOR, Role.FAN)
    for role in ("moderator", "fan"):
        assert seen(client, readers[role], videos) == READABLE[f"cleared {role}"], role
        assert seen(client, readers[role], videos, "/file") == PLAYABLE[f"cleared {role}"], role


def test_a_list_shows_a_stranger_only_what_is_listed(
    client: httpx.Client, readers: dict[str, dict[str, str]], videos: dict[str, UUID], creator: Actor
) -> None:
    def listed(reader: str, **params: str) -> set[str]:
        answer = client.get("/v1/content/videos", headers=readers[reader], params=params)
        assert answer.status_code == 200
        by_id = {str(video_id): kind for kind, video_id in videos.items()}
        return {by_id[item["id"]] for item in answer.json()["items"]}

    owner = str(creator.id)
    assert listed("fan", owner=owner) == {"public"}
    assert listed("fan") == set()
    assert listed("owner") == set(KINDS) - {"deleted"}
    assert listed("owner", deleted="true") == {"deleted"}
    assert listed("fan", owner=owner, deleted="true") == set()
    assert listed("moderator", owner=owner) == set(KINDS) - {"deleted", "restricted class"}


def test_a_stranger_is_told_nothing_of_the_inside(
    client: httpx.Client, readers: dict[str, dict[str, str]], videos: dict[str, UUID]
) -> None:
    path = f"/v1/content/videos/{videos['public']}"
    inside = ("filename", "size", "received", "reason", "restricted_class")
    stranger = client.get(path, headers=readers["fan"]).json()
    assert [stranger[name] for name in inside] == [None] * 5
    owner = client.get(path, headers=readers["owner"]).json()
    assert (owner["filename"], owner["received"]) == ("clip.mp4", owner["size"])
    assert owner["restricted_class"] is None


def test_a_withheld_caption_is_for_the_owner_and_reviewers(
    client: httpx.Client, readers: dict[str, dict[str, str]], add_video: AddVideo, creator: Actor
) -> None:
    video_id = add_video(creator, caption="withheld", caption_availability=Availability.REMOVED)
    path = f"/v1/content/videos/{video_id}"
    shown = {
        reader: client.get(path, headers=headers).json()["caption"] for reader, headers in readers.items()
    }
    assert shown == {
        "owner": "withheld",
        "moderator": "withheld",
        "lead": "withheld",
        "fan": None,
        "admin": None,
        "finance": None,
    }


def test_nobody_is_not_even_let_in(client: httpx.Client, videos: dict[str, UUID]) -> None:
    for suffix in ("", "/file", "/storyboard", "/storyboard.json", "/poster", "/waveform", "/comments"):
        assert client.get(f"/v1/content/videos/{videos['public']}{suffix}").status_code == 401


def test_the_program_itself_reads_everything(db: Database, videos: dict[str, UUID]) -> None:
    with db.read() as s:
        assert all(queries.video(s, SYSTEM, video_id) for video_id in videos.values())


def test_a_reviewer_is_not_told_that_their_own_video_is_of_the_restricted_class(
    client: httpx.Client, db: Database, sign_in: SignIn, people: dict[Role, Person], add_video: AddVideo
) -> None:
    mine = add_video(Actor("person", people[Role.MODERATOR].id), restricted_class=True)
    shown = client.get(f"/v1/content/videos/{mine}", headers=sign_in(Role.MODERATOR))
    assert shown.json()["restricted_class"] is None
