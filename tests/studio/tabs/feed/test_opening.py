"""Opening a link: from the clipboard or a field, of what is there and what is not."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from server.content.rules import VideoState, Visibility
from server.kit.wire import Availability
from studio.api.live import Connection
from studio.tabs.feed.opening import BLOCKED, GONE, LinkSheet
from studio.tabs.feed.why import WhyPopover
from studio.video_link import link_to
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import FeedWorld, item
from tests.studio.tabs.office import nameless, problem, until, words

UNLISTED = UUID(int=1_050)


def world(clip: bytes, **more: Any) -> FeedWorld:
    """Six videos, and one that is not among them."""
    about = {"visibility": Visibility.UNLISTED, "published_at": None} | more
    return FeedWorld([item(n) for n in range(6)], clip, others=[item(50, **about)])


def paste(viewer: Viewer, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    QTest.keyClick(viewer.page.stage, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def sheet(viewer: Viewer) -> LinkSheet:
    (found,) = viewer.tab.window().findChildren(LinkSheet)
    return found


def order(viewer: Viewer) -> list[int]:
    return [each.video.id.int - 1_000 for each in viewer.page.feed.items]


def test_an_unlisted_video_plays_and_the_feed_goes_on_behind_it(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        viewer.page.go(1)
        await viewer.sees(1)
        paste(viewer, f"Look at this: {link_to(UNLISTED)}.")
        await viewer.sees(50)
        await until(lambda: viewer.playing)
        assert order(viewer)[:4] == [0, 1, 50, 2]
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_W)
        (why,) = viewer.tab.window().findChildren(WhyPopover)
        assert "You opened it yourself" in words(why)
        why.close_now()
        viewer.page.go(-1)
        await viewer.sees(1)
        paste(viewer, link_to(UUID(int=1_003)))
        await viewer.sees(3)
        assert order(viewer)[:5] == [0, 1, 3, 50, 2]

    watch(story, world(clip))


def test_one_that_is_not_public_is_looked_at_since_nobody_tells_of_it(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        paste(viewer, link_to(UNLISTED))
        await viewer.sees(50)
        assert viewer.office.connection is Connection.ONLINE
        await viewer.office.settle()
        viewer.world.asked.clear()
        viewer.page.look()
        await viewer.office.settle()
        assert viewer.item.video.id == UNLISTED
        assert [each for each in viewer.world.asked if "events" not in each] == [
            f"GET /v1/content/videos/{UNLISTED}"
        ]
        viewer.world.gone.add(UNLISTED)
        viewer.page.look()
        await viewer.sees(1)

    watch(story, world(clip))


@pytest.mark.parametrize(
    "about",
    [
        {"availability": Availability.REMOVED},
        {"state": VideoState.PROCESSING},
        {"restricted_class": True},
    ],
)
def test_what_is_not_for_viewers_is_not_shown_to_whoever_may_read_it(
    watch: Watch, clip: bytes, about: dict[str, Any]
) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        paste(viewer, link_to(UNLISTED))
        await until(lambda: GONE in viewer.office.told())
        assert order(viewer)[0] == 0

    watch(story, world(clip, **about))


def test_an_unknown_one_and_one_of_a_blocked_person_say_so(
    watch: Watch, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        paste(viewer, link_to(uuid4()))
        await until(lambda: GONE in viewer.office.told())
        monkeypatch.setattr(viewer.world, "_by_id", lambda _: problem(404, "blocked"))
        paste(viewer, link_to(UNLISTED))
        await until(lambda: BLOCKED in viewer.office.told())
        assert viewer.item.video.id == UUID(int=1_000)

    watch(story, world(clip))


def test_without_a_link_on_the_clipboard_it_is_asked_for(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        paste(viewer, "no link")
        shown = sheet(viewer)
        assert shown.field.hasFocus()
        assert nameless(shown) == []
        assert not shown.go.isEnabled()
        QTest.keyClicks(shown.field, "studio:video/12")
        assert "not the link of a video" in words(shown)
        viewer.world.offline = True
        shown.field.setText(link_to(UNLISTED))
        QTest.keyClick(shown.field, Qt.Key.Key_Return)
        await until(lambda: "cannot be reached" in words(shown))
        viewer.world.offline = False
        shown.go.click()
        await viewer.sees(50)
        assert viewer.page.stage.hasFocus()

    watch(story, world(clip))


def test_it_can_be_put_away(watch: Watch, clip: bytes) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        paste(viewer, link_to(viewer.item.video.id))
        shown = sheet(viewer)
        assert [each.text() for each in shown.findChildren(QPushButton)] == ["Cancel", "Open"]
        shown.cancel.click()
        assert viewer.page.stage.hasFocus()

    watch(story, world(clip))


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("how", ["cancel", "swipe"])
def test_what_is_given_up_opens_nothing_and_says_nothing(
    watch: Watch, clip: bytes, how: str, there: bool
) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        before, url = viewer.office.told(), link_to(UNLISTED if there else uuid4())
        if how == "cancel":
            paste(viewer, "no link")
            shown = sheet(viewer)
            shown.field.setText(url)
            shown.go.click()
            QTest.keyClick(shown, Qt.Key.Key_Escape)
        else:
            paste(viewer, url)
            viewer.page.go(1)
        await viewer.office.settle()
        assert 50 not in order(viewer)
        assert viewer.office.told() == before

    watch(story, world(clip))


def test_a_link_is_opened_where_there_is_nothing_to_watch(watch: Watch, clip: bytes) -> None:
    empty = world(clip)
    empty.items = []

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down(ready=False)
        await until(lambda: "Nothing to watch yet" in words(viewer.tab))
        viewer.page.open_video(UNLISTED)
        await viewer.sees(50)
        viewer.world.gone.add(UNLISTED)
        viewer.page.look()
        await until(lambda: "Nothing to watch yet" in words(viewer.tab))

    watch(story, empty)
