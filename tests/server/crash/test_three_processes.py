"""Three servers on one PostgreSQL are one studio: one queue, one live feed, one list of jobs."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import av
import httpx
import numpy as np
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.audit.verify import verify
from server.content.models import Derivative, Video
from server.kit import job_slots, jobs
from server.kit.db import Database
from server.kit.events import Event
from server.moderation import service
from tests.postgresql import Cluster
from tests.server.crash.place import Place, flagged_videos, postgresql_place, signed_in
from tests.server.crash.process import ServerProcess

pytestmark = pytest.mark.crash
EACH = 60
DECIDED = 3
"""The version of an item that was flagged, claimed and decided."""
UPLOADS = 20
READY = 4
"""The version of a video that was made, uploaded, measured and published, each once."""
WAIT_S = 50

SLOT_TAKEN = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = :locks AND objid = :slot"
AT_WORK = "SELECT 1 FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = :executor"

Headers = dict[str, str]
R = TypeVar("R")


@pytest.fixture
def place(postgresql: Cluster, tmp_path: Path) -> Iterator[Place]:
    with postgresql_place(postgresql, tmp_path) as place:
        yield place


@contextmanager
def three(place: Place, **environment: str) -> Iterator[list[ServerProcess]]:
    """Three servers that are still to be started; their files lie in one folder, as on a shared disk."""
    media = place.data / "media"
    media.mkdir()
    with ExitStack() as stack:
        servers = [stack.enter_context(place.server(str(n), **environment)) for n in range(3)]
        for server in servers:
            server.data.mkdir()
            (server.data / "media").symlink_to(media)
        yield servers


def in_parallel(run: Callable[..., R], *arguments: Sequence[Any]) -> list[R]:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(run, *arguments))


def claim_and_decide(server: ServerProcess, headers: Headers) -> list[str]:
    """Claim and decide `EACH` items one after the other; answers their ids."""
    claimed = []
    with server.client(headers) as client:
        for _ in range(EACH):
            claim = client.post("/v1/moderation/claims", json={})
            assert claim.status_code == 201, claim.text
            found = claim.json()
            body = {"claim_token": found["claim_token"], "outcome": "allow"}
            decided = client.post(f"/v1/moderation/items/{found['item_id']}/decisions", json=body)
            assert decided.status_code == 201, decided.text
            claimed.append(found["item_id"])
    return claimed


class Ear(threading.Thread):
    """Listens to one server until it has heard of every item that was decided anywhere."""

    def __init__(self, server: ServerProcess, headers: Headers) -> None:
        super().__init__()
        self._server, self._headers = server, headers
        self.listening = threading.Event()
        self.heard: dict[str, int] = {}

    def run(self) -> None:
        with self._server.client(self._headers) as client, client.stream("GET", "/v1/live") as stream:
            for line in stream.iter_lines():
                self.listening.set()
                if '"moderation.item"' in line:
                    self._hear(json.loads(line.removeprefix("data: ")))
                if len(self.heard) == 3 * EACH and min(self.heard.values()) >= DECIDED:
                    return

    def _hear(self, change: dict[str, Any]) -> None:
        assert change["version"] > self.heard.get(change["id"], 0), "an older version came after a newer one"
        self.heard[change["id"]] = change["version"]


def test_queue_and_live_feed_are_shared(place: Place) -> None:
    with place.opened() as (db, keys), db.write() as s:
        service.install(s)
        owner, _ = signed_in(s, keys, "owner", Role.CREATOR)
        flagger, _ = signed_in(s, keys, "flagger", Role.FAN)
        team = [signed_in(s, keys, f"mod{n}", Role.MODERATOR)[1] for n in range(3)]
        flagged_videos(s, owner, flagger, 3 * EACH)
    with three(place) as servers:
        in_parallel(ServerProcess.start, servers)
        ears = [Ear(server, headers) for server, headers in zip(servers, team, strict=True)]
        for ear in ears:
            ear.start()
            assert ear.listening.wait(WAIT_S)
        claimed = in_parallel(claim_and_decide, servers, team)
        for ear in ears:
            ear.join(WAIT_S)
        with servers[0].client(team[0]) as client:
            assert client.post("/v1/moderation/claims", json={}).status_code == 204
        assert [server.stop() for server in servers] == [0, 0, 0]
    items = [item_id for ids in claimed for item_id in ids]
    assert len(set(items)) == len(items) == 3 * EACH
    assert [ear.heard.keys() == set(items) for ear in ears] == [True] * 3
    with place.opened() as (db, keys), db.read() as s:
        assert verify(s, keys).whole


def clip(shade: int) -> bytes:
    """Ten frames of one grey."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = np.full((48, 64, 3), shade, np.uint8)
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def upload(client: httpx.Client, data: bytes) -> str:
    body = {"filename": "clip.mp4", "size": len(data), "title": "A clip"}
    video_id = str(client.post("/v1/content/videos", json=body).json()["id"])
    path = f"/v1/content/videos/{video_id}/file"
    assert client.patch(path, content=data, headers={"Upload-Offset": "0"}).status_code == 204
    return video_id


