"""Bakes sparks: their pictures one after the other, the one that stands for them, and flipbooks of them."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.budget import Budget, Quality
from server.sparks.engine.flipbook import dump, pack, unpack
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.motion import RATE
from server.sparks.engine.renderer import Renderer
from server.sparks.engine.scene import Scene
from server.sparks.engine.simulation import Simulation
from server.sparks.engine.staging import Staging
from server.sparks.engine.tone import Tone
from server.sparks.engine.version import ENGINE

SIZE: Final = (360, 640)
THUMBNAIL: Final = (180, 320)
THUMBNAIL_FPS: Final = 15
PART: Final = 6
_LIVE: Final = 2
"""Steps of a picture at 60 Hz, which trails are drawn by whatever the film's rate: fewer would leave gaps."""
_FORGOTTEN: Final = 0.02

Picture = NDArray[np.uint8]
_Drawn = tuple[Picture, float]
"""A picture, and how much of what is behind it is darkened (`Scene.scrim`)."""


def frames(
    spark: Spark, seed: int, sender: str = "", *, fps: int = 30, size: tuple[int, int] = SIZE
) -> Iterator[Picture]:
    """All pictures of a spark at `fps` (a divisor of 120), premultiplied RGBA `(height, width, 4)`; the same
    each time, bit for bit. The first is after one picture's time."""
    for picture, _ in _played(spark, seed, sender, fps, size):
        yield picture


def hero(spark: Spark, seed: int, sender: str = "", *, size: tuple[int, int] = SIZE) -> Picture:
    """The one picture that stands for a spark where nothing may move."""
    return still(spark, seed, sender, spark.hero_at, size=size)


def still(spark: Spark, seed: int, sender: str, at: float, *, size: tuple[int, int] = SIZE) -> Picture:
    """The picture at `at` s, with what trails from before."""
    last = max(_LIVE, round(at * RATE) // _LIVE * _LIVE)
    trail = spark.stage.trail
    behind = math.ceil(math.log(_FORGOTTEN) / math.log(trail)) if trail > 0 else 0
    shown = _Projector(spark, seed, sender, size)
    for step in range(max(_LIVE, last - behind * _LIVE), last, _LIVE):
        shown.light(step)
    return shown.picture(last)[0]


def bake(spark: Spark, seed: int, sender: str = "", *, fps: int = 30, size: tuple[int, int] = SIZE) -> bytes:
    """The flipbook of a spark; see `flipbook`."""
    first, *others = (unpack(each) for each in parts(spark, seed, sender, fps=fps, size=size))
    return dump(first.followed_by(*others))


def parts(
    spark: Spark, seed: int, sender: str = "", *, fps: int = 30, size: tuple[int, int] = SIZE
) -> Iterator[bytes]:
    """The same as flipbooks of at most `PART` pictures, each as soon as it is made."""
    played, key = _played(spark, seed, sender, fps, size), key_of(spark, seed, sender)
    while some := list(islice(played, PART)):
        pictures, scrims = zip(*some, strict=True)
        yield pack(pictures, fps=fps, key=key, scrims=scrims)


def sketch(
    spark: Spark,
    seed: int,
    sender: str,
    budget: Budget,
    *,
    fps: int = 30,
    size: tuple[int, int] = SIZE,
    now: Callable[[], float] = time.perf_counter,
) -> Iterator[bytes]:
    """The same for somebody who waits: where this machine would not draw it as fast as it plays, the budget
    says what gives way. Unless it was lowered, these are the film's own pictures, bit for bit."""
    every, key = _every(fps), key_of(spark, seed, sender)
    shown = _Projector(spark, seed, sender, size)
    steps = _steps(spark, fps)
    drawn: _Drawn | None = None
    for first in range(0, len(steps), PART):
        began, made = now(), list[_Drawn]()
        shown.use(budget.quality)
        for number, step in enumerate(steps[first : first + PART]):
            if drawn is None or number % budget.quality.every == 0:
                drawn = shown.play(step - every, step)
            made.append(drawn)
        pictures, scrims = zip(*made, strict=True)
        part = pack(pictures, fps=fps, key=key, scrims=scrims)
        each_ms = (now() - began) * 1000 / len(made)
        for _ in made:
            budget.took(each_ms)
        yield part


def count_of(spark: Spark, fps: int) -> int:
    """How many pictures it has at `fps`."""
    return len(_steps(spark, fps))


def thumbnail(spark: Spark, seed: int, sender: str = "") -> bytes:
    """A small flipbook: 180 x 320 px at 15 fps."""
    return bake(spark, seed, sender, fps=THUMBNAIL_FPS, size=THUMBNAIL)


def key_of(spark: Spark, seed: int, sender: str) -> str:
    """64 hex digits, the same for all that would look the same: of the spark's content, seed, sender and the
    engine's version."""
    content = spark.model_dump(mode="json", by_alias=True)
    said = json.dumps([ENGINE, content, seed, sender], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _every(fps: int) -> int:
    """Steps from one picture to the next. Raises ValueError for a rate that divides no second of them."""
    if fps < 1 or RATE % fps:
        raise ValueError(f"{fps} fps is not a divisor of {RATE}")
    return RATE // fps


def _steps(spark: Spark, fps: int) -> range:
    """Those of its pictures."""
    every = _every(fps)
    return range(every, math.floor(spark.duration * RATE) + 1, every)


def _played(spark: Spark, seed: int, sender: str, fps: int, size: tuple[int, int]) -> Iterator[_Drawn]:
    every, shown = _every(fps), _Projector(spark, seed, sender, size)
    for step in _steps(spark, fps):
        yield shown.play(step - every, step)


class _Projector:
    """A spark's simulation, staging, renderer and tone map, in one thread of OpenCV."""

    def __init__(self, spark: Spark, seed: int, sender: str, size: tuple[int, int]) -> None:
        self._staging = Staging(Simulation(spark, seed, sender))
        self._trails = spark.stage.trail > 0
        self._size = size
        self._renderer, self._tone = Renderer(*size), Tone(*size)

    def use(self, quality: Quality) -> None:
        """Draw so from now on; pictures stay as large, what is drawn smaller is enlarged."""
        if quality != self._renderer.quality:
            width, height = (max(8, round(side * quality.size)) for side in self._size)
            with one_thread():
                self._renderer, self._tone = self._renderer.at(width, height, quality), Tone(width, height)

    def light(self, step: int) -> None:
        """Draw a picture that nobody sees, for what trails from it."""
        with one_thread():
            self._renderer.draw(self._scene(step))

    def play(self, since: int, step: int) -> _Drawn:
        """The picture at a step, with what trails from those after `since`."""
        if self._trails:
            for between in range(since + _LIVE, step, _LIVE):
                self.light(between)
        return self.picture(step)

    def picture(self, step: int) -> _Drawn:
        """The picture at a step, and how much of what is behind it is darkened."""
        with one_thread():
            scene = self._scene(step)
            light, cover = self._renderer.draw(scene)
            picture = self._tone.map(light, cover, exposure=scene.exposure, scrim=scene.scrim)
            if picture.shape[1::-1] != self._size:
                # Linear, and all channels alike: none comes to be more than what the picture covers.
                picture = np.asarray(cv2.resize(picture, self._size), np.uint8)
            return picture, scene.scrim

    def _scene(self, step: int) -> Scene:
        self._staging.simulation.advance_to(step)
        return self._staging.scene()


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV in one thread: with more, the order of sums and hence the last bit may differ."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
