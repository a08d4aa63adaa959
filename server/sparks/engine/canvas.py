"""What has been drawn of a picture so far, layer by layer: light that adds up, and what covers it."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Final

import cv2
import numpy as np

from server.sparks.engine.buffers import Buffers
from server.sparks.engine.format.layers import Blend
from server.sparks.engine.scene import Floats
from server.sparks.engine.splat import Glows, Pyramid
from server.sparks.engine.sprites import Laid, Spots

_STEP: Final = 64
"""Windows begin and end at multiples of so many px: they are used again, and no level of them jumps."""
_REACH: Final = 7
"""Radii from its middle to where nothing of a glow is seen."""
_COARSE: Final = 3
"""Halvings of a picture at most in which soft things that cover are worked out."""
_THIN: Final = np.float32(1e-6)
_KEPT: Final = 12
"""Windows of different sizes whose memory is kept, besides that of the whole picture."""

Area = tuple[slice, slice]
"""Rows and columns."""


class Windows:
    """Pyramids of the whole picture of `width` x `height` px, and of parts of it as large as need be."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._whole = Pyramid(width, height)
        self._kept: OrderedDict[tuple[int, int], Pyramid] = OrderedDict()

    def area(self, glows: list[Glows]) -> Area:
        """The part that any of it can be seen in; of no size where that is outside the picture."""
        rows = _extent([(one.y, one.radius) for one in glows], self.height)
        return rows, _extent([(one.x, one.radius) for one in glows], self.width)

    def is_whole(self, area: Area) -> bool:
        """Whether it is all of the picture."""
        return area == (slice(0, self.height), slice(0, self.width))

    def collapsed(self, glows: list[Glows], area: Area, *, keep: str = "") -> Floats | None:
        """The light of all in this area, `(h, w, 3)`, good until the next call for one as large with
        the same `keep`; None where there is none."""
        pyramid, glows = self._of(glows, area)
        return None if pyramid is None else pyramid.collapse(pyramid.put(glows), keep=keep)

    def thick(self, glows: list[Glows], area: Area) -> Laid | None:
        """What covers by its density, the fourth channel of its light; None where there is none."""
        pyramid, glows = self._of(glows, area)
        if pyramid is None:
            return None
        levels = pyramid.put(glows, channels=4)
        # What is large and soft is as smooth (to 1 in 100) if its last doublings are one, and costs a tenth.
        finest = next((at for at, level in enumerate(levels) if level is not None), 0)
        upto = min(max(finest - 2, 0), _COARSE)
        thick = pyramid.collapse(levels, channels=4, upto=upto)
        if thick is None:
            return None
        density = cv2.extractChannel(thick, 3)
        left = cv2.exp(-density)
        light = _times(cv2.cvtColor(thick, cv2.COLOR_BGRA2BGR), (1 - left) / np.maximum(density, _THIN))
        light, left = (pyramid.enlarged(one, upto) for one in (light, left))
        return Laid(area, light, left)

    def _of(self, glows: list[Glows], area: Area) -> tuple[Pyramid | None, list[Glows]]:
        """The pyramid of an area, and the glows where they are in it."""
        rows, columns = area
        size = (columns.stop - columns.start, rows.stop - rows.start)
        if not size[0] or not size[1]:
            return None, []
        x, y = np.float32(columns.start), np.float32(rows.start)
        if x or y:
            glows = [one._replace(x=one.x - x, y=one.y - y) for one in glows]
        return self._whole if self.is_whole(area) else self._window(size), glows

    def _window(self, size: tuple[int, int]) -> Pyramid:
        pyramid = self._kept.pop(size, None) or Pyramid(*size)
        self._kept[size] = pyramid
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return pyramid