def wait_until_ready(client: httpx.Client, count: int) -> None:
    pause = threading.Event()
    for _ in range(WAIT_S * 5):
        videos = client.get("/v1/content/videos").json()["items"]
        if [video["state"] for video in videos] == ["ready"] * count:
            return
        pause.wait(0.2)
    raise AssertionError([(video["state"], video["reason"]) for video in videos])


def until(db: Database, query: str, **values: object) -> None:
    """Wait until a query of the database finds something."""
    pause = threading.Event()
    for _ in range(WAIT_S * 20):
        with db.read() as s:
            if s.execute(sa.text(query), values).first():
                return
        pause.wait(0.05)
    raise AssertionError(f"nothing was found by {query} {values}")


Finished = dict[tuple[str, int], tuple[str, int]]
"""By job and number of the step: its name, and when it ended (ms)."""


def finished_steps(db: Database) -> Finished:
    """What DBOS knows to be done, of the jobs that process a video."""
    query = (
        "SELECT o.workflow_uuid, o.function_id, o.function_name, o.completed_at_epoch_ms"
        " FROM dbos.operation_outputs o JOIN dbos.workflow_status w USING (workflow_uuid)"
        " WHERE w.name = 'content.process_video'"
    )
    with db.read() as s:
        return {(row[0], row[1]): (row[2], row[3]) for row in s.execute(sa.text(query))}


def test_the_jobs_of_a_killed_server_are_finished_by_the_others(place: Place) -> None:
    with place.opened() as (db, keys), db.write() as s:
        _, headers = signed_in(s, keys, "owner", Role.CREATOR)
    # The database is open before: the doomed one is at work for a second only.
    with place.opened() as (db, _), three(place, STUDIO_JOBS="true") as (doomed, one, other):
        doomed.start()
        until(db, SLOT_TAKEN, locks=job_slots.LOCKS, slot=1)
        in_parallel(ServerProcess.start, [one, other])
        with one.client(headers) as client:
            videos = [upload(client, clip(10 * n)) for n in range(UPLOADS)]
        until(db, AT_WORK, executor="slot-1")
        doomed.kill()
        before = finished_steps(db)
        # A new connection: the server has closed one that was idle for as long as a busy machine takes.
        with one.client(headers) as client:
            wait_until_ready(client, UPLOADS)
        assert [one.stop(), other.stop()] == [0, 0]
    with place.opened() as (db, keys), db.read() as s:
        done = sa.select(AuditEntry.target).where(AuditEntry.action == "content.video_ready")
        assert sorted(s.scalars(done)) == sorted(f"video:{video_id}" for video_id in videos)
        told = sa.select(Event.subject).where(Event.topic == "content.video_ready")
        assert sorted(s.scalars(told)) == sorted(videos)
        stills = sa.select(sa.func.count()).select_from(Derivative).group_by(Derivative.video_id)
        assert s.scalars(stills).all() == [2] * UPLOADS
        assert verify(s, keys).whole
        # Measuring counts the version up: only a step that the doomed one was in may have run twice.
        versions = {row.id: row.version for row in s.execute(sa.select(Video.id, Video.version))}
        after = finished_steps(db)
    assert len(versions) == UPLOADS
    assert sum(versions.values()) - UPLOADS * READY <= jobs.AT_ONCE
    measured = {UUID(run.split()[1]) for (run, _), (step, _) in before.items() if step == "measure"}
    assert {versions[video_id] for video_id in measured} <= {READY}, "a finished step ran again"
    assert {key: after[key] for key in before} == before
    ran = Counter(step for step, _ in after.values())
    assert ran == dict.fromkeys(("measure", "publish"), UPLOADS) | {"derive": 3 * UPLOADS}
