"""The Feed tab with the live connection to the real server: what is hidden there vanishes here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from server.accounts import sessions
from server.accounts.permissions import Role
from server.content import service
from server.content.rules import Visibility
from server.kit import live
from server.kit.crypto import Keys
from server.kit.db import Database
from server.moderation import service as moderation
from server.moderation.rules import ContentType
from studio.api.live import Change, Live
from studio.offline.changes import Changes
from tests.server.content.conftest import acting
from tests.studio.loopback import Loopback
from tests.studio.tabs import office
from tests.studio.tabs.feed.test_end_to_end import published
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import FeedWorld
from tests.studio.tabs.office import until
from tests.studio.tabs.real import person, real


@pytest.fixture
def heard(db: Database) -> Iterator[None]:
    """This process hears what is told in the database."""
    listener = live.listen(db)
    if listener is not None:
        assert listener.connected.wait(10)
    yield
    if listener is not None:
        listener.stop()


async def listening(viewer: Viewer) -> None:
    """Pass on what the server tells, as the client does, from now on."""
    desk = viewer.office
    states: list[object] = []

    def pass_on(changes: Sequence[Change]) -> None:
        for change in changes:
            desk.changes.send(Changes(frozenset({change.topic}), frozenset({change.id}), "live"))

    feed = Live(desk.api, on_changes=pass_on, on_resync=lambda: None, on_state=states.append)
    desk.tasks.spawn(feed.run())
    await until(lambda: "online" in states)


async def hide(url: str, token: str, video_id: UUID) -> None:
    """Take a video away, as a moderator does."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{url}/v1/moderation", headers=headers) as api:

        async def post(path: str, **body: Any) -> Any:
            return (await api.post(path, json=body)).raise_for_status().json()

        claim = await post("/claims")
        assert claim["subject"]["content_id"] == str(video_id)
        decision = {"outcome": "remove", "policy": "spam", "facts": "It sells watches."}
        await post(f"/items/{claim['item_id']}/decisions", claim_token=claim["claim_token"], **decision)


@pytest.mark.usefixtures("heard")
def test_what_is_hidden_while_it_plays_vanishes(
    qapp: QApplication, tmp_path: Path, db: Database, keys: Keys, clip: bytes
) -> None:
    server = real(tmp_path, db, keys, grace_s=0)
    owner = acting(person(db, keys, "mara", Role.CREATOR), Role.CREATOR)
    fan = acting(person(db, keys, "kemi", Role.FAN), Role.FAN)
    mo = person(db, keys, "mo", Role.MODERATOR)
    first, second, third = published(tmp_path, db, owner, clip, 3)
    with db.write() as s:
        moderation.install(s)
        token, _ = sessions.open_session(s, keys=keys, person_id=mo.id, device_id=uuid4(), device_name="Desk")
        moderation.receive_flag(s, actor=fan, content_type=ContentType.VIDEO, content_id=first, policy="spam")

    async def story(url: str, desk: office.Office) -> None:
        viewer = Viewer(desk, FeedWorld([], clip))
        await viewer.sit_down(ready=False)
        await until(lambda: viewer.page.watching.slot is not None and viewer.playing)
        await listening(viewer)
        assert viewer.item.video.id == first
        await hide(url, token, first)
        await until(lambda: viewer.item.video.id == second and viewer.playing)
        assert "not available any more" in viewer.office.told()
        for video, change in ((second, {"visibility": Visibility.UNLISTED}), (third, {"title": "Renamed"})):
            with db.write() as s:
                service.edit_video(s, actor=owner, video_id=video, version=1, **change)
        await until(lambda: viewer.item.video.title == "Renamed")

    with Loopback(server.transport.app) as there:
        office.play(
            qapp,
            tmp_path,
            httpx.AsyncHTTPTransport(),
            partial(story, there.url),
            url=there.url,
            token=server.token,
            me=server.me,
            now=datetime.now(UTC),
        )
