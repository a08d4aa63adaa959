"""The bytes of videos over HTTP: upload in parts, playback by range, and what is derived."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.content import service, workflow
from server.content.models import Video
from server.content.rules import VideoState
from server.content.upload import Receiver
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.jobs import Context
from server.kit.storage import Store
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo

DATA = bytes(range(256)) * 40
TAG = f'"{hashlib.sha256(DATA).hexdigest()}"'


def announce(client: httpx.Client, headers: dict[str, str], size: int = len(DATA)) -> str:
    answer = client.post(
        "/v1/content/videos",
        headers=headers,
        json={"filename": "clip.mp4", "size": size, "title": "A clip", "visibility": "public"},
    )
    assert answer.status_code == 201
    assert answer.json()["state"] == "uploading"
    return f"/v1/content/videos/{answer.json()['id']}"


def append(
    client: httpx.Client, path: str, headers: dict[str, str], offset: int, part: bytes
) -> httpx.Response:
    return client.patch(f"{path}/file", headers={**headers, "Upload-Offset": str(offset)}, content=part)


def state_of(db: Database, path: str) -> VideoState:
    with db.read() as s:
        return s.get_one(Video, UUID(path.rpartition("/")[2])).state


@pytest.fixture
def mine(sign_in: SignIn) -> dict[str, str]:
    return sign_in(Role.CREATOR)


def test_an_upload_in_parts_ends_in_processing(
    client: httpx.Client, mine: dict[str, str], db: Database, store: Store
) -> None:
    path = announce(client, mine)
    head = client.head(f"{path}/file", headers=mine)
    assert (head.status_code, head.headers["Upload-Offset"]) == (204, "0")
    first = append(client, path, mine, 0, DATA[:4000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "4000")
    assert client.get(path, headers=mine).json()["received"] == 4000
    assert append(client, path, mine, 4000, DATA[4000:]).status_code == 204
    assert state_of(db, path) is VideoState.PROCESSING
    assert store.read(TAG.strip('"')) == DATA
    assert list(store.all_incoming()) == []
    table = "workflow_status" if db.sqlite else "dbos.workflow_status"
    with db.read() as s:
        assert s.execute(sa.text(f"SELECT name FROM {table}")).scalars().all() == ["content.process_video"]


def test_a_part_at_another_offset_is_told_where_to_go_on(client: httpx.Client, mine: dict[str, str]) -> None:
    path = announce(client, mine)
    append(client, path, mine, 0, DATA[:100])
    for offset in (0, 99, 101, 10**15):
        refused = append(client, path, mine, offset, b"again")
        assert refused.status_code == 409
        assert refused.json()["code"] == "offset_mismatch"
        assert refused.json()["current"] == {"offset": 100}
        assert refused.headers["Upload-Offset"] == "100"


def test_more_than_was_announced_is_refused_and_forgotten(client: httpx.Client, mine: dict[str, str]) -> None:
    path = announce(client, mine)
    append(client, path, mine, 0, DATA[:100])
    refused = append(client, path, mine, 100, DATA)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert client.head(f"{path}/file", headers=mine).headers["Upload-Offset"] == "100"


def test_more_than_the_limit_is_not_even_announced(client: httpx.Client, mine: dict[str, str]) -> None:
    body = {"filename": "x", "size": (4096 << 20) + 1, "title": "too long"}
    assert client.post("/v1/content/videos", headers=mine, json=body).status_code == 413


def test_the_last_part_sent_twice_is_accepted_and_changes_nothing(
    client: httpx.Client, mine: dict[str, str], db: Database
) -> None:
    path = announce(client, mine)
    append(client, path, mine, 0, DATA)
    assert client.head(f"{path}/file", headers=mine).headers["Upload-Offset"] == str(len(DATA))
    assert append(client, path, mine, len(DATA), b"").status_code == 204
    assert append(client, path, mine, 0, DATA).json()["current"] == {"offset": len(DATA)}
    assert append(client, path, mine, len(DATA), b"more").status_code == 413
    assert state_of(db, path) is VideoState.PROCESSING


def test_asking_finishes_a_file_whose_last_part_nobody_saw_finished(
    client: httpx.Client, mine: dict[str, str], db: Database, store: Store
) -> None:
    """The server stopped between the last byte and the change of state."""
    path = announce(client, mine)
    with open(store.open_incoming(store.incoming(UUID(path.rpartition("/")[2]))), "wb") as file:
        file.write(DATA)
    head = client.head(f"{path}/file", headers=mine)
    assert head.headers["Upload-Offset"] == str(len(DATA))
    assert state_of(db, path) is VideoState.PROCESSING


def test_an_empty_file_arrives_by_being_asked_for(
    client: httpx.Client, mine: dict[str, str], db: Database
) -> None:
    path = announce(client, mine, size=0)
    assert client.head(f"{path}/file", headers=mine).headers["Upload-Offset"] == "0"
    assert state_of(db, path) is VideoState.PROCESSING


def test_a_connection_that_breaks_keeps_what_it_brought(
    app: FastAPI, portal: BlockingPortal, client: httpx.Client, mine: dict[str, str], db: Database
) -> None:
    path = announce(client, mine)
    messages = iter(
        [
            {"type": "http.request", "body": DATA[:3000], "more_body": True},
            {"type": "http.request", "body": DATA[3000:5000], "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {**mine, "Upload-Offset": "0"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PATCH",
        "path": f"{path}/file",
        "raw_path": f"{path}/file".encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("studio.test", 80),
        "state": {},
    }
    portal.call(app, scope, receive, send)
    app.state.receiver = Receiver(app.state.receiver.store)  # as after a restart
    assert client.head(f"{path}/file", headers=mine).headers["Upload-Offset"] == "5000"
    assert append(client, path, mine, 5000, DATA[5000:]).status_code == 204
    with db.read() as s:
        assert s.scalars(sa.select(Video.sha256)).one() == TAG.strip('"')


def test_only_the_owner_uploads(client: httpx.Client, mine: dict[str, str], sign_in: SignIn) -> None:
    path = announce(client, mine)
    for role in (Role.FAN, Role.MODERATOR):
        other = sign_in(role)
        assert append(client, path, other, 0, DATA).status_code == 403
        assert client.head(f"{path}/file", headers=other).status_code == 404


def test_the_whole_file(
    client: httpx.Client, mine: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    video_id = add_video(creator, DATA, container="mov,mp4,m4a,3gp,3g2,mj2")
    answer = client.get(f"/v1/content/videos/{video_id}/file", headers=mine)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["ETag"] == TAG
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "video/mp4"
    head = client.head(f"/v1/content/videos/{video_id}/file", headers=mine)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Length", "Accept-Ranges", "Content-Type", "Cache-Control"):
        assert head.headers[name] == answer.headers[name]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranges=st.lists(st.tuples(st.integers(0, len(DATA) + 50), st.integers(0, 5000)), min_size=1, max_size=3)
)
def test_any_range_is_the_slice(
    client: httpx.Client,
    mine: dict[str, str],
    creator: Actor,
    add_video: AddVideo,
    once: dict[str, UUID],
    ranges: list[tuple[int, int]],
) -> None:
    if "id" not in once:
        once["id"] = add_video(creator, DATA)
    for first, more in ranges:
        answer = client.get(
            f"/v1/content/videos/{once['id']}/file",
            headers={**mine, "Range": f"bytes={first}-{first + more}", "If-Range": TAG},
        )
        if first >= len(DATA):
            assert answer.status_code == 416
            assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"
            continue
        wanted = DATA[first : first + more + 1]
        assert (answer.status_code, answer.content) == (206, wanted)
        last = first + len(wanted) - 1
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(DATA)}"
        assert answer.headers["Content-Length"] == str(len(wanted))


@pytest.fixture
def once() -> dict[str, UUID]:
    """Where a property test keeps what its first example made."""
    return {}


def test_a_range_of_a_file_that_was_replaced_gives_the_whole(
    client: httpx.Client, mine: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    video_id = add_video(creator, DATA)
    headers = {**mine, "Range": "bytes=0-9", "If-Range": '"something else"'}
    answer = client.get(f"/v1/content/videos/{video_id}/file", headers=headers)
    assert (answer.status_code, answer.content) == (200, DATA)


Clear = Callable[[Role], None]


@pytest.fixture
def clear(db: Database, people: dict[Role, Person]) -> Clear:
    """Gives a person the clearance for the restricted class."""

    def give(role: Role) -> None:
        with db.write() as s:
            s.execute(sa.update(Person).where(Person.id == people[role].id).values(cleared=True))

    return give


def test_a_restricted_file_is_for_cleared_reviewers_and_every_read_is_written_down(
    client: httpx.Client,
    db: Database,
    sign_in: SignIn,
    creator: Actor,
    cleared: Actor,
    add_video: AddVideo,
    clear: Clear,
    people: dict[Role, Person],
) -> None:
    video_id = add_video(creator, DATA)
    with db.write() as s:
        service.set_restricted_class(s, actor=cleared, video_id=video_id)
    path = f"/v1/content/videos/{video_id}"
    for role in (Role.FAN, Role.FINANCE, Role.MODERATOR):
        assert client.get(f"{path}/file", headers=sign_in(role)).status_code == 404
        assert client.get(path, headers=sign_in(role)).status_code == 404
    assert client.get(f"{path}/file", headers=sign_in(Role.CREATOR)).status_code == 200
    clear(Role.LEAD)
    lead = sign_in(Role.LEAD)
    whole = client.get(f"{path}/file", headers=lead)
    part = client.get(f"{path}/file", headers={**lead, "Range": "bytes=10-19"})
    assert (whole.content, part.content) == (DATA, DATA[10:20])
    assert client.get(path, headers=lead).json()["restricted_class"] is True
    assert client.get(path, headers=sign_in(Role.CREATOR)).json()["restricted_class"] is None
    for derived in ("storyboard", "storyboard.json", "poster", "waveform"):
        assert client.get(f"{path}/{derived}", headers=lead).json()["code"] == "restricted"
    with db.read() as s:
        read = s.scalars(
            sa.select(AuditEntry.actor).where(AuditEntry.action == "content.restricted_read")
        ).all()
    assert read == [f"person:{people[Role.LEAD].id}"] * 2
    for action in ("content.video_restricted", "content.restricted_read"):
        asked = {"action": action}
        hidden = client.get("/v1/audit/entries", headers=sign_in(Role.FINANCE), params=asked)
        assert hidden.json()["items"] == []
        assert client.get("/v1/audit/entries", headers=lead, params=asked).json()["items"]


def test_neither_headers_nor_fields_tell_an_owner_of_the_restricted_class(
    client: httpx.Client,
    db: Database,
    mine: dict[str, str],
    creator: Actor,
    cleared: Actor,
    add_video: AddVideo,
    clip: bytes,
    context: Context,
) -> None:
    path = f"/v1/content/videos/{add_video(creator, clip, state=VideoState.PROCESSING)}"
    workflow.process_video(path.rpartition("/")[2])
    shown = client.get(path, headers=mine)
    assert shown.json()["derivatives"] == ["poster", "storyboard", "waveform"]
    counts = "Live-Position"  # the changes of everybody, whatever they were
    before = client.get(f"{path}/file", headers=mine).headers
    del before[counts]
    assert before["Cache-Control"] == "no-store"
    with db.write() as s:
        service.set_restricted_class(s, actor=cleared, video_id=UUID(path.rpartition("/")[2]))
    after = client.get(f"{path}/file", headers=mine).headers
    del after[counts]
    assert {n: v for n, v in after.items() if n != "x-request-id"} == {
        n: v for n, v in before.items() if n != "x-request-id"
    }
    again = client.get(path, headers=mine)
    assert (again.json(), again.headers["ETag"]) == (shown.json(), shown.headers["ETag"])


def test_what_is_not_ready_is_not_served(
    client: httpx.Client, mine: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    for state in (VideoState.PROCESSING, VideoState.REFUSED):
        video_id = add_video(creator, DATA, state=state)
        answer = client.get(f"/v1/content/videos/{video_id}/file", headers=mine)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_ready")


def test_what_was_not_derived_is_said_so(
    client: httpx.Client, mine: dict[str, str], creator: Actor, add_video: AddVideo
) -> None:
    video_id = add_video(creator)
    for derived in ("storyboard", "storyboard.json", "poster", "waveform"):
        answer = client.get(f"/v1/content/videos/{video_id}/{derived}", headers=mine)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_made")
        gone = client.get(f"/v1/content/videos/{uuid4()}/{derived}", headers=mine)
        assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


def test_who_goes_on_can_compare_what_has_arrived(
    app: FastAPI, client: httpx.Client, mine: dict[str, str], sign_in: SignIn, store: Store
) -> None:
    path = announce(client, mine)

    def told() -> dict[str, Any]:
        return dict(client.get(f"{path}/arrived", headers=mine).json())

    assert told() == {"offset": 0, "sha256": hashlib.sha256().hexdigest()}
    append(client, path, mine, 0, DATA[:4_000])
    four = {"offset": 4_000, "sha256": hashlib.sha256(DATA[:4_000]).hexdigest()}
    assert told() == four
    app.state.receiver = Receiver(store)  # a server that has not seen it
    assert [told(), told()] == [four, four]
    fan, other = sign_in(Role.FAN), sign_in(Role.MODERATOR)
    assert client.get(f"{path}/arrived", headers=fan).status_code == 403
    assert client.get(f"{path}/arrived", headers=other).status_code in (403, 404)
    with app.state.receiver._alone(UUID(path.rpartition("/")[2])):
        busy = client.get(f"{path}/arrived", headers=mine)
    assert (busy.status_code, busy.json()["code"]) == (409, "upload_in_progress")
    append(client, path, mine, 4_000, DATA[4_000:])
    ended = client.get(f"{path}/arrived", headers=mine)
    assert (ended.status_code, ended.json()["code"]) == (409, "not_uploading")
