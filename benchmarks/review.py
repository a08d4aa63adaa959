"""The review player: exactness from pixels, and times from a request to its paint, beside mpv's."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from benchmarks.coded_clips import RECIPES, Recipe, read_number, write_clip
from benchmarks.mpv import Mpv
from studio.video.index import build_index, open_media, video_stream
from studio.video.player import Player
from studio.video.shield import OPEN, Shield
from studio.video.view import FrameView

_PATIENCE_S = 20.0


def run(scale: str, database: str) -> dict[str, Any]:
    """Measure; `database` is of no concern here."""
    full = scale == "full"
    app = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory(prefix="review-") as folder:
        clips = {}
        for name, recipe in RECIPES.items():
            _say(f"exactness: {name}")
            path = Path(folder) / f"{name}.{recipe.suffix}"
            write_clip(path, recipe, frames=240, width=480, height=270)
            clips[name] = _exactness(path, tries=200)
        _say("encoding 1080p, GOP 60")
        hd = write_clip(
            Path(folder) / "hd.mp4", Recipe(), frames=900 if full else 200, width=1920, height=1080
        )
        result: dict[str, Any] = {
            "scale": scale,
            "load_average": os.getloadavg()[0],
            "clips": clips,
        } | _times(hd, 60 if full else 10)
    app.processEvents()
    # Wall times mean little on a busy machine: the reader should know.
    return result | {"processors": os.cpu_count(), "load_average": os.getloadavg()[0]}


class Screen(FrameView):
    """A view that keeps when and what it painted."""

    def __init__(self) -> None:
        super().__init__()
        self.first: float | None = None
        self.exact: float | None = None
        self.wanted = -1
        self.shield = OPEN
        self.set_overlay(False)

    def expect(self, frame: int, shield: Shield) -> None:
        """Time the paints of this frame from now on."""
        self.first = self.exact = None
        self.wanted, self.shield = frame, shield

    def paint(self, painter: QPainter) -> None:
        super().paint(painter)
        picture, now = self.picture, time.perf_counter()
        if picture is None or picture.wanted != self.wanted or picture.shield != self.shield:
            return
        self.first = self.first or now
        if picture.exact:
            self.exact = self.exact or now


class Rig:
    """A player on a screen, driven synchronously."""

    def __init__(self, clip: Path, size: tuple[int, int], shield: Shield) -> None:
        self.screen = Screen()
        self.screen.resize(*size)
        self.player = Player()
        self.player.required_changed.connect(self.screen.set_required)
        self.player.set_shield(shield)
        self.screen.set_required(shield)
        self.player.opened.connect(lambda index: self.screen.set_video_size(index.width, index.height))
        self.player.picture.connect(self.screen.show_picture)
        self.screen.show()
        self.player.open(clip)
        _until(lambda: self.player.index is not None)
        self.player.set_fit(self.screen.fit())
        self.settle()

    def go(self, frame: int) -> tuple[float, float]:
        """Move there; milliseconds to the first paint of anything for it, and to the exact one."""
        assert self.player.head is not None
        self.screen.expect(frame, self.player.required)
        start = time.perf_counter()
        if abs(frame - self.player.head.frame) == 1:
            self.player.step(frame - self.player.head.frame)
        else:
            self.player.seek(frame)
        _until(lambda: self.screen.exact is not None)
        assert self.screen.first is not None
        assert self.screen.exact is not None
        return (self.screen.first - start) * 1000, (self.screen.exact - start) * 1000

    def reopen(self, clip: Path) -> float:
        """Open a video anew; milliseconds to its first picture on screen."""
        self.screen.say("")
        self.screen.expect(0, self.player.required)
        start = time.perf_counter()
        self.player.open(clip)
        _until(lambda: self.screen.exact is not None)
        assert self.screen.exact is not None
        return (self.screen.exact - start) * 1000

    def settle(self) -> None:
        """Wait until nothing is decoded any more."""
        _until(lambda: self.player.settled)
        QApplication.processEvents()

    def held(self, frame: int) -> bool:
        """Whether the frame is decoded already."""
        assert self.player.head is not None
        return any(first <= frame <= last for first, last in self.player.head.cached)

    def number_on_screen(self) -> int:
        """The frame number that can be read off what is painted."""
        image = self.screen.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        rows = np.frombuffer(image.constBits(), np.uint8)
        pixels = rows.reshape(image.height(), image.width(), 4)
        rect = self.screen.picture_rect()
        return read_number(pixels[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1])

    def close(self) -> None:
        """Let everything go."""
        self.player.close()
        self.screen.close()


def _exactness(clip: Path, tries: int) -> dict[str, int]:
    """Half random seeks, a quarter steps forward, a quarter back; each read off the screen."""
    rig = Rig(clip, (480, 270), OPEN)
    dice = random.Random(5)
    quarter = tries // 4
    wanted = [dice.randrange(240) for _ in range(tries - 2 * quarter)]
    wanted += [*range(100, 100 + quarter), *range(98 + quarter, 98, -1)]
    exact = 0
    for frame in wanted:
        if rig.player.head is not None and frame == rig.player.head.frame:
            rig.player.step(1 if frame == 0 else -1)
        rig.go(frame)
        exact += rig.number_on_screen() == frame
    rig.close()
    return {"tried": len(wanted), "exact": exact}


def _times(clip: Path, seeks: int) -> dict[str, Any]:
    """Each seek is made by plain PyAV, by the player and by mpv, one after the other."""
    table = build_index(clip).table
    dice = random.Random(9)
    first_paint, exact, raw, peer = [], [], [], []
    rig = Rig(clip, (1280, 720), Shield())
    opening = [rig.reopen(clip) for _ in range(seeks)]
    mpv = Mpv(clip) if Mpv.installed() else None
    for number in range(seeks):
        _say(f"seek {number + 1} of {seeks}")
        rig.settle()
        frame = next(f for f in iter(lambda: dice.randrange(len(table)), None) if not rig.held(f))
        raw.append(_raw_decode_ms(clip, frame))
        first, whole = rig.go(frame)
        first_paint.append(first)
        exact.append(whole)
        rig.settle()
        if mpv is not None:
            peer.append(mpv.seek_ms(table.seconds_of(frame) + 0.001))
    _say("steps")
    blurred = _steps(rig)
    rig.player.set_shield(OPEN)
    rig.settle()
    opened = _steps(rig)
    start = len(table) - 60
    rig.go(start)
    back = [rig.go(frame)[1] for frame in range(start - 1, start - 31, -1)]
    rig.close()
    result = {
        "step_cached_p95_ms": _p95(opened),
        "step_cached_blurred_p95_ms": _p95(blurred),
        "step_back_after_seek_p95_ms": _p95(back),
        "open_to_picture_p95_ms": _p95(opening),
        "first_paint_p95_ms": _p95(first_paint),
        "seek_p50_ms": _p50(exact),
        "seek_p95_ms": _p95(exact),
        "raw_decode_p50_ms": _p50(raw),
        "raw_decode_p95_ms": _p95(raw),
        "seek_to_raw_ratio": _round(sum(exact) / sum(raw)),
        "mpv_output": "--vo=null, as many decoder threads as ours: no conversion, no paint",
        "mpv_seek_p50_ms": None,
        "mpv_seek_p95_ms": None,
        "mpv_step_back_p95_ms": None,
    }
    if mpv is not None:
        with mpv:
            mpv.seek_ms(table.seconds_of(start) + 0.001)
            stepped = [mpv.step_back_ms() for _ in range(30)]
            result["mpv_steps_back_arrived"] = start - table.at_ms(mpv.position_s() * 1000 + 1)
        result["mpv_seek_p50_ms"], result["mpv_seek_p95_ms"] = _p50(peer), _p95(peer)
        result["mpv_step_back_p95_ms"] = _p95(stepped)
    return result


def _steps(rig: Rig) -> list[float]:
    """Steps inside the cache, there and back."""
    assert rig.player.head is not None
    middle = rig.player.head.count // 2
    rig.go(middle)
    rig.settle()
    reach = 0
    while reach < 25 and rig.held(middle + reach + 1) and rig.held(middle - reach - 1):
        reach += 1
    path = [*range(middle + 1, middle + reach), *range(middle + reach - 2, middle - reach, -1)]
    return [rig.go(frame)[1] for frame in path]


def _raw_decode_ms(clip: Path, frame: int) -> float:
    """Plain PyAV from the keyframe to the frame, nothing converted, nothing shown."""
    table = build_index(clip).table
    with open_media(clip) as container:
        stream = video_stream(container)
        next(container.decode(stream))
        start = time.perf_counter()
        key = table.pts[table.keyframe_before(frame)]
        container.seek(key, stream=stream, backward=True)
        for picture in container.decode(stream):
            if picture.pts == table.pts[frame]:
                break
        return (time.perf_counter() - start) * 1000


def _until(done: Callable[[], bool]) -> None:
    """Run the event loop as an application does: asleep until something comes."""
    deadline = time.monotonic() + _PATIENCE_S
    wake = QTimer(interval=20)  # not everything waited for sends an event
    wake.start()
    while not done():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.monotonic() > deadline:
            raise TimeoutError("the player did not get there")


def _p50(values: Sequence[float]) -> float:
    return _round(np.percentile(values, 50))


def _p95(values: Sequence[float]) -> float:
    return _round(np.percentile(values, 95))


def _round(value: float | np.floating[Any]) -> float:
    return round(float(value), 2)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
