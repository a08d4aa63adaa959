"""From the first byte over HTTP to the stills and back to nothing, by the real durable jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from uuid import UUID

import httpx
import pytest

from server.accounts.permissions import Role
from server.content import service
from server.content.rules import DerivativeKind, VideoState
from server.content.schemas import VideoView
from server.kit import jobs
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.storage import Store
from server.settings import Settings
from tests.server.conftest import SignIn

WAIT_S = 60


@pytest.fixture
def running(db: Database, settings: Settings, keys: Keys) -> Iterator[None]:
    """Durable jobs run in this process."""
    jobs.launch(jobs.Context(db, settings, keys))
    yield
    jobs.stop()


def until(true: Callable[[], bool]) -> None:
    """What another thread does to the database or the disk can only be seen there."""
    pause = threading.Event()
    for _ in range(WAIT_S * 20):
        if true():
            return
        pause.wait(0.05)
    assert true()


@pytest.mark.usefixtures("running")
def test_an_uploaded_clip_is_ready_by_itself_gets_its_poster_and_a_restriction_leaves_only_its_file(
    client: httpx.Client, sign_in: SignIn, db: Database, store: Store, clip: bytes
) -> None:
    mine = sign_in(Role.CREATOR)
    new = {"filename": "clip.mp4", "size": len(clip), "title": "A clip"}
    video_id = client.post("/v1/content/videos", headers=mine, json=new).json()["id"]
    path = f"/v1/content/videos/{video_id}"
    client.patch(f"{path}/file", headers={**mine, "Upload-Offset": "0"}, content=clip)

    def video() -> VideoView:
        return VideoView.model_validate(client.get(path, headers=mine).json())

    until(lambda: video().state is not VideoState.PROCESSING)
    ready = video()
    assert (ready.state, ready.reason, ready.frames) == (VideoState.READY, None, 50)
    assert set(ready.derivatives) == set(DerivativeKind)
    assert client.get(f"{path}/file", headers=mine).content == clip
    assert len(list(store.names())) == 4

    before = client.get(f"{path}/poster", headers=mine).content
    wanted = {**mine, "If-Match": f'"{ready.version}"'}
    assert client.patch(path, headers=wanted, json={"poster_at_ms": 1_970}).json()["poster_pending"]
    until(lambda: not video().poster_pending)
    assert client.get(f"{path}/poster", headers=mine).content != before
    until(lambda: len(list(store.names())) == 4)

    with db.write() as s:
        service.set_restricted_class(s, actor=SYSTEM, video_id=UUID(video_id))
    until(lambda: len(list(store.names())) == 1)
    assert client.get(f"{path}/file", headers=mine).content == clip
