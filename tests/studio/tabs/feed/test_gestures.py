"""Drag, wheel and click on the stage, with motion and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from server.content.schemas import FeedItem
from studio.tabs.feed.slot import Slot
from studio.tabs.feed.snap import SETTLE_S
from studio.tabs.feed.stage import GROUND
from studio.tabs.feed.watching import Watching
from studio.theme import style
from studio.video.decoder import Picture
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.office import until

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def motion(qapp: QApplication) -> Iterator[None]:
    """As for somebody who has not asked for less of it."""
    style.theme().reduced_motion = False
    yield
    style.theme().reduced_motion = True


def drag(viewer: Viewer, by: int, seconds: float) -> None:
    """Press in the middle, move in ten steps, and let go."""
    stage = viewer.page.stage
    start = stage.rect().center()
    QTest.mousePress(stage, LEFT, pos=start)
    for n in range(1, 11):
        viewer.clock.at += seconds / 10
        QTest.mouseMove(stage, start + QPoint(0, by * n // 10))
    QTest.mouseRelease(stage, LEFT, pos=start + QPoint(0, by))


def turn(viewer: Viewer, units: int) -> None:
    """Turn the wheel."""
    stage = viewer.page.stage
    at = QPointF(stage.rect().center())
    event = QWheelEvent(
        at,
        stage.mapToGlobal(at),
        QPoint(),
        QPoint(0, units),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(stage, event)


@pytest.mark.usefixtures("motion")
def test_a_long_drag_snaps_to_the_next_page_and_a_short_one_back(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        page, stage = viewer.page, viewer.page.stage
        drag(viewer, -100, 2.0)
        assert (page.feed.position, stage.offset) == (0, -100)
        viewer.clock.at += SETTLE_S + 0.01
        await until(lambda: stage.resting)
        assert stage.offset == 0
        drag(viewer, -400, 2.0)
        assert page.feed.position == 1
        assert stage.offset == stage.height() - 400
        assert not page.watching._arrived
        viewer.clock.at += SETTLE_S / 2
        await until(lambda: page.watching._arrived)
        assert 0 < stage.offset < 0.4 * stage.height()
        viewer.clock.at += SETTLE_S + 0.01
        await until(lambda: stage.resting)
        await viewer.sees(1)
        await until(lambda: viewer.playing)

    watch(story)


@pytest.mark.usefixtures("motion")
def test_a_flick_is_enough_and_at_the_beginning_the_page_resists(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        drag(viewer, 300, 2.0)
        assert viewer.page.feed.position == 0
        assert viewer.page.stage.offset == pytest.approx(90)
        viewer.clock.at += SETTLE_S + 0.01
        await until(lambda: viewer.page.stage.resting)
        drag(viewer, -80, 0.08)
        assert viewer.page.feed.position == 1

    watch(story)


def test_without_motion_a_page_is_there_at_once(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        drag(viewer, -400, 2.0)
        assert (viewer.page.feed.position, viewer.page.stage.offset) == (1, 0)
        assert viewer.page.stage.resting
        viewer.page.handlers["feed.like"]()
        assert not viewer.page.surface.burst.isVisible()

    watch(story)


def test_the_wheel_goes_one_page_a_notch(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        turn(viewer, -120)
        turn(viewer, -120)
        assert viewer.page.feed.position == 1
        viewer.clock.at += 0.4
        turn(viewer, 120)
        assert viewer.page.feed.position == 0

    watch(story)


@pytest.mark.usefixtures("motion")
def test_a_click_pauses_and_a_like_shows_a_heart(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        await until(lambda: viewer.playing)
        QTest.mouseClick(viewer.page.stage, LEFT, pos=viewer.page.stage.rect().center())
        assert not viewer.playing
        viewer.page.handlers["feed.like"]()
        assert viewer.page.surface.burst.isVisible()
        await until(lambda: not viewer.page.surface.burst.isVisible())

    watch(story)


@pytest.mark.usefixtures("motion")
def test_the_next_page_is_painted_before_anything_is_loaded_or_put_away(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, int]] = []
    painted_now, make, close = Slot.painted_now, Watching._make, Slot.close

    def note(name: str, slot: Slot) -> None:
        done.append((name, slot.id.int - 1_000))

    def painted(slot: Slot, picture: Picture) -> None:
        note("painted", slot)
        painted_now(slot, picture)

    def made(watching: Watching, item: FeedItem) -> Slot:
        slot = make(watching, item)
        note("loaded", slot)
        return slot

    def closed(slot: Slot) -> None:
        note("closed", slot)
        close(slot)

    monkeypatch.setattr(Slot, "painted_now", painted)
    monkeypatch.setattr(Watching, "_make", made)
    monkeypatch.setattr(Slot, "close", closed)

    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        for step in (1, 2):
            page = viewer.page
            following = page.watching.slot_of(page.feed.at(step))
            await until(lambda slot=following: slot is not None and slot.ready)
            done.clear()
            QTest.keyClick(page.stage, Qt.Key.Key_Down)
            told = ("painted", step), ("loaded", step + 1), *([("closed", 0)] if step == 2 else [])
            assert set(told) <= set(done)
            assert done[0] == told[0]
            assert 0 < page.stage.offset < page.stage.height(), "some of it is seen"
            viewer.clock.at += SETTLE_S + 0.01
            await until(lambda: viewer.page.stage.resting)

    watch(story)


@pytest.mark.usefixtures("motion")
def test_what_lies_around_the_pictures_is_painted_too(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        stage = viewer.page.stage

        def colour(x: int, y: int) -> str:
            return stage.grab().toImage().pixelColor(x, y).name()

        await until(lambda: viewer.slot.player.pace.seen > 3)
        assert colour(8, stage.height() - 8) == GROUND.name()
        assert colour(*stage.picture_rect().center().toTuple()) != GROUND.name()
        drag(viewer, 200, 2.0)  # nothing is above the first page
        assert stage.offset > 20
        assert colour(stage.width() // 2, 10) == GROUND.name()

    watch(story)
