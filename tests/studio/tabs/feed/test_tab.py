"""The Feed tab by keys, before a server in memory."""

from __future__ import annotations

from uuid import UUID

import httpx
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.offline.changes import Changes
from studio.settings import FEED_MUTED, FEED_VOLUME
from studio.tabs.feed.reading import MOST_EMPTY
from studio.tabs.feed.tab import FEED
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import FeedWorld, item
from tests.studio.tabs.office import nameless, until, words

READ = "GET /v1/content/feed"


def press(viewer: Viewer, key: Qt.Key) -> None:
    QTest.keyClick(viewer.page.stage, key)


def test_swipes_by_keys_and_finds_the_next_one_ready(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        page = viewer.page
        assert "Video 0" in words(viewer.tab)
        following = page.watching.slot_of(page.feed.at(1))
        await until(lambda: following is not None and following.ready)
        press(viewer, Qt.Key.Key_Down)
        assert page.watching.slot is following
        assert "Video 1" in words(viewer.tab)
        await until(lambda: viewer.playing)
        press(viewer, Qt.Key.Key_PageUp)
        await viewer.sees(0)
        press(viewer, Qt.Key.Key_Up)
        await viewer.sees(0)

    watch(story)


def test_likes_saves_follows_and_shares_at_once_and_each_is_told_once(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        for key in (Qt.Key.Key_L, Qt.Key.Key_S, Qt.Key.Key_F, Qt.Key.Key_C):
            press(viewer, key)
        item = viewer.item
        assert item.mine.model_dump() == {"liked": True, "saved": True, "following": True}
        assert (item.counts.likes, item.counts.saves, item.counts.shares) == (1, 1, 1)
        assert QGuiApplication.clipboard().text() == f"studio:video/{item.video.id}"
        press(viewer, Qt.Key.Key_L)
        await viewer.send()

    world = watch(story)
    for kind in ("like", "unlike", "save", "follow", "share", "session_start"):
        assert len(world.told(kind)) == 1, kind


def test_pauses_and_remembers_sound(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        slot = viewer.slot
        await until(lambda: viewer.playing)
        press(viewer, Qt.Key.Key_Space)
        assert not viewer.playing
        settings = viewer.office.context.settings
        for key, muted, volume in (
            (Qt.Key.Key_Minus, True, 70),
            (Qt.Key.Key_M, False, 70),
            (Qt.Key.Key_Minus, False, 60),
            (Qt.Key.Key_M, True, 60),
            (Qt.Key.Key_Plus, False, 70),
        ):
            press(viewer, key)
            assert (settings.get(FEED_MUTED), settings.get(FEED_VOLUME)) == (muted, volume)
            assert slot.player.muted is muted
        viewer.tab.hide()
        assert not viewer.playing

    watch(story)


def test_reads_on_to_the_end_and_says_so(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        for _ in range(6):
            before = viewer.page.feed.position
            await until(lambda: not viewer.page.reading.busy)
            press(viewer, Qt.Key.Key_Down)
            assert viewer.page.feed.position == before + 1
        assert viewer.page.feed.current is None
        assert "You have seen everything" in words(viewer.tab)
        press(viewer, Qt.Key.Key_Up)
        await viewer.sees(5)

    watch(story)


def test_a_removed_video_vanishes_while_it_plays(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        gone = UUID(int=1_000)
        viewer.world.gone.add(gone)
        viewer.office.changes.send(Changes(frozenset({FEED}), frozenset({str(gone)}), "live"))
        await viewer.sees(1)
        assert "not available any more" in viewer.office.told()

    watch(story)


def test_every_control_has_a_name(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        press(viewer, Qt.Key.Key_K)
        assert nameless(viewer.tab) == []

    watch(story)


def test_who_looks_again_while_a_page_is_on_its_way_sees_what_is_new(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        page, world = viewer.page, viewer.world
        await until(lambda: page.feed.ended)
        asked = world.asked.count(READ)
        world.slow = READ
        page.look_again()
        await until(lambda: world.asked.count(READ) > asked)
        world.items.insert(0, item(9))
        page.look_again()
        world.gate.set()
        await until(lambda: not page.reading.busy)
        assert page.feed.find(UUID(int=1_009)) is not None

    watch(story)


class Sparse(FeedWorld):
    """Before its items come so many pages without one."""

    empty = 2 * MOST_EMPTY + 1

    def handle(self, request: httpx.Request) -> httpx.Response:
        if f"{request.method} {request.url.path}" != READ or self.asked.count(READ) >= self.empty:
            return super().handle(request)
        self.asked.append(READ)
        return httpx.Response(200, json={"items": [], "next_cursor": "0"})


def test_after_some_pages_without_a_video_it_waits_to_be_asked(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        page, world = viewer.page, viewer.world
        await until(lambda: page.reading.rests)
        await viewer.office.settle()
        assert world.asked.count(READ) == MOST_EMPTY
        assert "Loading the feed" in words(viewer.tab)
        page.look()
        await until(lambda: page.reading.rests)
        await viewer.office.settle()
        assert world.asked.count(READ) == 2 * MOST_EMPTY
        press(viewer, Qt.Key.Key_Down)
        await viewer.sees(0)
        assert "Loading the feed" not in words(viewer.tab)

    watch(story, Sparse([item(0)], clip))
