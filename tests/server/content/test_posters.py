"""The poster that an owner chooses: the very frame, once, the last choice wins, and nothing is told by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import httpx
import numpy as np
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.content import derivatives, service, workflow
from server.content.models import Derivative
from server.content.rules import DerivativeKind, VideoState
from server.content.sweeps import YOUNG, Swept, sweep_files
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.storage import Store
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo

pytestmark = pytest.mark.usefixtures("context")
VIDEOS = "/v1/content/videos"
Mine = dict[str, str]


@pytest.fixture
def mine(sign_in: SignIn) -> Mine:
    return sign_in(Role.CREATOR)


def ask(client: httpx.Client, mine: Mine, video_id: UUID, **wanted: Any) -> dict[str, Any]:
    """Choose as the client does, on the present copy."""
    path = f"{VIDEOS}/{video_id}"
    tag = client.get(path, headers=mine).headers["ETag"]
    answer = client.patch(path, headers={**mine, "If-Match": tag}, json=wanted)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def seen(client: httpx.Client, mine: Mine, video_id: UUID) -> dict[str, Any]:
    return dict(client.get(f"{VIDEOS}/{video_id}", headers=mine).json())


def shade(client: httpx.Client, mine: Mine, video_id: UUID) -> float:
    """How bright the poster is: the frames of the clip go from dark to light."""
    answer = client.get(f"{VIDEOS}/{video_id}/poster", headers=mine)
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return float(picture.mean())


def poster_ms(db: Database, video_id: UUID) -> int | None:
    with db.read() as s:
        found = s.get(Derivative, (video_id, DerivativeKind.POSTER))
    return found.meta["t_ms"] if found else None


def ready(db: Database, add_video: AddVideo, owner: Actor, clip: bytes, *kinds: DerivativeKind) -> UUID:
    """A video with a poster that the program has chosen, and these beside it."""
    video_id = add_video(owner, clip, state=VideoState.PROCESSING)
    workflow.measure(str(video_id))
    for kind in (DerivativeKind.POSTER, *kinds):
        workflow.derive(str(video_id), kind.value)
    workflow.publish(str(video_id))
    return video_id


def recorded(db: Database, video_id: UUID) -> list[str]:
    query = sa.select(AuditEntry.action).where(AuditEntry.target == f"video:{video_id}")
    with db.read() as s:
        return [action.removeprefix("content.") for action in s.scalars(query.order_by(AuditEntry.seq))]


def queued(db: Database) -> list[str]:
    """The queue of each job that was to draw a poster."""
    table = "dbos.workflow_status" if db.url.startswith("postgresql") else "workflow_status"
    with db.read() as s:
        found = sa.text(f"SELECT queue_name FROM {table} WHERE name = 'content.draw_poster'")
        return list(s.scalars(found))


def test_the_poster_is_the_frame_that_was_chosen_until_the_program_chooses_again(
    client: httpx.Client,
    db: Database,
    store: Store,
    mine: Mine,
    add_video: AddVideo,
    creator: Actor,
    clip: bytes,
) -> None:
    video_id = ready(db, add_video, creator, clip)
    first, before = poster_ms(db, video_id), seen(client, mine, video_id)
    assert (before["poster_at_ms"], before["poster_pending"]) == (None, False)
    asked = ask(client, mine, video_id, poster_at_ms=1_970)
    assert (asked["poster_at_ms"], asked["poster_pending"]) == (1_970, True)
    assert poster_ms(db, video_id) == first
    for _ in range(2):  # a job that died after its work is run again
        workflow.draw_poster(str(video_id))
    after = seen(client, mine, video_id)
    assert (after["poster_at_ms"], after["poster_pending"]) == (1_970, False)
    assert after["version"] == before["version"] + 2
    assert poster_ms(db, video_id) == 1_960
    assert shade(client, mine, video_id) > 190
    assert recorded(db, video_id)[-2:] == ["video_edited", "poster_made"]
    ask(client, mine, video_id, poster_automatic=True)
    workflow.draw_poster(str(video_id))
    assert (seen(client, mine, video_id)["poster_at_ms"], poster_ms(db, video_id)) == (None, first)
    assert recorded(db, video_id)[-2:] == ["video_edited", "poster_made"]
    workflow.drop_files(*(name for name, _ in store.names()))
    assert len(list(store.names())) == 2  # the file and the poster of now


def test_the_file_of_the_poster_before_is_dropped_by_a_job(
    client: httpx.Client, db: Database, mine: Mine, add_video: AddVideo, creator: Actor, clip: bytes
) -> None:
    video_id = ready(db, add_video, creator, clip)
    ask(client, mine, video_id, poster_at_ms=1_000)
    workflow.draw_poster(str(video_id))
    table = "dbos.workflow_status" if db.url.startswith("postgresql") else "workflow_status"
    with db.read() as s:
        assert set(s.scalars(sa.text(f"SELECT name FROM {table}"))) == {
            "content.draw_poster",
            "content.drop_files",
        }


def test_a_restriction_while_a_poster_is_drawn_leaves_none(
    client: httpx.Client,
    db: Database,
    mine: Mine,
    add_video: AddVideo,
    creator: Actor,
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video_id = ready(db, add_video, creator, clip)
    ask(client, mine, video_id, poster_at_ms=1_000)

    def drawn(kind: DerivativeKind, file: Path, *, poster_at_ms: int | None) -> derivatives.Product:
        with db.write() as s:
            service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)
        return derivatives.Product(b"a still", {"t_ms": 0})

    monkeypatch.setattr(derivatives, "drawn", drawn)
    workflow.draw_poster(str(video_id))
    assert poster_ms(db, video_id) is None
    assert not seen(client, mine, video_id)["poster_pending"]


def test_what_is_chosen_before_the_file_is_here_is_drawn_when_it_is(
    client: httpx.Client, db: Database, mine: Mine, add_video: AddVideo, creator: Actor, clip: bytes
) -> None:
    video_id = add_video(creator, clip, state=VideoState.UPLOADING)
    asked = ask(client, mine, video_id, poster_at_ms=1_000)
    assert (asked["poster_at_ms"], asked["poster_pending"]) == (1_000, False)
    path = f"{VIDEOS}/{video_id}/file"
    client.patch(path, headers={**mine, "Upload-Offset": "0"}, content=clip)
    workflow.process_video(str(video_id))
    assert (seen(client, mine, video_id)["state"], poster_ms(db, video_id)) == ("ready", 1_000)


def test_one_job_at_a_time_draws_the_posters_of_a_video(
    client: httpx.Client,
    db: Database,
    mine: Mine,
    add_video: AddVideo,
    creator: Actor,
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video_id = ready(db, add_video, creator, clip)
    for at_ms in (400, 800, 1_200):
        ask(client, mine, video_id, poster_at_ms=at_ms)
    assert queued(db) == ["jobs"]
    really_drawn = derivatives.drawn

    def meanwhile(kind: DerivativeKind, file: Path, *, poster_at_ms: int | None) -> Any:
        monkeypatch.setattr(derivatives, "drawn", really_drawn)
        for at_ms in (400, 1_600):
            ask(client, mine, video_id, poster_at_ms=at_ms)
        return really_drawn(kind, file, poster_at_ms=poster_at_ms)

    monkeypatch.setattr(derivatives, "drawn", meanwhile)
    workflow.draw_poster(str(video_id))
    assert queued(db) == ["jobs", "jobs"]
    assert poster_ms(db, video_id) != 1_200
    assert seen(client, mine, video_id)["poster_pending"]
    for _ in range(2):
        workflow.draw_poster(str(video_id))
    assert poster_ms(db, video_id) == 1_600
    assert queued(db) == ["jobs", "jobs"]
    ask(client, mine, video_id, poster_automatic=True)
    assert queued(db) == ["jobs"] * 3


def test_the_last_choice_wins_in_whatever_order_the_jobs_end(
    client: httpx.Client,
    db: Database,
    mine: Mine,
    add_video: AddVideo,
    creator: Actor,
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    video_id = ready(db, add_video, creator, clip)
    ask(client, mine, video_id, poster_at_ms=400)
    really_drawn = derivatives.drawn

    def late(kind: DerivativeKind, file: Path, *, poster_at_ms: int | None) -> derivatives.Product | None:
        """Draw the earlier choice, but be done only after the later one was drawn as well."""
        monkeypatch.setattr(derivatives, "drawn", really_drawn)
        ask(client, mine, video_id, poster_at_ms=1_600)
        workflow.draw_poster(str(video_id))
        assert poster_ms(db, video_id) == 1_600
        return really_drawn(kind, file, poster_at_ms=poster_at_ms)

    monkeypatch.setattr(derivatives, "drawn", late)
    workflow.draw_poster(str(video_id))
    assert poster_ms(db, video_id) == 1_600
    assert not seen(client, mine, video_id)["poster_pending"]


def test_what_is_chosen_while_the_file_is_processed_is_not_lost(
    client: httpx.Client, db: Database, mine: Mine, add_video: AddVideo, creator: Actor, clip: bytes
) -> None:
    video_id = add_video(creator, clip, state=VideoState.PROCESSING)
    assert workflow.measure(str(video_id))
    ask(client, mine, video_id, poster_at_ms=800)
    workflow.draw_poster(str(video_id))
    workflow.derive(str(video_id), DerivativeKind.POSTER.value)
    workflow.publish(str(video_id))
    assert poster_ms(db, video_id) == 800


def test_only_the_owner_chooses_and_only_they_and_reviewers_read_it(
    client: httpx.Client, db: Database, sign_in: SignIn, add_video: AddVideo, creator: Actor, clip: bytes
) -> None:
    video_id = ready(db, add_video, creator, clip)
    mine, fan = sign_in(Role.CREATOR), sign_in(Role.FAN)
    old = {"If-Match": f'"{seen(client, mine, video_id)["version"]}"'}
    ask(client, mine, video_id, poster_at_ms=200)
    told = seen(client, fan, video_id)
    assert (told["poster_at_ms"], told["poster_pending"]) == (None, False)
    path = f"{VIDEOS}/{video_id}"
    assert client.patch(path, headers={**fan, **old}, json={"poster_at_ms": 1}).status_code in (403, 404)
    late = client.patch(path, headers={**mine, **old}, json={"poster_at_ms": 1})
    assert (late.status_code, late.json()["current"]["poster_at_ms"]) == (412, 200)
    assert client.patch(path, headers={**mine, **old}, json={"poster_at_ms": -1}).status_code == 422


def test_the_restricted_class_is_not_told_by_its_poster(
    client: httpx.Client, db: Database, mine: Mine, add_video: AddVideo, creator: Actor, clip: bytes
) -> None:
    plain, wrong = (ready(db, add_video, creator, clip + bytes(n), *DerivativeKind) for n in (0, 1))
    with db.write() as s:
        service.set_restricted_class(s, actor=SYSTEM, video_id=wrong)

    def told(video_id: UUID) -> list[dict[str, Any]]:
        copies = [ask(client, mine, video_id, poster_at_ms=1_200)]
        workflow.draw_poster(str(video_id))
        copies.append(seen(client, mine, video_id))
        differ = {"id", "size", "received", "created_at", "published_at"}
        return [{name: copy[name] for name in copy.keys() - differ} for copy in copies]

    assert told(wrong) == told(plain)
    assert recorded(db, wrong)[-2:] == recorded(db, plain)[-2:] == ["video_edited", "poster_made"]
    assert (poster_ms(db, plain), poster_ms(db, wrong)) == (1_200, None)


def test_a_poster_that_the_file_does_not_give_is_not_said_to_be_made(
    client: httpx.Client, db: Database, mine: Mine, add_video: AddVideo, creator: Actor
) -> None:
    video_id = add_video(creator)
    ask(client, mine, video_id, poster_at_ms=1_200)
    workflow.draw_poster(str(video_id))
    assert not seen(client, mine, video_id)["poster_pending"]
    assert recorded(db, video_id)[-1] == "poster_not_made"


def test_no_poster_of_a_refused_video_is_waited_for(
    client: httpx.Client, db: Database, mine: Mine, add_video: AddVideo, creator: Actor
) -> None:
    video_id = add_video(creator, state=VideoState.PROCESSING)
    assert ask(client, mine, video_id, poster_at_ms=1_200)["poster_pending"]
    with db.write() as s:
        assert service.refuse_video(s, actor=SYSTEM, video_id=video_id, code="not_video", reason="No.")
    assert not seen(client, mine, video_id)["poster_pending"]


def test_nobody_waits_for_a_poster_for_ever(
    client: httpx.Client,
    db: Database,
    store: Store,
    mine: Mine,
    add_video: AddVideo,
    creator: Actor,
    clip: bytes,
) -> None:
    video_id = ready(db, add_video, creator, clip)
    ask(client, mine, video_id, poster_at_ms=1_200)
    assert sweep_files(db, store) == Swept()
    with clock.held(clock.now() + YOUNG + timedelta(seconds=1)):
        assert sweep_files(db, store, dry_run=True).posters == 1
        assert [sweep_files(db, store).posters for _ in range(2)] == [1, 0]
    assert not seen(client, mine, video_id)["poster_pending"]
    assert recorded(db, video_id)[-1] == "poster_given_up"
