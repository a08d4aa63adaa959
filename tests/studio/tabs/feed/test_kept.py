"""What was seen last is there without the server, also after the program was closed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from unittest import mock
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.api.live import Connection
from studio.offline.changes import Changes
from studio.offline.run_folder import KeptFolder
from studio.offline.store import Cached
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.test_events import played
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import FeedWorld, item
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


def different(world: FeedWorld) -> FeedWorld:
    """Each video has a file of its own."""
    world.files = {each.video.id: world.clip + bytes([n]) for n, each in enumerate(world.items)}
    return world


def files(folder: Path) -> int:
    return len([each for each in folder.iterdir() if each.name != "lock"])


def test_only_what_was_watched_stays_and_what_was_removed_goes(
    watch: Watch, tmp_path: Path, clip: bytes
) -> None:
    async def leave(viewer: Viewer) -> None:
        await watch_two(viewer)
        page = viewer.page
        await until(lambda: (third := page.watching.slot_of(page.feed.at(2))) and third.ready)
        await viewer.tab.leave()

    folder = tmp_path / "feed"
    world = watch(leave, different(FeedWorld([item(n) for n in range(6)], clip)))
    assert files(folder) == 2  # not the third, which was ready to be swiped to
    world.gone.update({UUID(int=1_000), UUID(int=1_001)})

    async def back(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await viewer.sees(2)
        await until(lambda: viewer.playing)
        kept = viewer.page.watching._kept
        await until(lambda: [each.item.video.id for each in kept._seen] == [UUID(int=1_002)])
        await viewer.tab.leave()

    watch(back, world)
    assert files(folder) == 1


def test_what_is_removed_while_one_is_here_is_deleted_at_once(watch: Watch, clip: bytes) -> None:
    world = watch(watch_two, different(FeedWorld([item(n) for n in range(6)], clip)))
    world.items = world.items[2:]

    async def later(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await viewer.sees(2)
        await until(lambda: viewer.playing)
        kept = viewer.page.watching._kept
        await until(lambda: len(kept._seen) == 3)
        world.gone.add(UUID(int=1_000))
        viewer.tab.on_changes(Changes(frozenset({"content.feed"}), frozenset({str(UUID(int=1_000))}), "live"))
        await until(lambda: UUID(int=1_000) not in {each.item.video.id for each in kept._seen})

    watch(later, world)


def test_an_empty_file_after_a_loss_of_power_is_not_taken_for_a_video(
    watch: Watch, tmp_path: Path, clip: bytes
) -> None:
    world = watch(watch_two, different(FeedWorld([item(n) for n in range(6)], clip)))
    for each in (tmp_path / "feed").iterdir():
        each.write_bytes(b"")
    world.offline = True

    async def away(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await until(lambda: "The feed cannot be read now." in words(viewer.tab))

    watch(away, world)


def test_a_copy_that_was_damaged_on_the_disk_is_fetched_anew_when_one_tries_again(
    watch: Watch, tmp_path: Path, clip: bytes
) -> None:
    world = watch(watch_two, different(FeedWorld([item(n) for n in range(6)], clip)))
    for each in (tmp_path / "feed").iterdir():
        each.write_bytes(bytes(each.stat().st_size))
    world.offline = True

    async def away(viewer: Viewer) -> None:
        viewer.office.connection = Connection.OFFLINE
        await viewer.sit_down(ready=False)
        await until(lambda: (slot := viewer.page.watching.slot) and slot.problem)
        world.offline = False
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_Space)
        await viewer.sees(1)

    watch(away, world)


def test_what_is_fetched_while_the_list_is_read_stays(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        kept, media, may_read = viewer.page.watching._kept, viewer.page.watching._media, threading.Event()
        get = kept._store.get

        def slowly(key: str) -> Cached | None:
            may_read.wait(20)
            return get(key)

        with mock.patch.object(kept._store, "get", slowly):
            loading = asyncio.ensure_future(kept.load())
            fetching = asyncio.ensure_future(media.fetch(item(3).video))
            fetching.add_done_callback(lambda done: media.release(done.result()))
            await asyncio.wait({fetching}, timeout=0.3)
            may_read.set()
            held = await fetching
            await loading
        assert held.key is not None
        assert kept.cache.size_of(held.key) is not None

    watch(story)


def test_what_was_liked_is_liked_and_the_new_comes_next_when_the_server_is_back(watch: Watch) -> None:
    async def like(viewer: Viewer) -> None:
        await watch_two(viewer)
        viewer.page.handlers["feed.like"]()
        await viewer.send()

    world = watch(like)
    world.offline, world.items = True, [item(n) for n in range(2, 6)]

    async def away(viewer: Viewer) -> None:
        viewer.office.connection = Connection.OFFLINE
        await viewer.sit_down(ready=False)
        await viewer.sees(1)
        assert viewer.item.mine.liked
        world.offline = False
        viewer.office.connection = Connection.ONLINE
        viewer.tab.on_connection(Connection.ONLINE)
        await until(lambda: viewer.page.feed.at(1) and viewer.page.feed.at(1).video.id == UUID(int=1_002))

    watch(away, world)


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
