"""Sparks in the feed: the tray by keys, what flies over the video, its sound, and what ends it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studio.sparks.mixer import DUCK_DB, amplitude
from studio.sparks.queue import Flight
from studio.tabs.feed.slot import Slot
from studio.tabs.feed.tab import FeedTab
from studio.tabs.sparks.panel import TrayPanel
from studio.theme import style
from tests.studio.sparks.ovens import Clock, Oven
from tests.studio.sparks.test_mixer import Device
from tests.studio.tabs.feed.viewer import Viewer, silent
from tests.studio.tabs.feed.world import FeedWorld, item, me
from tests.studio.tabs.office import Office, nameless, play, until, words
from tests.studio.tabs.sparks.catalogue import SparkWorld, spark


class Both:
    """A feed and a catalogue."""

    def __init__(self, clip: bytes) -> None:
        self.feed = FeedWorld([item(n) for n in range(4)], clip)
        self.sparks = SparkWorld([spark(number) for number in range(9)])

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/v1/sparks"):
            return self.sparks(request)
        return await self.feed.answer(request)


class Giver(Viewer):
    """Kemi, who rehearses."""

    def __init__(self, office: Office, world: Both, oven: Oven, *, lent: bool = True) -> None:
        self.office, self.world, self.both, self.oven = office, world.feed, world, oven
        self.clock, self.seconds, self.device = Clock(), Clock(), Device()
        self.tab = FeedTab(
            office.context, now=self.clock, make_sound=silent, make_tray=TrayPanel if lent else None
        )
        self.page = self.tab.page
        self.page.sparks.now = self.seconds
        self.page.sparks.make_sink = lambda: self.device
        self.notices = FeedTab.watch(office.context)

    @property
    def tray(self) -> TrayPanel:
        tray = self.page.sparks.tray
        assert isinstance(tray, TrayPanel)
        return tray

    @property
    def flying(self) -> tuple[Flight, ...]:
        flights = self.page.sparks.flights
        assert flights is not None
        return tuple(flights.queue.flying)

    async def open_tray(self) -> None:
        QTest.keyClick(self.page.stage, Qt.Key.Key_G)
        await until(lambda: self.tray.grid.sparks)

    async def fly(self, number: int = 0) -> Flight:
        """Choose one and wait until its film is here."""
        flights = self.page.sparks.flights
        assert flights is not None
        given = self.tray.given(self.tray.grid.sparks[number])
        await until(lambda: flights.prepare(given))
        self.tray.chosen.emit(given)
        return self.flying[-1]


Story = Callable[[Giver], Awaitable[None]]
Give = Callable[..., Both]


@pytest.fixture
def give(qapp: QApplication, tmp_path: Path, clip: bytes) -> Give:
    def give(story: Story, *, lent: bool = True, moving: bool = True) -> Both:
        style.apply(qapp, "dark", reduced_motion=not moving)
        both, oven = Both(clip), Oven()

        async def at_the_feed(desk: Office) -> None:
            giver = Giver(desk, both, oven, lent=lent)
            await giver.sit_down()
            await story(giver)

        transport = httpx.MockTransport(both.answer)
        play(qapp, tmp_path, transport, at_the_feed, me=me(), make_oven=lambda: oven)
        return both

    return give


class Paints(QObject):
    """Writes down who is painted."""

    def __init__(self, *watched: QWidget) -> None:
        super().__init__()
        self.seen: list[QObject] = []
        for each in watched:
            each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.seen.append(watched)
        return False


def test_a_video_and_what_flies_over_it_are_painted_together(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        await giver.fly()
        stage, overlay, flights = giver.page.stage, giver.page.sparks.overlay, giver.page.sparks.flights
        assert overlay is not None
        assert flights is not None
        paints = Paints(stage, overlay)
        await until(lambda: overlay in paints.seen)
        flights._clock.stop()
        stage.repaint()
        for updates in ((stage.update_picture, flights.changed.emit), (flights.changed.emit,)):
            QApplication.sendPostedEvents()
            paints.seen.clear()
            for update in updates:
                update()
            QApplication.sendPostedEvents()
            assert paints.seen == [stage, overlay]

    give(story)


def test_the_tray_stands_still_while_one_flies(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        assert giver.tray.grid.moves
        flight = await giver.fly()
        assert not giver.tray.grid.moves
        assert flight.ends is not None
        giver.seconds.at = flight.ends + 1
        await until(lambda: not giver.flying)
        assert giver.tray.grid.moves

    give(story)


def test_the_tray_by_keys(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        tray, aside = giver.tray, giver.page.aside
        assert aside.shown is aside.lent
        assert tray.grid.hasFocus()
        QTest.keyClick(tray.grid, Qt.Key.Key_Right)
        QTest.keyClick(tray.grid, Qt.Key.Key_Return)
        assert [each.given.spark.name for each in giver.flying] == [tray.grid.sparks[1].name]
        assert aside.shown is aside.lent  # it stays for the next one
        QTest.keyClick(tray.grid, Qt.Key.Key_Escape)
        assert aside.shown is None
        assert giver.page.stage.hasFocus()
        assert giver.flying

    give(story)


def test_it_says_plainly_that_nothing_is_sent(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        assert "only you see it" in words(giver.tray)
        assert "nothing is paid" in words(giver.tray)
        assert nameless(giver.tray) == []
        await giver.fly()

    assert give(story).sparks.posts == []


def test_what_is_aimed_at_is_made_ready(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        given = giver.tray.given(giver.tray.grid.sparks[3])
        giver.tray.grid.setCurrentIndex(giver.tray.grid.model().index(3, 0))
        flights = giver.page.sparks.flights
        assert flights is not None
        await until(lambda: flights.prepare(given))

    give(story)


def test_it_flies_over_the_picture_and_below_the_words(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        await giver.fly()
        overlay, stage = giver.page.sparks.overlay, giver.page.stage
        assert overlay is not None
        assert overlay.isVisible()
        assert overlay.geometry() == stage.picture_rect().intersected(stage.rect())
        order = stage.children()
        assert order.index(overlay) < order.index(giver.page.surface.caption)

    give(story)


def test_the_video_is_softer_meanwhile_and_then_as_before(
    give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[float] = []
    before = Slot.set_sound

    def note(self: Slot, *, muted: bool, volume: float) -> None:
        heard.append(volume)
        before(self, muted=muted, volume=volume)

    async def story(giver: Giver) -> None:
        await giver.open_tray()
        giver.page.loudness.set_volume(80)
        monkeypatch.setattr(Slot, "set_sound", note)
        await giver.fly()
        assert heard[-1] == pytest.approx(80 * amplitude(DUCK_DB) ** 0.5)
        flights = giver.page.sparks.flights
        assert flights is not None
        for _ in range(60):
            giver.seconds.at += 0.02
            flights.mixer.pump()
        assert heard[-1] == 80

    give(story)


def test_muted_nothing_sounds(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        assert giver.tab.context.settings is not None
        await giver.fly()
        flights = giver.page.sparks.flights
        assert flights is not None
        assert flights.mixer.voices == 0  # the feed starts muted
        giver.page.loudness.set_volume(80)
        await giver.fly(1)
        assert flights.mixer.voices == 1
        giver.page.loudness.toggle()
        assert flights.mixer.voices == 0

    give(story)


def test_the_next_video_ends_it_and_says_what_did_not_fly(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        for number in range(9):
            giver.tray.chosen.emit(giver.tray.given(giver.tray.grid.sparks[number]))
        assert len(giver.flying) == 4
        begun = sum(each.began is not None for each in giver.flying)
        giver.page.go(1)
        assert giver.flying == ()
        said = f"{9 - begun} rehearsals were still to come: the video is another one."
        assert said in giver.office.told()

    give(story)


def test_who_leaves_the_feed_leaves_no_spark_behind(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        await giver.fly()
        for number in range(1, 9):
            giver.tray.chosen.emit(giver.tray.given(giver.tray.grid.sparks[number]))
        giver.tab.hide()
        assert giver.flying == ()
        assert "still to come: you have left the feed." in giver.office.told()

    give(story)


def test_reduced_motion_shows_a_still_with_the_name(give: Give) -> None:
    async def story(giver: Giver) -> None:
        await giver.open_tray()
        flight = await giver.fly()
        flights = giver.page.sparks.flights
        assert flights is not None
        await until(lambda: (flights.tick(), flight.began is not None)[1])
        (seen,) = flights.seen
        assert seen.flight is flight
        assert not seen.moves
        assert seen.image is not None

    give(story, moving=False)


def test_the_tray_while_the_server_is_away(give: Give) -> None:
    async def story(giver: Giver) -> None:
        giver.both.sparks.away = True
        QTest.keyClick(giver.page.stage, Qt.Key.Key_G)
        await until(lambda: "cannot be read now" in words(giver.tray))
        assert not giver.tray.rehearse.isEnabled()
        giver.both.sparks.away = False
        giver.page.aside.retry()
        await until(lambda: giver.tray.grid.sparks)
        giver.both.sparks.away = True
        giver.tray.retry()
        await until(lambda: "Not refreshed." in words(giver.tray))
        assert len(giver.tray.grid.sparks) == 9

    give(story)


def test_the_tray_as_it_was_while_the_server_is_away(give: Give) -> None:
    async def before(giver: Giver) -> None:
        await giver.open_tray()
        kept = giver.office.context.films._contents
        await until(lambda: all(kept.has(f"{each.sha256}.json") for each in giver.tray.grid.sparks))

    async def away(giver: Giver) -> None:
        giver.both.sparks.away = True
        await giver.open_tray()
        await until(lambda: "This is the catalogue as of" in words(giver.tray))
        assert len(giver.tray.grid.sparks) == 9
        await giver.fly(3)  # which was never baked

    give(before)
    give(away)


def test_without_a_tray_there_is_no_button(give: Give) -> None:
    async def story(giver: Giver) -> None:
        assert "feed.sparks" not in giver.page.surface.column.buttons
        QTest.keyClick(giver.page.stage, Qt.Key.Key_G)
        assert giver.page.aside.shown is None

    give(story, lent=False)