def _extent(spans: list[tuple[Floats, Floats]], whole: int) -> slice:
    first, last = float(whole), 0.0
    for middle, radius in spans:
        if middle.size:
            reach = float(radius.max()) * _REACH + 4
            low, high = float(middle.min()), float(middle.max())
            if not math.isfinite(low + high + reach):
                # What is not a number is not drawn: that may be anywhere.
                return slice(0, whole)
            first, last = min(first, low - reach), max(last, high + reach)
    begin = int(max(first, 0) // _STEP * _STEP)
    end = int(min(-(-min(last, whole) // _STEP) * _STEP, whole))
    return slice(begin, end) if begin < end else slice(0, 0)


class Canvas:
    """Light that adds up waits until something else comes, for it has no order and one collapse of the
    pyramid does for all of it."""

    def __init__(self, windows: Windows, buffers: Buffers) -> None:
        self._windows, self._buffers = windows, buffers
        self._waiting: list[Glows] = []
        self._dark = True
        self.light = buffers.get("light", (windows.height, windows.width, 3))
        """Linear, `(height, width, 3)`; anything before the first `flush`."""
        self.behind: Floats | None = None
        """How much is seen of what is behind, None where all is."""

    def flush(self) -> None:
        """Add what waits."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            area = self._windows.area(waiting)
            light = self._windows.collapsed(waiting, area, keep="canvas" if self._dark else "")
            if light is not None and self._dark and self._windows.is_whole(area):
                self.light, self._dark = light, False
            elif light is not None and self._dark:
                self._lay_first(area, light)
            elif light is not None:
                seen = self.light[area]
                cv2.add(seen, light, dst=seen)
        self._begin()

    def _begin(self) -> None:
        """What was never drawn on is dark, which is not written before it has to be."""
        if self._dark:
            self.light[:] = 0
            self._dark = False

    def _lay_first(self, area: Area, light: Floats) -> None:
        """Light in the dark: only what is around it is darkened."""
        rows, columns = area
        self.light[: rows.start] = 0
        self.light[rows.stop :] = 0
        self.light[rows, : columns.start] = 0
        self.light[rows, columns.stop :] = 0
        self.light[area] = light
        self._dark = False

    def glow(self, glows: list[Glows], blend: Blend) -> None:
        """Soft light; where it covers, its density goes by the fourth channel."""
        if blend is Blend.ADD:
            self._waiting += glows
            return
        if self._waiting:
            # Before it is collapsed: what waits would be written into the same memory.
            self.flush()
        area = self._windows.area(glows)
        if blend is Blend.SCREEN:
            light = self._windows.collapsed(glows, area)
            if light is not None:
                self.lay(Laid(area, light, None), blend)
            return
        laid = self._windows.thick(glows, area)
        if laid is not None:
            self.lay(laid, blend)

    def lay(self, laid: Laid, blend: Blend) -> None:
        """A picture in front of what there is."""
        area, light, left = laid
        if blend is not Blend.ADD and self._waiting:
            self.flush()
        seen = self.light[area]
        if self._dark:
            self._lay_first(area, light)
        elif blend is Blend.ADD:
            cv2.add(seen, light, dst=seen)
        elif blend is Blend.SCREEN:
            seen += light * np.clip(1 - seen, 0, 1)
        elif left is not None:
            cv2.add(_times(seen, left), light, dst=seen)
        if left is not None:
            behind = self._hidden()[area]
            cv2.multiply(behind, left, dst=behind)

    def spot(self, of: Spots) -> None:
        """Some pixels in front of what there is."""
        self.flush()
        if not self.light.flags.c_contiguous:
            whole = self._buffers.get("light", self.light.shape)
            whole[:] = self.light
            self.light = whole
        flat = self.light.reshape(-1, 3)
        seen = flat.take(of.pixel, axis=0)
        seen *= of.left[:, None]
        seen += of.light
        flat[of.pixel] = seen
        self._hidden().reshape(-1)[of.pixel] *= of.left

    def _hidden(self) -> Floats:
        if self.behind is None:
            self.behind = self._buffers.get("behind", self.light.shape[:2])
            self.behind[:] = 1
        return self.behind


def _times(light: Floats, much: Floats) -> Floats:
    """Each channel of `(h, w, 3)` times `(h, w)`, in place: numpy would take three times as long."""
    return cv2.multiply(light, cv2.merge([much, much, much]), dst=light)
