"""From the first byte over HTTP to the moderator's scores and the item in the queue, by the real jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import pytest

from server.accounts.permissions import Role
from server.kit import jobs
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.events import bus
from server.moderation import service as moderation
from server.settings import Settings
from tests.server.conftest import SignIn
from tests.server.forensics.lab import CORE, Engine, found

WAIT_S = 60


@pytest.fixture
def running(db: Database, settings: Settings, keys: Keys, looks: Engine) -> Iterator[None]:
    """Durable jobs run and events are delivered in this process."""
    with db.write() as s:
        moderation.install(s)
    jobs.launch(jobs.Context(db, settings, keys))
    stopped = threading.Event()
    courier = threading.Thread(target=bus.run, args=(db, stopped), kwargs={"every_s": 0.05})
    courier.start()
    yield
    stopped.set()
    bus.wake()
    courier.join()
    jobs.stop()


def until(true: Callable[[], bool]) -> None:
    """What another thread does to the database can only be seen there."""
    pause = threading.Event()
    for _ in range(WAIT_S * 20):
        with suppress(KeyError, TypeError):
            if true():
                return
        pause.wait(0.05)
    assert true()


@pytest.mark.usefixtures("running")
def test_an_upload_is_analysed_flagged_and_shown(
    client: httpx.Client, sign_in: SignIn, looks: Engine, clip: bytes
) -> None:
    looks.says = lambda **given: found(given["sha256"], slots=() if given["kind"] != CORE else SLOTS)
    mine, moderator = sign_in(Role.CREATOR), sign_in(Role.MODERATOR)
    new = {"filename": "clip.mp4", "size": len(clip), "title": "A clip"}
    video_id = client.post("/v1/content/videos", headers=mine, json=new).json()["id"]
    path = f"/v1/content/videos/{video_id}/file"
    client.patch(path, headers={**mine, "Upload-Offset": "0"}, content=clip)
    scores = f"/v1/forensics/videos/{video_id}"

    def known(kind: str) -> bool:
        result = client.get(scores, headers=moderator).json()[kind]["result"]
        return bool(result["analysis"]["state"] == "done")

    until(lambda: known("core") and known("text"))
    core = client.get(scores, headers=moderator).json()["core"]["result"]
    assert core["verdict"]["score_bp"] == 7_400
    assert {given["kind"] for given in looks.asked} == {"core", "text"}

    def items() -> list[dict[str, object]]:
        listed: list[dict[str, object]] = client.get(
            "/v1/moderation/items", headers=moderator, params={"state": "pending"}
        ).json()["items"]
        return listed

    until(lambda: len(items()) == 1)
    assert (items()[0]["policy"], items()[0]["content_id"]) == ("synthetic.unlabelled", video_id)


SLOTS = found("0" * 64).slots
