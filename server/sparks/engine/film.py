"""Bakes sparks: their pictures one after the other, the one that stands for them, and flipbooks of them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.budget import FULL, Quality
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


def count_of(spark: Spark, fps: int) -> int:
    """How many pictures it has at `fps`."""
    return math.floor(spark.duration * RATE) // (RATE // fps)


def thumbnail(spark: Spark, seed: int, sender: str = "") -> bytes:
    """A small flipbook: 180 x 320 px at 15 fps."""
    return bake(spark, seed, sender, fps=THUMBNAIL_FPS, size=THUMBNAIL)


def key_of(spark: Spark, seed: int, sender: str) -> str:
    """64 hex digits, the same for all that would look the same: of the spark's content, seed, sender and the
    engine's version."""
    content = spark.model_dump(mode="json", by_alias=True)
    said = json.dumps([ENGINE, content, seed, sender], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _played(
    spark: Spark, seed: int, sender: str, fps: int, size: tuple[int, int]
) -> Iterator[tuple[Picture, float]]:
    if fps < 1 or RATE % fps:
        raise ValueError(f"{fps} fps is not a divisor of {RATE}")
    every = RATE // fps
    shown = _Projector(spark, seed, sender, size)
    for step in range(every, math.floor(spark.duration * RATE) + 1, every):
        if spark.stage.trail > 0:
            for between in range(step - every + _LIVE, step, _LIVE):
                shown.light(between)
        yield shown.picture(step)


class _Projector:
    """A spark's simulation, staging, renderer and tone map, in one thread of OpenCV."""

    def __init__(
        self, spark: Spark, seed: int, sender: str, size: tuple[int, int], quality: Quality = FULL
    ) -> None:
        self._staging = Staging(Simulation(spark, seed, sender))
        self._renderer, self._tone = Renderer(*size, quality=quality), Tone(*size)

    def light(self, step: int) -> None:
        """Draw a picture that nobody sees, for what trails from it."""
        with one_thread():
            self._renderer.draw(self._scene(step))

    def picture(self, step: int) -> tuple[Picture, float]:
        with one_thread():
            scene = self._scene(step)
            light, cover = self._renderer.draw(scene)
            return self._tone.map(light, cover, exposure=scene.exposure, scrim=scene.scrim), scene.scrim

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
