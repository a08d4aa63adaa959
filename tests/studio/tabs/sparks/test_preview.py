"""One spark, large: what is played, ordered, heard and said."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from benchmarks.coded_clips import Recipe, write_clip
from studio.api.live import Connection
from studio.offline.changes import Changes
from studio.sparks.film_store import UNSHOWABLE
from studio.sparks.order import Kind
from studio.tabs.sparks.preview import Preview
from studio.tabs.sparks.stage import Ground
from studio.tabs.sparks.state import Fault
from studio.tabs.sparks.topics import CHANGED
from studio.theme import style
from tests.studio.sparks.test_mixer import Device
from tests.studio.tabs.office import until, words
from tests.studio.tabs.sparks.catalogue import HERO_AT
from tests.studio.tabs.sparks.seat import Seat, Sit


def test_one_is_looked_at(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.look("Spark 7")
        await seat.film()
        preview = seat.page.preview
        await until(lambda: preview.figures())
        await until(lambda: (preview.tick(), preview.stage.image is not None)[1])
        assert not preview.playback.playing  # motion is reduced
        preview.toggle()
        seat.clock.at += 0.5
        before = preview.playback.picture()
        preview.step(1)
        assert before is not None
        assert preview.playback.picture() == before + 1
        assert not preview.playback.playing
        preview.tick()
        assert "Spark 7" in words(seat.page)
        assert "About 7." in words(seat.page)
        assert "-16.2 LUFS" in words(seat.page)
        preview.controls.scrubbed.emit(0.25)
        assert preview.playback.seconds() == pytest.approx(0.25)

    sit(story)


def test_dice_and_lock(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        preview = seat.page.preview
        preview.roll()
        assert preview.seed == 100
        await seat.film()
        preview.lock.setChecked(True)
        preview.roll()
        assert preview.seed == 100
        assert not preview.controls.dice.isEnabled()
        await seat.look("Spark 7")
        assert preview.seed == 100  # the throw is kept for the next one
        preview.lock.setChecked(False)
        await seat.look("Spark 3")
        assert preview.seed == 1
        assert {100, 1} <= {each.seed for each in seat.oven.baked if each.kind is Kind.FILM}

    sit(story)


def test_keys_of_the_preview(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        page = seat.page
        seat.tab.activateWindow()
        page.preview.setFocus()
        page.grid.setFocus()
        QTest.keyClick(page.grid, Qt.Key.Key_G)
        assert page.preview.stage.ground is Ground.WHITE
        QTest.keyClick(page.grid, Qt.Key.Key_D)
        assert page.preview.seed == 100
        QTest.keyClick(page.grid, Qt.Key.Key_L)
        assert page.preview.lock.isChecked()
        QTest.keyClick(page.grid, Qt.Key.Key_M)
        assert page.preview.controls.mute.accessibleName() == "Sound is on"

    sit(story)


def test_over_a_video_that_is_not_there(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.page.preview.set_ground(Ground.VIDEO)
        seat.page.preview.video.run(True)
        await seat.desk.settle()
        assert seat.page.preview.note.isVisible()

    sit(story)


def test_one_that_cannot_be_baked_says_so(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        seat.oven.broken |= {Kind.FILM, Kind.STILL}
        await seat.sit_down()
        await until(lambda: "cannot be shown" in seat.page.preview.stage.words)

    sit(story)


def ordered(seat: Seat, kind: Kind = Kind.FILM) -> list[int]:
    """The throws of which films are on their way, of whatever spark."""
    return sorted(each.seed for each in seat.desk.context.films._wanted if each.kind is kind)


def hear(seat: Seat) -> None:
    """Sit at loudspeakers, with the sound on."""
    device = Device()
    seat.page.preview.mixer._make_sink = lambda: device
    seat.page.preview.set_muted(False)


async def play_aloud(seat: Seat) -> Preview:
    """Play one until its sound begins again."""
    await seat.sit_down()
    await seat.film()
    preview = seat.page.preview
    await until(lambda: preview.wishes.sound)
    hear(seat)
    preview.playback.seek(0.0)
    preview.playback.play()
    seat.clock.at += 0.9
    preview.tick()
    seat.clock.at += 0.2
    preview.tick()
    assert preview.mixer.voices == 1
    return preview


def test_only_the_throw_that_is_shown_is_ordered(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        preview = seat.page.preview
        await until(preview.figures)
        seat.oven.gate.clear()
        for _ in range(3):
            preview.roll()
        assert ordered(seat) == [102]
        assert ordered(seat, Kind.METER) == [102]
        preview.controls.seed.setFocus()
        preview.controls.seed.selectAll()
        QTest.keyClicks(preview.controls.seed, "12345")
        QTest.keyClick(preview.controls.seed, Qt.Key.Key_Return)
        assert ordered(seat) == [12_345]
        seat.page.grid.setCurrentIndex(seat.page.grid.model().index(3, 0))
        assert ordered(seat) == [1]
        assert next(iter(preview.wishes._orders.values())).sha256 == seat.page.grid.sparks[3].sha256
        seat.tab.hide()
        assert ordered(seat) == ordered(seat, Kind.METER) == ordered(seat, Kind.SOUND) == []
        seat.oven.gate.set()
        seat.tab.show()
        await seat.film()

    sit(story)


@pytest.mark.parametrize("missing", [Kind.FILM, Kind.METER, Kind.SOUND])
def test_what_did_not_come_is_said_and_tried_again(sit: Sit, missing: Kind) -> None:
    async def story(seat: Seat) -> None:
        seat.oven.broken |= {missing}
        await seat.sit_down()
        preview = seat.page.preview
        await until(lambda: missing in preview.wishes.failures)
        assert f"Its {'figures' if missing is Kind.METER else missing.value} cannot be had now." in words(
            preview
        )
        assert (UNSHOWABLE in words(preview)) is (missing is Kind.FILM)
        assert preview.again.isVisible()
        assert ("Not measured" in words(preview)) is (missing is Kind.METER)
        seat.oven.broken.clear()
        preview.again.click()
        await seat.desk.settle()
        assert not preview.note.isVisible()
        assert not preview.again.isVisible()
        assert None not in (preview.film, preview.figures(), preview.wishes.sound)

    sit(story)


def test_a_connection_that_is_back_is_a_reason_to_try_again(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        seat.oven.broken |= {Kind.FILM}
        await seat.sit_down()
        await until(lambda: seat.page.preview.wishes.failures)
        seat.oven.broken.clear()
        seat.desk.changes.send(Changes(kinds=frozenset({CHANGED}), ids=frozenset()))
        await seat.desk.settle()
        assert seat.page.preview.film is None  # what changes elsewhere is none
        seat.tab.on_connection(Connection.ONLINE)
        await seat.film()

    sit(story)


def test_a_press_on_another_tile_shows_it_and_a_second_one_plays_or_stops(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        def press(row: int) -> None:
            place = grid.visualRect(grid.model().index(row, 0)).center()
            QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)

        style.apply(seat.qapp, "dark", reduced_motion=False)
        await seat.sit_down()
        grid, preview = seat.page.grid, seat.page.preview
        await seat.film()
        press(1)
        await seat.film()
        press(0)
        assert preview.playback.playing
        press(0)
        assert not preview.playback.playing
        QTest.keyClick(grid, Qt.Key.Key_Return)
        assert preview.playback.playing

    sit(story)


@pytest.mark.parametrize("how", ["pause", "step", "scrub", "slower", "refused", "motion"])
def test_what_stands_still_is_silent(sit: Sit, how: str) -> None:
    async def story(seat: Seat) -> None:
        style.apply(seat.qapp, "dark", reduced_motion=False)
        preview = await play_aloud(seat)
        match how:
            case "pause":
                preview.toggle()
            case "step":
                preview.step(1)
            case "scrub":
                preview.controls.scrubbed.emit(0.3)
            case "slower":
                preview.controls.speed.setCurrentIndex(0)
            case "refused":
                preview.set_fault(Fault("It flashes.", 0.2))
            case _:
                style.apply(seat.qapp, "dark", reduced_motion=True)
        assert preview.mixer.voices == 0
        assert preview.playback.playing is (how == "slower")
        assert preview._clock.isActive() is (how == "slower")

    sit(story)


def test_other_colours_stop_nothing(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        seat.page.preview.toggle()  # whoever asks for it may see it move
        style.apply(seat.qapp, "light", reduced_motion=True)
        try:
            assert seat.page.preview.playback.playing
        finally:
            style.apply(seat.qapp, "dark", reduced_motion=True)

    sit(story)


def test_with_reduced_motion_its_hero_is_seen(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        await seat.desk.settle()
        assert seat.page.preview.playback.seconds() == pytest.approx(HERO_AT)

    sit(story)


def test_with_reduced_motion_the_video_behind_it_stands_still(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.page.preview.set_ground(Ground.VIDEO)
        await seat.desk.settle()
        assert "GET /v1/content/feed" in seat.world.asked
        assert seat.page.preview.note.isVisible()  # there is none in this feed
        assert not seat.page.preview.video._wanted

    sit(story)


def test_with_reduced_motion_the_first_frame_of_a_video_is_seen(sit: Sit, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", Recipe(), frames=5, width=320, height=180)

    async def story(seat: Seat) -> None:
        await seat.sit_down()
        preview = seat.page.preview
        preview.video._asked = True  # it is here
        preview.set_ground(Ground.VIDEO)
        preview.video.player.open(clip)
        await until(lambda: preview.stage.video is not None)
        assert preview.video.player.head is not None
        assert not preview.video.player.head.playing

    sit(story)
