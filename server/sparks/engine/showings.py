"""What there is to see of a spark on a screen: one film, three copies of it, or one that begins anew with
each of a combo, on black and on white.

Pictures are put over each other in the cells of the meter of flashes, not pixel by pixel, which would take
longer than to draw them. So that little is lost by that, a cell is not the mean of its pixels' colours: it is
what makes it as bright as they are, both on black and on white.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from server.sparks.engine.flash import GRID, Flashes, Light, Meter, Picture, light_of
from server.sparks.engine.giving import AGAIN_S, STAGGER_S

BLACK: Final = 0
WHITE: Final = 1
COPIES: Final = 3
AGAIN_FOR_S: Final = 1.4
"""So long a combo goes on: in a second of that its film has only been begun anew."""

_FINE: Final = 4096
"""Steps from black to white: 16 to each of a picture."""


def _to_linear() -> Light:
    level = np.arange(_FINE + 1, dtype=np.float64) / _FINE
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR: Final = _to_linear()


@dataclass(frozen=True)
class Cells:
    """A picture in the cells of the meter, `(h, w, 3)`, in sRGB from 0 to 1: its own light, and what it lets
    through of what is behind it."""

    light: Light
    kept: Light

    @classmethod
    def of(cls, frame: Picture) -> Cells:
        """Of a premultiplied RGBA picture, uint8 `(h, w, 4)`, nowhere lighter than it covers: so `tone.py`
        makes them. (Of others it lets through too little.)"""
        on_black = cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB)
        clear = cv2.bitwise_not(frame[..., 3])
        on_white = cv2.add(on_black, cv2.merge([clear, clear, clear]))
        light = _encoded(light_of(np.asarray(on_black, np.uint8)))
        white = _encoded(light_of(np.asarray(on_white, np.uint8)))
        return cls(light, np.maximum(white - light, 0))

    def over(self, behind: Light) -> Light:
        """As the screen does it: in sRGB, up to white."""
        return np.minimum(self.light + self.kept * behind, np.float32(1))


def _encoded(light: Light) -> Light:
    high = np.float32(1.055) * np.maximum(light, 0) ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(light <= 0.0031308, light * np.float32(12.92), high).astype(np.float32)


class Showing:
    """One way in which a spark is shown: takes its pictures as they come, and measures what is seen of it on
    each ground. Before the first and after the last there is the ground alone: from there it comes, and
    there it goes."""

    def __init__(self, fps: int) -> None:
        self._meters = (Meter(fps), Meter(fps))
        self._plain = tuple(np.full((*GRID[::-1], 3), ground, np.float32) for ground in (BLACK, WHITE))
        self._begun = False

    @property
    def flashes(self) -> tuple[Flashes, Flashes]:
        """On black and on white."""
        return self._meters[BLACK].flashes, self._meters[WHITE].flashes

    def see(self, cells: Cells) -> None:
        """The next picture of the film."""
        if not self._begun:
            self._begun = True
            self._show(())
        for layers in self._next(cells):
            self._show(layers)

    def leave(self) -> None:
        """The film is over."""
        if self._begun:
            for layers in self._last():
                self._show(layers)

    def _next(self, cells: Cells) -> Iterator[Sequence[Cells]]:
        """What lies over each other then, the hindmost first."""
        yield (cells,)

    def _last(self) -> Iterator[Sequence[Cells]]:
        yield ()

    def _show(self, layers: Sequence[Cells]) -> None:
        for meter, plain in zip(self._meters, self._plain, strict=True):
            made = plain
            for one in layers:
                made = one.over(made)
            meter.see(_LINEAR[np.rint(made * _FINE).astype(np.intp)])


class Copies(Showing):
    """Three of the same over each other, each `apart` s later than the one before."""

    def __init__(self, fps: int, apart: float = STAGGER_S) -> None:
        super().__init__(fps)
        self._late = [_pictures(apart, fps) * n for n in range(COPIES)]
        self._kept: deque[Cells | None] = deque(maxlen=self._late[-1] + 1)

    def _next(self, cells: Cells | None) -> Iterator[Sequence[Cells]]:
        self._kept.append(cells)
        seen = (self._kept[-1 - late] for late in self._late if late < len(self._kept))
        yield [one for one in seen if one is not None]

    def _last(self) -> Iterator[Sequence[Cells]]:
        for _ in range(self._late[-1] + 1):
            yield from self._next(None)


class Combo(Showing):
    """One that begins anew as fast as it may, again and again, and then goes to its end."""

    def __init__(self, fps: int, again: float = AGAIN_S) -> None:
        super().__init__(fps)
        self._lasts = _pictures(again, fps)
        self._times = math.ceil(AGAIN_FOR_S / again)
        self._first: list[Cells] = []
        self._ended = False
        """Whether the combo is; its last film is not."""

    def _next(self, cells: Cells) -> Iterator[Sequence[Cells]]:
        if self._ended:
            yield (cells,)
            return
        self._first.append(cells)
        if len(self._first) == self._lasts:
            yield from self._begin_anew()

    def _begin_anew(self) -> Iterator[Sequence[Cells]]:
        self._ended = True
        for _ in range(self._times):
            yield from ((one,) for one in self._first)
            yield from (() for _ in range(self._lasts - len(self._first)))
        yield from ((one,) for one in self._first)

    def _last(self) -> Iterator[Sequence[Cells]]:
        if not self._ended:  # a film that is over before it may begin anew
            yield from self._begin_anew()
        yield ()


def _pictures(seconds: float, fps: int) -> int:
    """As many as there are in that time, without a part of one: a little faster is harsher."""
    return math.floor(seconds * fps + 1e-9)
