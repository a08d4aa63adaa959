"""Videos against a simple model: parts in any order, restarts, processing, deleting, whatever the order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from server.accounts.permissions import Role
from server.audit.verify import verify
from server.content import service, workflow
from server.content.media import worker
from server.content.models import Derivative, Video
from server.content.rules import DerivativeKind, VideoState
from server.content.sweeps import drop_unreferenced
from server.content.upload import Receiver
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.events import Event
from server.kit.limits import MovingWindow
from server.kit.storage import Store
from tests.server.conftest import SignIn

pytestmark = pytest.mark.usefixtures("context")

VIDEOS = "/v1/content/videos"
ON_THE_WAY = (VideoState.UPLOADING, VideoState.PROCESSING)
KEPT = (VideoState.PROCESSING, VideoState.READY)
KNOWN = {
    (None, VideoState.UPLOADING),
    (VideoState.UPLOADING, VideoState.PROCESSING),
    (VideoState.UPLOADING, VideoState.REFUSED),
    (VideoState.PROCESSING, VideoState.READY),
    (VideoState.PROCESSING, VideoState.REFUSED),
}
MOST = 6


@dataclass
class Believed:
    """What the model believes of one video."""

    data: bytes
    good: bool
    state: VideoState = VideoState.UPLOADING
    arrived: int = 0
    deleted: bool = False
    version: int = 1


class Videos(RuleBasedStateMachine):
    db: Database
    client: httpx.Client
    store: Store
    clip: bytes

    def __init__(self) -> None:
        super().__init__()
        self.videos: dict[UUID, Believed] = {}
        self.seen: dict[UUID, VideoState] = {}

    def teardown(self) -> None:
        """Let the next run have room for uploads of its own."""
        for video_id in self.videos:
            self.client.delete(f"{VIDEOS}/{video_id}")

    def restart(self) -> None:
        """Let the server forget what it keeps in memory of uploads."""
        raise NotImplementedError

    @initialize()
    def one_of_each(self) -> None:
        self.begin(True)
        self.begin(False)

    @rule(good=st.booleans())
    def begin(self, good: bool) -> None:
        if len(self.videos) < MOST:
            data = self.clip if good else b"nothing that plays"
            body = {"filename": "clip.mp4", "size": len(data), "title": "A clip"}
            made = self.client.post(VIDEOS, json=body)
            assert made.status_code == 201
            self.videos[UUID(made.json()["id"])] = Believed(data, good)

    def pick(self, data: st.DataObject, *states: VideoState) -> tuple[UUID, Believed]:
        """A video in one of these states, if there is one, or else any."""
        fit = [video_id for video_id, b in self.videos.items() if b.state in states and not b.deleted]
        video_id = data.draw(st.sampled_from(fit or list(self.videos)))
        return video_id, self.videos[video_id]

    @rule(data=st.data(), part=st.sampled_from([0, 7, 10**9, 10**9]), off=st.sampled_from([0, 0, 0, -1, 3]))
    def send(self, data: st.DataObject, part: int, off: int) -> None:
        """The next part, the rest, or one that begins elsewhere."""
        video_id, believed = self.pick(data, VideoState.UPLOADING)
        size = len(believed.data)
        at = max(believed.arrived + off, 0)
        sent = believed.data[at : at + part]
        got = self.client.patch(f"{VIDEOS}/{video_id}/file", content=sent, headers={"Upload-Offset": str(at)})
        if believed.deleted:
            assert got.status_code == 404
            return
        begins = believed.arrived if believed.state is VideoState.UPLOADING else size
        if at != begins:
            assert (got.status_code, got.headers["Upload-Offset"]) == (409, str(begins))
        else:
            assert (got.status_code, got.headers["Upload-Offset"]) == (204, str(at + len(sent)))
            self.grown(believed, at + len(sent))

    def grown(self, believed: Believed, arrived: int) -> None:
        if believed.state is VideoState.UPLOADING:
            believed.arrived = arrived
            if arrived == len(believed.data):
                believed.state = VideoState.PROCESSING
                believed.version += 1

    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        """The server starts anew, the client asks how much arrived and sends the rest."""
        self.restart()
        video_id, believed = self.pick(data, VideoState.UPLOADING)
        path = f"{VIDEOS}/{video_id}/file"
        if believed.deleted or believed.state is not VideoState.UPLOADING:
            return
        at = int(self.client.head(path).headers["Upload-Offset"])
        assert at == believed.arrived
        sent = self.client.patch(path, content=believed.data[at:], headers={"Upload-Offset": str(at)})
        assert sent.status_code == 204
        self.grown(believed, len(believed.data))

    @rule(data=st.data())
    def process(self, data: st.DataObject) -> None:
        """Also one that was processed before, or is not there yet: a job may come twice."""
        video_id, believed = self.pick(data, VideoState.PROCESSING)
        workflow.process_video(str(video_id))
        if believed.state is VideoState.PROCESSING:
            believed.state = VideoState.READY if believed.good else VideoState.REFUSED
            believed.version += 2 if believed.good else 1

    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        video_id, believed = self.pick(data, *ON_THE_WAY)
        with self.db.write() as s:
            done = service.refuse_video(s, actor=SYSTEM, video_id=video_id, code="abandoned", reason="Late.")
        assert done == (believed.state in ON_THE_WAY)
        if done:
            believed.state = VideoState.REFUSED
            believed.version += 1

    @rule(data=st.data(), at_ms=st.sampled_from([None, 0, 1_000]))
    def choose_poster(self, data: st.DataObject, at_ms: int | None) -> None:
        """It is drawn when there is a file, by one job or by two."""
        video_id, believed = self.pick(data, VideoState.READY)
        if believed.state is VideoState.PROCESSING:
            return
        wanted = {"poster_automatic": True} if at_ms is None else {"poster_at_ms": at_ms}
        tag = {"If-Match": f'"{believed.version}"'}
        got = self.client.patch(f"{VIDEOS}/{video_id}", json=wanted, headers=tag)
        assert got.status_code == (404 if believed.deleted else 200)
        for _ in range(2):
            workflow.draw_poster(str(video_id))
        if not believed.deleted:
            believed.version += 2 if believed.state is VideoState.READY else 1

    @rule(data=st.data(), back=st.booleans())
    def delete_or_restore(self, data: st.DataObject, back: bool) -> None:
        gone = [video_id for video_id, b in self.videos.items() if b.deleted == back]
        video_id = data.draw(st.sampled_from(gone or list(self.videos)))
        believed, path = self.videos[video_id], f"{VIDEOS}/{video_id}"
        got = self.client.post(f"{path}/restore") if back else self.client.delete(path)
        if believed.deleted != back:
            assert got.status_code == 404
            return
        assert got.status_code == (200 if back else 204)
        believed.deleted = not back
        believed.version += 1
        if not back and believed.state is VideoState.UPLOADING:
            believed.arrived = 0

    @rule()
    def tidy(self) -> None:
        drop_unreferenced(self.db, self.store, [name for name, _ in self.store.names()])

    @invariant()
    def the_server_says_what_the_model_says(self) -> None:
        mine = Video.id.in_(self.videos)
        with self.db.read() as s:
            found = {video.id: video for video in s.scalars(sa.select(Video).where(mine))}
            kinds = s.execute(
                sa.select(Derivative.video_id, sa.func.count().label("drawn"))
                .where(Derivative.video_id.in_(self.videos))
                .group_by(Derivative.video_id)
            ).all()
            ready = s.scalars(sa.select(Event.subject).where(Event.topic == "content.video_ready")).all()
        assert set(found) == set(self.videos)
        drawn = {row.video_id: row.drawn for row in kinds}
        for video_id, believed in self.videos.items():
            video = found[video_id]
            assert (video.state, video.version, video.deleted_at is not None) == (
                believed.state,
                believed.version,
                believed.deleted,
            )
            was = self.seen.get(video_id)
            assert was == video.state or (was, video.state) in KNOWN, (was, video.state)
            self.seen[video_id] = video.state
            if believed.state in KEPT:
                assert self.store.read(video.sha256 or "") == believed.data
            is_ready = believed.state is VideoState.READY
            assert drawn.get(video_id, 0) == (len(DerivativeKind) if is_ready else 0)
            assert ready.count(str(video_id)) == is_ready


@pytest.mark.parametrize("runs", [8, pytest.param(100, marks=pytest.mark.drill)])
def test_videos_follow_the_model(
    db: Database,
    client: httpx.Client,
    sign_in: SignIn,
    app: FastAPI,
    store: Store,
    keys: Keys,
    clip: bytes,
    runs: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    examined: dict[tuple[Any, ...], Any] = {}
    really_run = worker.run

    def run_once(task: type, path: Path, **options: Any) -> Any:
        """The real worker process does each task once."""
        key = task, path.name, *options.items()
        if key not in examined:
            examined[key] = really_run(task, path, **options)
        return examined[key]

    monkeypatch.setattr(worker, "run", run_once)
    # One creator makes in a minute what takes people a year.
    monkeypatch.setattr(MovingWindow, "hit", lambda self, key: 0.0)
    client.headers.update(sign_in(Role.CREATOR))

    class Here(Videos):
        def __init__(self) -> None:
            self.db, self.client, self.store, self.clip = db, client, store, clip
            super().__init__()

        def restart(self) -> None:
            app.state.receiver = Receiver(store)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=runs,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    with db.read() as s:
        assert verify(s, keys).whole
