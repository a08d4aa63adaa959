"""Flashes: whether pictures can harm people with photosensitive epilepsy (WCAG 2.3.1).

After the glossary of WCAG 2.2, "general flash and red flash thresholds", and "relative luminance"
(https://www.w3.org/TR/WCAG22/#dfn-general-flash-and-red-flash-thresholds; text as in w3c/wcag,
guidelines/terms/20/general-flash-and-red-flash-thresholds.html):

* a general flash is a pair of opposing changes of relative luminance by 10 % of the most there is, 0.1, where
  the darker of the two is below 0.80;
* a red flash is a pair of opposing transitions involving a saturated red, R / (R + G + B) >= 0.8 of linear
  light. How far a transition must go the glossary says twice: by more than 20 of (R - G - B) x 320, negative
  values as 0 (Harding and Binnie), or by more than 0.2 in the CIE 1976 chromaticity diagram (ISO 9241-391).
  Here either counts, whichever is found more often;
* what flashes at the same time may have 25 % of any field of 10 degrees, 341 x 256 pixels at 1024 x 768.

Harsher than that in two ways: a place that flashes at any time within a second counts as one that flashes at
the same time as others, and the stage is taken as 720 x 1280 of those pixels, 1 : 1, where a screen that is
768 high would show it smaller. Changes are measured in cells of 8 pixels (a quarter of a degree), in linear
light.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.kit.wire import Frozen
from server.sparks.engine.format.base import HEIGHT, WIDTH

MOST: Final = 2
"""Flashes in any second that a spark may have: one less than WCAG lets pass, since the video is behind it."""
CELL: Final = 8
FIELD: Final = (341, 256)
"""Pixels: 10 degrees."""
NEEDED: Final = 0.25 * FIELD[0] * FIELD[1] / CELL**2
"""Cells of a field that flash before it counts."""
GRID: Final = (WIDTH // CELL, HEIGHT // CELL)
"""Cells of the stage, across and down."""

Picture = NDArray[np.uint8]
Light = NDArray[np.float32]

_CHANGE: Final = 0.1
_BRIGHT: Final = 0.8
_SATURATED: Final = 0.8
_RED_CHANGE: Final = 20 / 320
_CHROMATIC_CHANGE: Final = 0.2
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
_FLARE: Final = 0.01
"""Of white, on every picture: what a screen in a room reflects (IEC 61966-2-1). Without it black would have
any colour, and the last bit of a dark pixel would be a saturated red."""
_TO_XYZ: Final = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
)


def _linear() -> Light:
    level = np.arange(256, dtype=np.float64) / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR: Final = _linear()


def light_of(frame: Picture, grid: tuple[int, int] = GRID) -> Light:
    """The linear light `(h, w, 3)` of the cells of a picture of the whole stage, or of a part of so many
    cells across and down: uint8 `(h, w, 3)`, RGB in sRGB."""
    cells = cv2.resize(cv2.LUT(frame, _LINEAR), grid, interpolation=cv2.INTER_AREA)
    return np.asarray(cells, np.float32)


def luminance(light: Light) -> Light:
    """Relative luminance `(h, w)` of linear light `(h, w, 3)`, 0 to 1: a general flash is a change of it."""
    return light @ _LUMINANCE


def redness(light: Light) -> Light:
    """R - G - B `(h, w)` of linear light, 0 to 1: a red flash is a change of it (Harding and Binnie)."""
    red, green, blue = light[..., 0], light[..., 1], light[..., 2]
    return (red - green - blue).clip(0)


class Region(Frozen):
    """A part of the stage in its logical pixels."""

    x: int
    y: int
    width: int
    height: int


class Flashes(Frozen):
    """The most flashes in any second: general and red; of the more frequent kind when that second ends, in s,
    and the field they are in. Both null where there is none."""

    general: int
    red: int
    at_s: float | None = None
    region: Region | None = None

    @property
    def worst(self) -> int:
        return max(self.general, self.red)


@dataclass
class _Swings:
    """Follows one measure of each cell between its peaks and valleys, and says where it turned far enough.

    `low` and `high` are the states at the last valley and the last peak so far, as vectors: by the first of
    their values is decided which is lower, by all of them how far they are apart.
    """

    low: Light
    high: Light
    direction: NDArray[np.int8]

    @classmethod
    def of(cls, state: Light) -> _Swings:
        return cls(state.copy(), state.copy(), np.zeros(state.shape[:2], np.int8))

    def turned(self, up: NDArray[Any], down: NDArray[Any], state: Light) -> NDArray[np.int8]:
        """+1 where the cell has gone up (it may: `up`), -1 where it has gone down, 0 elsewhere."""
        up = up & (self.direction <= 0)
        down = down & (self.direction >= 0) & ~up
        turns = up.astype(np.int8) - down.astype(np.int8)
        self.direction = np.where(turns != 0, turns, self.direction)
        first = state[..., 0]
        new = turns != 0
        np.copyto(self.low, state, where=(new | (first < self.low[..., 0]))[..., None])
        np.copyto(self.high, state, where=(new | (first > self.high[..., 0]))[..., None])
        return turns


class _Luminance:
    def __init__(self, light: Light) -> None:
        self._swings = _Swings.of(luminance(light)[..., None])

    def turns(self, light: Light) -> NDArray[np.int8]:
        state = luminance(light)[..., None]
        now, low, high = state[..., 0], self._swings.low[..., 0], self._swings.high[..., 0]
        up = (now - low >= _CHANGE) & (low < _BRIGHT)
        down = (high - now >= _CHANGE) & (now < _BRIGHT)
        return self._swings.turned(up, down, state)


class _Red:
    """Of the two definitions of a change that of Harding and Binnie, or that of ISO 9241-391."""

    def __init__(self, light: Light, *, chromatic: bool) -> None:
        self._chromatic = chromatic
        self._swings = _Swings.of(self._state(light))

    def _state(self, light: Light) -> Light:
        """By what goes up and down, saturation, and for the chromatic definition u' and v'."""
        red, green, blue = light[..., 0], light[..., 1], light[..., 2]
        share = red / (red + green + blue + np.float32(1e-6))
        if not self._chromatic:
            return np.stack([redness(light), share], axis=-1)
        seen = (light + np.float32(_FLARE)) @ _TO_XYZ.T
        under = seen @ np.array([1, 15, 3], np.float32)
        return np.stack([share, 4 * seen[..., 0] / under, 9 * seen[..., 1] / under], axis=-1)

    def turns(self, light: Light) -> NDArray[np.int8]:
        state = self._state(light)
        up = self._far(state, self._swings.low) & (state[..., 0] > self._swings.low[..., 0])
        down = self._far(state, self._swings.high) & (state[..., 0] < self._swings.high[..., 0])
        return self._swings.turned(up, down, state)

    def _far(self, one: Light, other: Light) -> NDArray[Any]:
        saturation = 0 if self._chromatic else 1
        red = np.maximum(one[..., saturation], other[..., saturation]) >= _SATURATED
        if self._chromatic:
            apart = np.hypot(one[..., 1] - other[..., 1], one[..., 2] - other[..., 2]) > _CHROMATIC_CHANGE
        else:
            apart = np.abs(one[..., 0] - other[..., 0]) > _RED_CHANGE
        return np.asarray(red & apart)


class _Count:
    """The turns of the last second, and the most flashes there ever were in one."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._turns: deque[NDArray[np.int8]] = deque()
        self._ups = np.zeros(GRID[::-1], np.int16)
        self._downs = np.zeros(GRID[::-1], np.int16)
        self.worst, self.frame = 0, 0
        self.corner = (0, 0)

    def add(self, turns: NDArray[np.int8], frame: int) -> None:
        self._turns.append(turns)
        self._ups += turns > 0
        self._downs += turns < 0
        if len(self._turns) > self._frames:
            old = self._turns.popleft()
            self._ups -= old > 0
            self._downs -= old < 0
        if not turns.any():
            return
        flashes = np.minimum(self._ups, self._downs)
        # Up and down alternate, so in each cell a pair is one of both.
        while self._find(flashes > self.worst):
            self.worst += 1
            self.frame = frame

    def _find(self, cells: NDArray[Any]) -> bool:
        """Whether so many cells of some field are among these that it counts; then where, is kept."""
        if np.count_nonzero(cells) < NEEDED:
            return False
        width, height = (side / CELL for side in FIELD)
        size = (round(width), round(height))
        found = cv2.boxFilter(
            cells.astype(np.float32), -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT
        )
        _, most, _, (x, y) = cv2.minMaxLoc(found)
        if most < NEEDED:
            return False
        self.corner = (x - size[0] // 2, y - size[1] // 2)
        return True

    def region(self) -> Region:
        left, top = (max(0, side) * CELL for side in self.corner)
        return Region(x=left, y=top, width=min(FIELD[0], WIDTH - left), height=min(FIELD[1], HEIGHT - top))


class Meter:
    """Counts the flashes of pictures as they come: `see` each, then ask for `flashes`. None need be kept."""

    def __init__(self, fps: int) -> None:
        self._fps = fps
        self._frame = -1
        self._measures: tuple[_Luminance | _Red, ...] = ()
        self._counts = tuple(_Count(fps) for _ in range(3))

    def see(self, light: Light) -> None:
        """The next picture, as `light_of` gives it."""
        self._frame += 1
        if not self._measures:
            self._measures = (_Luminance(light), _Red(light, chromatic=False), _Red(light, chromatic=True))
            return
        for measure, count in zip(self._measures, self._counts, strict=True):
            count.add(measure.turns(light), self._frame)

    @property
    def flashes(self) -> Flashes:
        general, *red = self._counts
        reddest = max(red, key=lambda one: one.worst)
        worst = max(general, reddest, key=lambda one: one.worst)
        return Flashes(
            general=general.worst,
            red=reddest.worst,
            at_s=round(worst.frame / self._fps, 3) if worst.worst else None,
            region=worst.region() if worst.worst else None,
        )


def worst(frames: Iterable[Picture], fps: int) -> Flashes:
    """The most flashes in any second of pictures uint8 `(h, w, 3)`, RGB in sRGB, of the whole stage."""
    meter = Meter(fps)
    for frame in frames:
        meter.see(light_of(frame))
    return meter.flashes
