"""The still of a video is chosen by keys or the mouse, kept as it is typed, and shown once it is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PySide6.QtCore import QBuffer, QIODevice, QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.coded_clips import Recipe, write_clip
from server.content.rules import DerivativeKind, VideoState
from studio.offline.upload import upload_of
from studio.tabs.content import stills
from studio.tabs.content.still_strip import StillStrip
from studio.tabs.content.tab import ContentTab
from studio.video.storyboard import Preview
from tests.studio.tabs.content.content_server import ME, STILLS_MS, ContentServer, file, video
from tests.studio.tabs.content.screen import FIRST, opened
from tests.studio.tabs.office import Office, body, play, problem, until, words

LEVELS = [40 * n + 20 for n in range(len(STILLS_MS))]


def jpeg(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, "JPEG", 95)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def sheet() -> bytes:
    """Two rows of three stills, each of one grey."""
    image = QImage(120, 60, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        for n, level in enumerate(LEVELS):
            painter.fillRect(n % 3 * 40, n // 3 * 30, 40, 30, QColor(level, level, level))
    return jpeg(image)


def plain(level: int) -> bytes:
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(QColor(level, 0, 0))
    return jpeg(image)


@pytest.fixture
def server() -> ContentServer:
    """Its first video has a poster and a storyboard."""
    server = ContentServer()
    server.sheet = sheet()
    server.put(video(0, derivatives=[DerivativeKind.POSTER, DerivativeKind.STORYBOARD]))
    server.before["GET poster"] = [httpx.Response(200, content=plain(90))]
    return server


async def at_the_strip(office: Office) -> tuple[ContentTab, StillStrip]:
    """The tab with the stills of its first video there."""
    tab = await opened(office)
    strip = tab.page.pane.form.strip
    await until(lambda: strip.isVisible() and tab.page.posters.get(tab.page.pane.video))  # type: ignore[arg-type]
    tab.activateWindow()
    strip.setFocus()
    return tab, strip


def shown(tab: ContentTab) -> int:
    """How bright the large still is; red says that it is the poster."""
    still = tab.page.pane._still._still
    assert still is not None
    return still.toImage().pixelColor(5, 5).red()


def test_keys_choose_and_saving_sends_it_alone(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def story(office: Office) -> None:
        tab, strip = await at_the_strip(office)
        assert strip.choice is None
        assert abs(shown(tab) - 90) < 5
        assert "Chosen automatically" in words(tab.page.pane)
        for _ in range(3):
            QTest.keyClick(strip, Qt.Key.Key_Right)
        assert strip.choice == STILLS_MS[2]
        assert abs(shown(tab) - LEVELS[2]) < 5
        assert "From 0:20.0, in colour once it is saved" in words(tab.page.pane)
        for key, at in (("End", 5), ("Right", 5), ("Left", 4), ("PageUp", None), ("Home", None)):
            QTest.keyClick(strip, getattr(Qt.Key, f"Key_{key}"))
            assert strip.choice == (None if at is None else STILLS_MS[at])
        assert not tab.page.pane.save_button.isEnabled()
        QTest.keyClick(strip, Qt.Key.Key_Right)
        QTest.keyClick(strip, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        await office.settle()
        (sent,) = server.asked("PATCH")
        assert body(sent) == {"poster_at_ms": 0}
        assert "Its new still is being made." in words(tab.page.pane)
        assert abs(shown(tab) - LEVELS[0]) < 5

    play(qapp, tmp_path, server, story, me=ME)


def test_the_new_still_is_shown_everywhere_once_it_is_made(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def story(office: Office) -> None:
        tab, _ = await at_the_strip(office)
        made = server.find(FIRST).model_copy(update={"poster_at_ms": 20_000, "version": 4})
        server.before["GET poster"] = [httpx.Response(200, content=plain(200))]
        server.put(made)
        tab.page.expect()
        tab.page.later.stop()
        await until(lambda: abs(shown(tab) - 200) < 5)
        listed = tab.page.posters.get(made)
        assert listed is not None
        assert abs(listed.toImage().pixelColor(5, 5).red() - 200) < 5
        assert len(server.asked("GET", "poster")) == 2
        assert tab.page.pane.form.strip.choice == 20_000

    play(qapp, tmp_path, server, story, me=ME)


def test_the_still_before_stays_while_the_new_one_cannot_be_had(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def story(office: Office) -> None:
        tab, _ = await at_the_strip(office)
        made = server.find(FIRST).model_copy(update={"poster_at_ms": 20_000, "version": 4})
        server.before["GET poster"] = [httpx.ConnectError("down")] * 4
        tab.page.pane.take(made)
        await office.settle()
        assert server.before["GET poster"] == []
        server.before["GET poster"] = [httpx.Response(200, content=plain(200))]
        assert abs(shown(tab) - 90) < 5
        assert tab.page.posters.get(made) is not None
        await until(lambda: abs(shown(tab) - 200) < 5)

    play(qapp, tmp_path, server, story, me=ME)


def test_a_click_chooses_and_the_first_cell_goes_back(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    server.put(server.find(FIRST).model_copy(update={"poster_at_ms": 31_000}))

    async def story(office: Office) -> None:
        tab, strip = await at_the_strip(office)
        assert (strip.choice, strip._at()) == (31_000, 4)
        left = Qt.MouseButton.LeftButton
        strip._scroll(0)
        QTest.mouseClick(strip, Qt.MouseButton.RightButton, pos=strip._cell(2).center())
        assert strip.choice == 31_000
        QTest.mouseClick(strip, left, pos=strip._cell(2).center())
        assert strip.choice == STILLS_MS[1]
        strip._scroll(0)
        QTest.mouseClick(strip, left, pos=QPoint(5, 5))
        assert strip.choice is None
        tab.page.pane.save()
        await office.settle()
        assert body(server.asked("PATCH")[-1]) == {"poster_automatic": True}
        assert server.find(FIRST).poster_at_ms is None

    play(qapp, tmp_path, server, story, me=ME)


def test_a_choice_is_kept_over_a_restart_and_laid_over_what_came_meanwhile(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    async def first(office: Office) -> None:
        tab, strip = await at_the_strip(office)
        QTest.keyClick(strip, Qt.Key.Key_Right)
        await tab.page.pane.keeping.finish()

    async def second(office: Office) -> None:
        server.put(server.find(FIRST).model_copy(update={"poster_at_ms": 50_000, "version": 5}))
        tab, strip = await at_the_strip(office)
        assert strip.choice == 0
        told = words(tab.page.pane.conflict)
        assert "Still" in told
        assert "from 0:50.0" in told
        tab.page.pane.discard()
        assert strip.choice == 50_000

    play(qapp, tmp_path, server, first, me=ME)
    server.before["GET poster"] = [httpx.Response(200, content=plain(90))]
    play(qapp, tmp_path, server, second, me=ME)


@pytest.mark.parametrize("answer", [problem(404, "not_made"), httpx.Response(200, content=b"no picture")])
def test_without_stills_there_is_no_choice(
    qapp: QApplication, tmp_path: Path, server: ContentServer, answer: httpx.Response
) -> None:
    server.before["GET storyboard"] = [answer]

    async def story(office: Office) -> None:
        tab = await opened(office)
        await office.settle()
        assert not tab.page.pane.form.strip.isVisible()
        assert office.told() == ""

    play(qapp, tmp_path, server, story, me=ME)


def test_a_file_on_its_way_shows_stills_of_its_own(
    qapp: QApplication, tmp_path: Path, server: ContentServer
) -> None:
    path = write_clip(tmp_path / "clip.mp4", Recipe(gop=10), frames=60, width=160, height=90)

    async def story(office: Office) -> None:
        tab = await opened(office)
        upload = upload_of(path)
        server.before["PATCH file"] = [httpx.ConnectError("down")]
        await office.context.uploads.add([upload])
        await until(lambda: server.asked("PATCH", "file"))
        office.context.uploads.pause(upload.id)
        tab.page.open_video(upload.id)
        await until(lambda: tab.page.pane.video is not None and tab.page.pane.video.id == upload.id)
        strip = tab.page.pane.form.strip
        await until(strip.isVisible)
        assert strip._at() == 0
        QTest.keyClick(strip, Qt.Key.Key_End)
        assert strip.choice is not None
        assert 1_000 <= strip.choice < 2_000
        assert tab.page.pane._still.isVisible()
        tab.page.pane.save()
        await office.settle()
        found = server.find(upload.id)
        assert (found.state, found.poster_at_ms) == (VideoState.UPLOADING, strip.choice)

    play(qapp, tmp_path, server, story, me=ME)


def test_an_unreadable_file_is_looked_through_once_and_its_storyboard_is_asked_for(
    qapp: QApplication, tmp_path: Path, server: ContentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Path] = []
    really = stills._of_file

    def count(path: Path) -> tuple[Preview, ...]:
        decoded.append(path)
        return really(path)

    monkeypatch.setattr(stills, "_of_file", count)

    async def story(office: Office) -> None:
        made = [upload_of(file(tmp_path, name)) for name in ("one.mov", "two.mov", "three.mov")]
        await office.context.uploads.add(replace(each, paused=True) for each in made)
        on_its_way = {"state": VideoState.UPLOADING, "derivatives": []}
        one, two, three = (video(0, id=each.id, **on_its_way) for each in made)
        found = stills.Stills(office.context, qapp)
        for each in (one, two, three):  # the others are not shown any more when it is their turn
            assert found.get(each) == ()
        await office.settle()
        for _ in range(3):  # as for every part that arrives
            assert found.get(three) == ()
            await office.settle()
        assert decoded == [made[2].path]
        there = [DerivativeKind.STORYBOARD]
        ready = three.model_copy(update={"state": VideoState.READY, "derivatives": there})
        server.videos.append(ready)
        assert found.get(ready) == ()
        await office.settle()
        assert len(found.get(ready)) == len(STILLS_MS)

    play(qapp, tmp_path, server, story, me=ME)
