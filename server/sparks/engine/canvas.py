"""What has been drawn of a picture so far, layer by layer: light that adds up, and what covers it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import cv2
import numpy as np

from server.sparks.engine.buffers import Buffers
from server.sparks.engine.format.layers import Blend
from server.sparks.engine.scene import Floats
from server.sparks.engine.splat import Glows, Pyramid
from server.sparks.engine.sprites import Laid

_STEP: Final = 64
"""Windows begin and end at multiples of so many px: they are used again, and no level of them jumps."""
_REACH: Final = 7
"""Radii from its middle to where nothing of a glow is seen."""
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

    def collapsed(
        self, glows: list[Glows], area: Area, *, channels: int = 3, keep: str = ""
    ) -> Floats | None:
        """The light of all in this area, `(h, w, channels)`, good until the next call for one as large with
        the same `keep`; None where there is none."""
        rows, columns = area
        size = (columns.stop - columns.start, rows.stop - rows.start)
        if not size[0] or not size[1]:
            return None
        pyramid = self._whole if self.is_whole(area) else self._window(size)
        x, y = np.float32(columns.start), np.float32(rows.start)
        if x or y:
            glows = [one._replace(x=one.x - x, y=one.y - y) for one in glows]
        return pyramid.collapse(pyramid.put(glows, channels=channels), channels=channels, keep=keep)

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
            reach = radius * np.float32(_REACH) + np.float32(4)
            # What is not a number is not drawn, and says nothing here.
            first = min(first, float(np.fmin.reduce(middle - reach, initial=np.float32(whole))))
            last = max(last, float(np.fmax.reduce(middle + reach, initial=np.float32(0))))
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
            elif light is not None:
                self._begin()
                seen = self.light[area]
                cv2.add(seen, light, dst=seen)
        self._begin()

    def _begin(self) -> None:
        """What was never drawn on is dark, which is not written before it has to be."""
        if self._dark:
            self.light[:] = 0
            self._dark = False

    def glow(self, glows: list[Glows], blend: Blend) -> None:
        """Soft light; where it covers, its density goes by the fourth channel."""
        if blend is Blend.ADD:
            self._waiting += glows
            return
        # Before it is collapsed: what waits would be written into the same memory.
        self.flush()
        area = self._windows.area(glows)
        if blend is Blend.SCREEN:
            light = self._windows.collapsed(glows, area)
            if light is not None:
                self.lay(Laid(area, light, None), blend)
            return
        thick = self._windows.collapsed(glows, area, channels=4)
        if thick is not None:
            density = cv2.extractChannel(thick, 3)
            left = cv2.exp(-density)
            share = (1 - left) / np.maximum(density, np.float32(1e-6))
            light = cv2.cvtColor(thick, cv2.COLOR_BGRA2BGR)
            self.lay(Laid(area, _times(light, share), left), blend)

    def lay(self, laid: Laid, blend: Blend) -> None:
        """A picture in front of what there is."""
        area, light, left = laid
        if blend is Blend.ADD:
            self._begin()
            seen = self.light[area]
            cv2.add(seen, light, dst=seen)
            return
        self.flush()
        seen = self.light[area]
        if blend is Blend.SCREEN:
            seen += light * np.clip(1 - seen, 0, 1)
        elif left is not None:
            cv2.add(_times(seen, left), light, dst=seen)
            if self.behind is None:
                self.behind = self._buffers.get("behind", self.light.shape[:2])
                self.behind[:] = 1
            behind = self.behind[area]
            cv2.multiply(behind, left, dst=behind)


def _times(light: Floats, much: Floats) -> Floats:
    """Each channel of `(h, w, 3)` times `(h, w)`, in place: numpy would take three times as long."""
    return cv2.multiply(light, cv2.merge([much, much, much]), dst=light)
