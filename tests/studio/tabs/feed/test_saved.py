"""What one has saved is found again."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.messages import Message
from studio.tabs.feed.saved import SavedPane
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import FeedWorld, item
from tests.studio.tabs.office import nameless, until, words


def press(viewer: Viewer, key: Qt.Key, shift: bool = False) -> None:
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(viewer.page.stage, key, held)


def numbers(pane: SavedPane) -> list[int]:
    return [each.id.int - 1_000 for each in pane.grid.videos]


async def opened(viewer: Viewer) -> SavedPane:
    press(viewer, Qt.Key.Key_S, shift=True)
    pane = viewer.page.aside.saved
    await until(lambda: pane._read_once)
    return pane


def test_a_saved_video_is_found_again_and_played(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        pane = await opened(viewer)
        assert "Nothing saved yet" in words(pane)
        QTest.keyClick(pane, Qt.Key.Key_Escape)
        for number in (0, 1):
            press(viewer, Qt.Key.Key_S)
            press(viewer, Qt.Key.Key_Down)
            await viewer.sees(number + 1)
        await viewer.send()
        pane = await opened(viewer)
        await until(lambda: numbers(pane) == [1, 0])
        assert nameless(pane) == []
        pane.grid.setFocus()
        QTest.keyClick(pane.grid, Qt.Key.Key_Return)
        await viewer.sees(1)

    watch(story)


def test_what_was_saved_a_moment_ago_is_there_and_what_was_let_go_is_not(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        press(viewer, Qt.Key.Key_S)  # not sent yet
        pane = await opened(viewer)
        assert numbers(pane) == [0]
        QTest.keyClick(pane, Qt.Key.Key_Escape)
        await viewer.send()
        viewer.page.stage.setFocus()
        press(viewer, Qt.Key.Key_S)  # let go, not sent
        press(viewer, Qt.Key.Key_S, shift=True)
        await until(lambda: "Nothing saved yet" in words(pane))

    watch(story)


def test_the_notice_leads_to_the_list(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        press(viewer, Qt.Key.Key_S)
        report = viewer.office.reports[-1]
        assert isinstance(report, Message)
        assert report.action is not None
        report.action.do()
        assert viewer.page.aside.shown is viewer.page.aside.saved

    watch(story)


def test_more_come_as_one_scrolls_and_without_the_server_it_says_so(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0)], clip, others=[item(n) for n in range(1, 40)], page=12)
    for number in range(1, 40):
        event = {"kind": "save", "video_id": str(UUID(int=1_000 + number))}
        world.events[str(number)] = event

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        world.offline = True
        press(viewer, Qt.Key.Key_S, shift=True)
        pane = viewer.page.aside.saved
        await until(lambda: "What you saved cannot be read now." in words(pane))
        world.offline = False
        viewer.page.aside.retry()
        await until(lambda: numbers(pane)[:12] == list(range(39, 27, -1)))
        bar = pane.grid.verticalScrollBar()

        def at_the_end() -> bool:
            bar.setValue(bar.maximum())
            return len(pane.grid.videos) == 39

        await until(at_the_end)
        assert len(set(numbers(pane))) == 39

    watch(story, world)


def test_a_page_of_which_all_was_let_go_is_not_the_end(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0)], clip, others=[item(1)], page=1)
    for n, number in enumerate((1, 0)):
        world.events[str(n)] = {"kind": "save", "video_id": str(UUID(int=1_000 + number))}

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        pane = await opened(viewer)  # the feed knows of it as not saved: it was let go a moment ago
        await until(lambda: numbers(pane) == [1])
        assert "Nothing saved yet" not in words(pane)

    watch(story, world)


def test_what_does_not_come_beyond_what_is_here_is_said(watch: Watch, clip: bytes) -> None:
    world = FeedWorld([item(0)], clip, others=[item(n) for n in range(1, 40)], page=12)
    for number in range(1, 40):
        world.events[str(number)] = {"kind": "save", "video_id": str(UUID(int=1_000 + number))}

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        pane = await opened(viewer)
        await until(lambda: not pane._pages.busy)
        before = len(pane.grid.videos)
        world.offline = True
        pane._read_more()
        await until(lambda: "Not all was read" in words(pane))
        assert len(pane.grid.videos) == before
        world.offline = False
        pane.read()
        await until(lambda: "Not all was read" not in words(pane))

    watch(story, world)
