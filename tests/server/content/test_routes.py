"""Videos and comments over HTTP: made once, edited as they are, listed whole, taken back and restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.content import availability, comments, queries, service
from server.content.models import Video
from server.content.rules import ContentType, VideoState, Visibility
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.events import Event
from server.kit.storage import Store
from server.kit.wire import Availability
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo, acting

VIDEOS = "/v1/content/videos"
NEW = {"filename": "clip.mp4", "size": 10, "title": "A clip"}


@pytest.fixture
def mine(sign_in: SignIn) -> dict[str, str]:
    return sign_in(Role.CREATOR)


@pytest.fixture
def fans(sign_in: SignIn) -> dict[str, str]:
    return sign_in(Role.FAN)


def events(db: Database) -> list[str]:
    with db.read() as s:
        found = sa.select(Event.topic).where(Event.topic.like("content.%")).order_by(Event.id)
        return list(s.scalars(found))


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """The statements that reads send."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    sa.event.listen(db.reader, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.reader, "before_cursor_execute", note)


def test_one_key_makes_one_video(client: httpx.Client, mine: dict[str, str], db: Database) -> None:
    headers = {**mine, "Idempotency-Key": "a-key-of-mine"}
    answers = [client.post(VIDEOS, headers=headers, json=NEW) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    other = client.post(VIDEOS, headers=headers, json={**NEW, "title": "Another"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    with db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).select_from(Video)) == 1


def test_the_client_may_choose_the_id_but_not_take_one(client: httpx.Client, mine: dict[str, str]) -> None:
    chosen = str(uuid4())
    assert client.post(VIDEOS, headers=mine, json={**NEW, "id": chosen}).json()["id"] == chosen
    again = client.post(VIDEOS, headers=mine, json={**NEW, "id": chosen})
    assert (again.status_code, again.json()["code"]) == (409, "id_taken")


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "   "},
        {"title": "x" * 121},
        {"title": "nul\x00"},
        {"title": "\u202e\u2066"},
        {"caption": "x" * 2201},
        {"caption": "\x00"},
        {"filename": ""},
        {"size": -1},
        {"size": 2**60},
        {"size": 1.5},
        {"visibility": "secret"},
        {"owner_id": str(uuid4())},
        {"id": "not an id"},
    ],
)
def test_what_makes_no_sense_is_refused(
    client: httpx.Client, mine: dict[str, str], wrong: dict[str, Any]
) -> None:
    answer = client.post(VIDEOS, headers=mine, json={**NEW, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_hostile_characters_go_with_a_notice(client: httpx.Client, mine: dict[str, str]) -> None:
    body = {**NEW, "title": "free\u202e gpj.exe", "caption": "one\ntwo\x07", "filename": "../../\x1bx.mp4"}
    made = client.post(VIDEOS, headers=mine, json=body).json()
    assert [notice.rpartition(" the ")[2] for notice in made["notices"]] == ["title: 1.", "caption: 1."]
    video = client.get(f"{VIDEOS}/{made['id']}", headers=mine).json()
    assert (video["title"], video["caption"], video["filename"]) == ("free gpj.exe", "one\ntwo", "x.mp4")


def test_only_creators_upload(client: httpx.Client, fans: dict[str, str]) -> None:
    assert client.post(VIDEOS, headers=fans, json=NEW).status_code == 403


def test_an_edit_of_an_old_copy_is_given_the_present_one(
    client: httpx.Client, mine: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    path = f"{VIDEOS}/{add_video(creator)}"
    tag = client.get(path, headers=mine).headers["ETag"]
    edited = client.patch(path, headers={**mine, "If-Match": tag}, json={"title": "Newer"})
    assert (edited.status_code, edited.json()["title"], edited.json()["caption"]) == (
        200,
        "Newer",
        "A caption",
    )
    late = client.patch(path, headers={**mine, "If-Match": tag}, json={"title": "Late"})
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert late.json()["current"]["title"] == "Newer"
    tag = f'"{late.json()["current"]["version"]}"'
    assert tag == edited.headers["ETag"]
    assert client.patch(path, headers={**mine, "If-Match": tag}, json={"caption": ""}).json()["caption"] == ""
    assert client.patch(path, headers=mine, json={"title": "No tag"}).status_code == 422
    assert client.patch(path, headers={**mine, "If-Match": tag}, json={}).status_code == 422


def test_a_decision_of_moderation_makes_the_owners_copy_old(
    client: httpx.Client,
    db: Database,
    mine: dict[str, str],
    creator: Actor,
    add_video: AddVideo,
    cleared: Actor,
) -> None:
    video_id = add_video(creator)
    tag = client.get(f"{VIDEOS}/{video_id}", headers=mine).headers["ETag"]
    with db.write() as s:
        availability.schedule_availability(
            s,
            actor=cleared,
            content_type=ContentType.VIDEO,
            content_id=video_id,
            availability=Availability.REMOVED,
            effective_at=clock.now(),
        )
    late = client.patch(f"{VIDEOS}/{video_id}", headers={**mine, "If-Match": tag}, json={"title": "x"})
    assert (late.status_code, late.json()["current"]["availability"]) == (412, "removed")


def test_a_video_is_published_when_it_becomes_public(
    client: httpx.Client, mine: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    path = f"{VIDEOS}/{add_video(creator, visibility=Visibility.PRIVATE)}"
    headers = {**mine, "If-Match": '"1"'}
    shown = client.patch(path, headers=headers, json={"visibility": "public"}).json()
    assert shown["published_at"] is not None
    headers["If-Match"] = '"2"'
    hidden = client.patch(path, headers=headers, json={"visibility": "private"}).json()
    assert hidden["published_at"] == shown["published_at"]


def test_nobody_edits_or_deletes_anothers_video(
    client: httpx.Client, mine: dict[str, str], fan: Actor, add_video: AddVideo
) -> None:
    path = f"{VIDEOS}/{add_video(fan)}"
    assert client.patch(path, headers={**mine, "If-Match": '"1"'}, json={"title": "x"}).status_code == 404
    assert client.delete(path, headers=mine).status_code == 404
    assert client.post(f"{path}/restore", headers=mine).status_code == 404


def test_a_deleted_video_comes_back_as_it_was(
    client: httpx.Client,
    db: Database,
    mine: dict[str, str],
    fans: dict[str, str],
    creator: Actor,
    add_video: AddVideo,
) -> None:
    path = f"{VIDEOS}/{add_video(creator)}"
    before = client.get(path, headers=mine).json()
    assert client.delete(path, headers=mine).status_code == 204
    assert client.delete(path, headers=mine).status_code == 404
    assert client.get(path, headers=fans).status_code == 404
    assert client.patch(path, headers={**mine, "If-Match": '"2"'}, json={"title": "x"}).status_code == 404
    restored = client.post(f"{path}/restore", headers=mine)
    assert restored.json() == {**before, "version": before["version"] + 2}
    assert client.get(path, headers=fans).status_code == 200
    assert events(db) == ["content.video_deleted", "content.video_restored"]


def test_pages_hold_every_video_once_even_when_made_in_one_instant(
    client: httpx.Client, mine: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    with clock.held():
        ids = {str(add_video(creator, title=f"Video {n}")) for n in range(7)}
        ids.add(str(add_video(creator, state=VideoState.UPLOADING)))
    params: dict[str, Any] = {"limit": 3}
    pages = []
    while True:
        page = client.get(VIDEOS, headers=mine, params=params).json()
        pages.append([item["id"] for item in page["items"]])
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert {i for page in pages for i in page} == ids
    bad = client.get(VIDEOS, headers=mine, params={"cursor": "bm9uc2Vuc2U"})
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_cursor")


def test_a_page_costs_the_same_queries_however_long_it_is(
    client: httpx.Client, db: Database, mine: dict[str, str], creator: Actor, fan: Actor, add_video: AddVideo
) -> None:
    ids = [add_video(creator) for _ in range(12)]
    with db.write() as s:
        for n in range(12):
            comments.add_comment(s, actor=(creator, fan)[n % 2], video_id=ids[0], body=f"comment {n}")

    def cost(path: str, limit: int) -> int:
        with counted(db) as sent:
            page = client.get(path, headers=mine, params={"limit": limit}).json()
        assert len(page["items"]) == limit
        return len(sent)

    for path in (VIDEOS, f"{VIDEOS}/{ids[0]}/comments"):
        assert cost(path, 2) == cost(path, 12)


def test_comments_are_written_read_answered_and_taken_back(
    client: httpx.Client,
    db: Database,
    mine: dict[str, str],
    fans: dict[str, str],
    creator: Actor,
    add_video: AddVideo,
) -> None:
    path = f"{VIDEOS}/{add_video(creator)}/comments"
    first = client.post(path, headers=fans, json={"body": "nice\u202e one"})
    assert (first.status_code, first.json()["body"], len(first.json()["notices"])) == (201, "nice one", 1)
    assert first.json()["author"]["handle"] == "fan"
    answer = client.post(path, headers=mine, json={"body": "thanks", "parent_id": first.json()["id"]})
    assert answer.json()["parent_id"] == first.json()["id"]
    listed = client.get(path, headers=fans).json()["items"]
    assert [item["body"] for item in listed] == ["thanks", "nice one"]
    assert client.delete(f"/v1/content/comments/{answer.json()['id']}", headers=fans).status_code == 404
    for made in (first, answer):
        taken_back = client.delete(f"/v1/content/comments/{made.json()['id']}", headers=mine)
        assert taken_back.status_code == 204
    assert client.get(path, headers=fans).json()["items"] == []
    assert events(db) == ["content.comment_added"] * 2 + ["content.comment_deleted"] * 2


def test_one_key_writes_one_comment(
    client: httpx.Client, fans: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    path = f"{VIDEOS}/{add_video(creator)}/comments"
    headers = {**fans, "Idempotency-Key": "a-key-of-mine"}
    answers = [client.post(path, headers=headers, json={"body": "once"}).json() for _ in range(2)]
    assert answers[0] == answers[1]
    elsewhere = client.post(f"{VIDEOS}/{add_video(creator)}/comments", headers=headers, json={"body": "once"})
    assert elsewhere.status_code == 409
    assert len(client.get(path, headers=fans).json()["items"]) == 1


def test_nobody_comments_on_what_they_cannot_watch_or_answers_across_videos(
    client: httpx.Client, fans: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    public, private = add_video(creator), add_video(creator, visibility=Visibility.PRIVATE)
    assert client.post(f"{VIDEOS}/{private}/comments", headers=fans, json={"body": "x"}).status_code == 404
    first = client.post(f"{VIDEOS}/{public}/comments", headers=fans, json={"body": "x"}).json()
    other = add_video(creator)
    crossed = client.post(
        f"{VIDEOS}/{other}/comments", headers=fans, json={"body": "x", "parent_id": first["id"]}
    )
    assert crossed.status_code == 404
    for body in ("", " ", "\x00", "\u202e", "x" * 1001):
        path = f"{VIDEOS}/{public}/comments"
        assert client.post(path, headers=fans, json={"body": body}).status_code == 422


def test_subjects_tell_moderation_what_is_shown_in_two_queries(
    db: Database, people: dict[Role, Person], creator: Actor, fan: Actor, add_video: AddVideo
) -> None:
    video_id = add_video(creator, b"bytes", title="Title", caption="Caption", duration_ms=2000)
    with db.write() as s:
        comment_id = comments.add_comment(s, actor=fan, video_id=video_id, body="Body").id
    refs: list[tuple[str, UUID]] = [
        ("video", video_id),
        ("caption", video_id),
        ("comment", comment_id),
        ("comment", uuid4()),
        ("profile", people[Role.FAN].id),
    ]
    with db.read() as s, counted(db) as sent:
        found = queries.subjects(s, refs)
    assert len(sent) == 2
    assert set(found) == set(refs[:3])
    video, caption, comment = (found[ref] for ref in refs[:3])
    assert (video.owner_id, video.title, video.text, video.duration_ms) == (
        creator.id,
        "Title",
        "Caption",
        2000,
    )
    assert (comment.owner_id, comment.title, comment.text, comment.video_id) == (
        fan.id,
        "Title",
        "Body",
        video_id,
    )
    assert len({video.version_hash, caption.version_hash, comment.version_hash}) == 3
    with db.write() as s:
        service.edit_video(s, actor=creator, video_id=video_id, version=1, caption="Other words")
        comments.delete_comment(s, actor=acting(people[Role.FAN], Role.FAN), comment_id=comment_id)
    with db.read() as s:
        now = queries.subjects(s, refs)
    assert now["video", video_id].version_hash == video.version_hash
    assert now["caption", video_id].version_hash != caption.version_hash
    assert now["comment", comment_id].deleted
    assert not now["video", video_id].deleted


def test_sixteen_uploads_at_once_are_enough(client: httpx.Client, sign_in: SignIn) -> None:
    headers = sign_in(Role.CREATOR)
    made = [client.post(VIDEOS, headers=headers, json=NEW) for _ in range(service.UPLOADS_AT_ONCE)]
    assert {answer.status_code for answer in made} == {201}
    refused = client.post(VIDEOS, headers=headers, json=NEW)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_uploads")
    first = f"{VIDEOS}/{made[0].json()['id']}"
    assert client.delete(first, headers=headers).status_code == 204
    assert client.post(VIDEOS, headers=headers, json=NEW).status_code == 201
    back = client.post(f"{first}/restore", headers=headers)
    assert (back.status_code, back.json()["code"]) == (409, "too_many_uploads")


def test_what_has_arrived_of_a_deleted_upload_goes_and_a_restored_one_begins_anew(
    client: httpx.Client, sign_in: SignIn, store: Store
) -> None:
    headers = sign_in(Role.CREATOR)
    path = f"{VIDEOS}/{client.post(VIDEOS, headers=headers, json=NEW).json()['id']}"
    part = {**headers, "Upload-Offset": "0"}
    assert client.patch(f"{path}/file", headers=part, content=b"1").status_code == 204
    assert client.delete(path, headers=headers).status_code == 204
    assert list(store.all_incoming()) == []
    assert client.post(f"{path}/restore", headers=headers).json()["received"] == 0
    assert client.patch(f"{path}/file", headers=part, content=b"2").status_code == 204


def test_unfinished_uploads_have_a_size_together(client: httpx.Client, sign_in: SignIn) -> None:
    headers, size = sign_in(Role.CREATOR), 4 << 30
    for _ in range(service.UNFINISHED_MAX // size):
        assert client.post(VIDEOS, headers=headers, json={**NEW, "size": size}).status_code == 201
    refused = client.post(VIDEOS, headers=headers, json=NEW)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_uploads")
    assert client.post(VIDEOS, headers=sign_in(Role.CREATOR), json=NEW).status_code == 409
