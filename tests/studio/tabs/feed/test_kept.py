"""What was seen last is there without the server, also after the program was closed."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.api.live import Connection
from studio.offline.run_folder import KeptFolder
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.test_events import played
from tests.studio.tabs.feed.world import FeedWorld, Viewer, item
from tests.studio.tabs.office import until, words


async def watch_two(viewer: Viewer) -> None:
    await viewer.sit_down()
    await until(lambda: viewer.playing)
    QTest.keyClick(viewer.page.stage, Qt.Key.Key_Down)
    await viewer.sees(1)
    await until(lambda: viewer.playing)
    await until(lambda: len(viewer.page.watching._kept._seen) == 2)


def test_what_was_seen_last_plays_after_a_start_without_the_server(watch: Watch) -> None:
    world = watch(watch_two)
    world.offline = True
    world.items = [item(n) for n in range(2, 6)]  # what was watched is not in the feed any more

    async def away(viewer: Viewer) -> None:
        viewer.office.connection = Connection.OFFLINE
        await viewer.sit_down(ready=False)
        await viewer.sees(1)
        assert "what you have seen lately still plays" in words(viewer.tab)
        await played(viewer, 1_500)
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_Down)
        await viewer.sees(0)
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_Down)
        assert "No more videos on this computer" in words(viewer.tab)
        world.offline = False
        viewer.office.connection = Connection.ONLINE
        viewer.tab.on_connection(Connection.ONLINE)
        await viewer.sees(2)
        await viewer.send()

    watch(away, world)
    assert str(UUID(int=1_001)) in {event["video_id"] for event in world.told("watch")}


def test_what_was_removed_meanwhile_is_deleted_here(watch: Watch, tmp_path: Path) -> None:
    world = watch(watch_two)
    folder = tmp_path / "feed"
    # All files of this world are one and the same.
    assert len([each for each in folder.iterdir() if each.name != "lock"]) == 1
    world.gone.update({UUID(int=1_000), UUID(int=1_001)})
    world.files = {UUID(int=1_000 + n): world.clip + b"\0" for n in range(2, 6)}

    async def back(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await viewer.sees(2)
        await until(lambda: viewer.playing)
        kept = viewer.page.watching._kept
        await until(lambda: [each.item.video.id for each in kept._seen] == [UUID(int=1_002)])
        assert len([each for each in folder.iterdir() if each.name != "lock"]) == 1

    watch(back, world)


def test_a_second_client_works_without_and_takes_nothing_away(watch: Watch, tmp_path: Path) -> None:
    other = KeptFolder(tmp_path / "feed")
    assert other.held

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        await until(lambda: viewer.playing)

    watch(story)
    assert [each.name for each in (tmp_path / "feed").iterdir()] == ["lock"]
    other.close()
    again = KeptFolder(tmp_path / "feed")
    assert again.held
    again.close()


def test_nothing_kept_and_no_server_is_told(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await until(lambda: "The feed cannot be read now." in words(viewer.tab))

    watch(story, FeedWorld([item(0)], clip, offline=True))
