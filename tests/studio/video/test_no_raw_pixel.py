"""No unblurred pixel before reveal: every paint of every picture is kept and looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from benchmarks.coded_clips import Recipe, write_clip
from studio.video.decoder import Picture, Request
from studio.video.panel import ReviewPlayer
from studio.video.player import Player
from studio.video.shield import OPEN, Shield
from studio.video.storyboard import STILLS, Storyboard
from studio.video.view import FrameView

CELL = 16


def red_and_green(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A checkerboard that walks by one pixel a frame; blurred, its colours mix to mud."""
    y, x = np.mgrid[0:height, 0:width]
    odd = ((x + number) // CELL + y // CELL) % 2 == 1
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[odd] = (255, 0, 0)
    rgb[~odd] = (0, 255, 0)
    return rgb


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two videos of raw red and green."""
    folder = tmp_path_factory.mktemp("raw")
    return [
        write_clip(folder / f"{n}.mp4", Recipe(gop=30), frames=90, width=320, height=180, draw=red_and_green)
        for n in range(2)
    ]


def is_raw(image: QImage) -> bool:
    """Whether pure red and pure green, which only the untreated video has, are on it."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    blue, green, red = (flat[:, :, channel].astype(int) for channel in range(3))
    reds = (red > 190) & (green < 70) & (blue < 70)
    greens = (green > 190) & (red < 70) & (blue < 70)
    return bool(reds.sum() > 200 and greens.sum() > 200)


class Recorder:
    """What the painted widgets put on screen, paint by paint."""

    def __init__(self) -> None:
        self.shots: list[tuple[str, QImage]] = []

    def record(self, widget: FrameView | Storyboard, paint: object) -> None:
        assert callable(paint)
        image = QImage(widget.size(), QImage.Format.Format_RGB32)
        image.fill(0)
        with QPainter(image) as painter:
            paint(widget, painter)
        self.shots.append((type(widget).__name__, image))

    def raw(self) -> list[str]:
        return [name for name, image in self.shots if is_raw(image)]


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Records every paint of the widgets that show video."""
    kept = Recorder()
    for kind in (FrameView, Storyboard):
        paint = kind.paint

        def painted(self: FrameView | Storyboard, painter: QPainter, paint: object = paint) -> None:
            assert callable(paint)
            kept.record(self, paint)
            paint(self, painter)

        monkeypatch.setattr(kind, "paint", painted)
    return kept


def load(qtbot: QtBot, panel: ReviewPlayer, path: Path) -> None:
    """Show the panel with a video in it, without text on the picture."""
    qtbot.addWidget(panel, before_close_func=ReviewPlayer.close_video)
    panel.resize(700, 560)
    panel.view.set_overlay(False)
    panel.show()
    panel.open(path)
    showing(qtbot, panel, 0)
    qtbot.waitUntil(lambda: len(panel.storyboard._stills) == STILLS, timeout=20_000)


def shift(qtbot: QtBot, clips: list[Path], panel: ReviewPlayer) -> None:
    """Load, seek, step, play a little, resize, blank and go on to the next item."""
    load(qtbot, panel, clips[0])
    player = panel.player
    for path in clips:
        panel.open(path)
        showing(qtbot, panel, 0)
        for frame in (70, 3, 45):
            player.seek(frame)
            showing(qtbot, panel, frame)
        player.step(-1)
        showing(qtbot, panel, 44)
        player.play_pause()
        qtbot.waitUntil(lambda: player.head is not None and player.head.frame >= 48)
        player.play_pause()
        panel.resize(panel.width() - 60, panel.height())
        player.toggle_grey()
        player.toggle_grey()
        player.set_blank(True)
        player.set_blank(False)
        assert player.head is not None
        showing(qtbot, panel, player.head.frame)
        qtbot.waitUntil(lambda: len(panel.storyboard._stills) == STILLS, timeout=20_000)
        panel.grab()


def showing(qtbot: QtBot, panel: ReviewPlayer, frame: int) -> None:
    """Wait until exactly this frame is on screen."""

    def there() -> bool:
        picture = panel.view.picture
        return picture is not None and picture.exact and picture.frame == frame

    qtbot.waitUntil(there, timeout=20_000)
    panel.view.repaint()


def test_nothing_raw_is_painted_before_reveal(qtbot: QtBot, clips: list[Path], recorder: Recorder) -> None:
    panel = ReviewPlayer()
    shift(qtbot, clips, panel)
    assert recorder.raw() == []
    assert sum(name == "FrameView" for name, _ in recorder.shots) > 20
    assert sum(name == "Storyboard" for name, _ in recorder.shots) > 2


def test_reveal_shows_raw_and_the_first_paint_after_release_does_not(
    qtbot: QtBot, clips: list[Path], recorder: Recorder
) -> None:
    panel = ReviewPlayer()
    load(qtbot, panel, clips[1])
    player = panel.player
    panel.player.reveal(True)
    qtbot.waitUntil(lambda: panel.view.picture is not None and panel.view.picture.shield == OPEN)
    panel.view.repaint()
    panel.storyboard.repaint()
    assert set(recorder.raw()) == {"FrameView", "Storyboard"}, "the test sees raw pixels"
    recorder.shots.clear()
    player.reveal(False)
    panel.grab()
    player.step(1)
    assert player.head is not None
    showing(qtbot, panel, player.head.frame)
    assert recorder.shots
    assert recorder.raw() == []


@pytest.mark.parametrize("how", ["blank", "next item", "hide", "raise the shield"])
def test_a_reveal_ends_with_whatever_ends_it(
    qtbot: QtBot, clips: list[Path], recorder: Recorder, how: str
) -> None:
    panel = ReviewPlayer()
    load(qtbot, panel, clips[1])
    player = panel.player
    if how == "raise the shield":
        player.toggle_blur()
    else:
        player.reveal(True)
    qtbot.waitUntil(lambda: panel.view.picture is not None and not panel.view.picture.shield.blur)
    recorder.shots.clear()
    match how:
        case "blank":
            player.set_blank(True)
            panel.grab()
            player.set_blank(False)
        case "next item":
            panel.open(clips[0])
            panel.grab()
        case "hide":
            panel.hide()
            panel.show()
        case _:
            player.toggle_blur()
    frame = player.head.frame if player.head is not None else 0
    showing(qtbot, panel, frame)
    panel.grab()
    assert not player.revealed
    assert recorder.shots
    assert recorder.raw() == []


class LatePlayer(Player):
    """The mistake to catch: each frame is first asked for raw, the shield follows one later."""

    def _request(self, *, show: bool = True) -> None:
        if self._decoder is not None and not self._blank and self._head is not None:
            self._decoder.request(Request(self._head.frame, self._fit, OPEN))
        else:
            super()._request(show=show)

    def _take(self, serial: int, result: object) -> None:
        super()._take(serial, result)  # type: ignore[arg-type]
        late = isinstance(result, Picture) and result.shield == OPEN
        if late and self._decoder is not None and self._head is not None:
            self._decoder.request(Request(self._head.frame, self._fit, self._shield))


class TrustingView(FrameView):
    """A view that paints whatever comes."""

    def show_picture(self, picture: Picture) -> bool:
        self._use(picture)
        self.repaint()
        return True


def test_a_blur_one_frame_late_is_caught(qtbot: QtBot, clips: list[Path], recorder: Recorder) -> None:
    panel = ReviewPlayer(player=LatePlayer(), view=TrustingView())
    shift(qtbot, clips, panel)
    assert "TrustingView" in recorder.raw()


def test_the_view_alone_stops_a_blur_one_frame_late(
    qtbot: QtBot, clips: list[Path], recorder: Recorder
) -> None:
    panel = ReviewPlayer(player=LatePlayer())
    shift(qtbot, clips, panel)
    assert recorder.raw() == []


class LingeringView(FrameView):
    """The other mistake: at release the raw picture stays until the next one comes."""

    def set_required(self, shield: Shield) -> None:
        self._required = shield
        self.repaint()


def test_a_reveal_that_lingers_is_caught(qtbot: QtBot, clips: list[Path], recorder: Recorder) -> None:
    panel = ReviewPlayer(view=LingeringView())
    load(qtbot, panel, clips[0])
    panel.player.reveal(True)
    qtbot.waitUntil(lambda: panel.view.picture is not None and panel.view.picture.shield == OPEN)
    recorder.shots.clear()
    panel.player.reveal(False)
    assert "LingeringView" in recorder.raw()
