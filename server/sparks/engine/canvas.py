"""What has been drawn of a picture so far, layer by layer: light that adds up, and what covers it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from server.sparks.engine.buffers import Buffers
from server.sparks.engine.format.layers import Blend
from server.sparks.engine.scene import Floats
from server.sparks.engine.splat import Glows, Pyramid
from server.sparks.engine.sprites import Laid

_STRIP: Final = 64
"""Windows begin and end at multiples of so many rows: they are used again, and no level of them jumps."""
_REACH: Final = 7
"""Radii from its middle to where nothing of a glow is seen."""
_MOST: Final = 0.75
"""Of the height, from which on a window is no gain."""


class Windows:
    """Pyramids of the whole picture of `width` x `height` px, and of strips of it as high as need be."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._kept: dict[int, Pyramid] = {}

    def rows(self, glows: list[Glows]) -> slice:
        """Those that any of it can be seen in; none where that is outside the picture."""
        top, bottom = float(self.height), 0.0
        for one in glows:
            if one.y.size:
                reach = one.radius * np.float32(_REACH) + np.float32(4)
                # What is not a number is not drawn, and says nothing here.
                top = min(top, float(np.fmin.reduce(one.y - reach, initial=np.float32(self.height))))
                bottom = max(bottom, float(np.fmax.reduce(one.y + reach, initial=np.float32(0))))
        first = int(max(top, 0) // _STRIP * _STRIP)
        last = int(min(-(-min(bottom, self.height) // _STRIP) * _STRIP, self.height))
        if last <= first:
            return slice(0, 0)
        return slice(0, self.height) if last - first > _MOST * self.height else slice(first, last)

    def collapsed(
        self, glows: list[Glows], rows: slice, *, channels: int = 3, keep: str = ""
    ) -> Floats | None:
        """The light of all in these rows, `(rows, width, channels)`, good until the next call for as many
        rows with the same `keep`; None where there is none."""
        tall = rows.stop - rows.start
        if not tall:
            return None
        pyramid = self._kept.get(tall)
        if pyramid is None:
            pyramid = self._kept[tall] = Pyramid(self.width, tall)
        if rows.start:
            glows = [one._replace(y=one.y - np.float32(rows.start)) for one in glows]
        return pyramid.collapse(pyramid.put(glows, channels=channels), channels=channels, keep=keep)


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
            rows = self._windows.rows(waiting)
            is_whole = rows == slice(0, self._windows.height)
            light = self._windows.collapsed(waiting, rows, keep="canvas" if self._dark else "")
            if light is not None and self._dark and is_whole:
                self.light, self._dark = light, False
            elif light is not None:
                self._begin()
                seen = self.light[rows]
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
        rows = self._windows.rows(glows)
        if blend is Blend.SCREEN:
            light = self._windows.collapsed(glows, rows)
            if light is not None:
                self.lay(Laid(rows, light, None), blend)
            return
        thick = self._windows.collapsed(glows, rows, channels=4)
        if thick is not None:
            density = thick[..., 3]
            cover = 1 - np.exp(-density)
            light = thick[..., :3] * (cover / np.maximum(density, 1e-6))[..., None]
            self.lay(Laid(rows, light, 1 - cover), blend)

    def lay(self, laid: Laid, blend: Blend) -> None:
        """A picture in front of what there is."""
        rows, light, left = laid
        if blend is Blend.ADD:
            self._begin()
            seen = self.light[rows]
            cv2.add(seen, light, dst=seen)
            return
        self.flush()
        seen = self.light[rows]
        if blend is Blend.SCREEN:
            seen += light * np.clip(1 - seen, 0, 1)
        elif left is not None:
            seen *= left[..., None]
            cv2.add(seen, light, dst=seen)
            if self.behind is None:
                self.behind = self._buffers.get("behind", self.light.shape[:2])
                self.behind[:] = 1
            self.behind[rows] *= left
