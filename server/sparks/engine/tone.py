"""From light to a picture: a shoulder that keeps colours, hot cores that turn white, sRGB, and no bands.

All curves are tables over the brightest channel, so a picture of 360 x 640 takes about 2 ms.

A picture covers by its own light: `opacity` of the brightest channel. Blended so over a video, white light
is a screen, and coloured light tints: over white it is seen as colour, where light that only adds up would be
lost. The opacity is somewhat more than the light, so that around white light on white lies a soft dark rim:
without it nobody would see it. Over black this changes nothing at all.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.sparks.engine.buffers import Buffers
from server.sparks.engine.scene import Floats

BRIGHTEST: Final = 64.0
"""Where the tables end; then all is white."""
WHITE_FROM: Final = 1.5
OPACITY: Final = 0.78
"""Of the encoded light m the opacity is m to this power."""

_BAND: Final = 128
"""Rows that are mapped at a time: all that is made of them on the way stays in the processor's cache."""
_ENTRIES: Final = 65_536
_BAYER: Final = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.uint16)


def encoded(linear: Floats) -> Floats:
    """sRGB of linear light, both 0 to 1."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def linear(srgb: Floats) -> Floats:
    """Linear light of sRGB, both 0 to 1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((np.maximum(srgb, 0) + 0.055) / 1.055) ** 2.4)


def shoulder(brightest: Floats) -> Floats:
    """What a channel of so much light is shown as, 0 to 1, linear."""
    return 1 - np.exp(-brightest)


def whiteness(brightest: Floats) -> Floats:
    """How much of a colour so bright is white, 0 to 1."""
    return np.clip((brightest - WHITE_FROM) / 7, 0, 1) ** 0.9


def opacity(encoded_light: Floats) -> Floats:
    """How much light covers of what is behind, by its brightest channel in sRGB; both 0 to 1."""
    return np.maximum(encoded_light, 0) ** OPACITY


def _tables() -> tuple[Floats, NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]:
    # Over the square root of the brightest channel, as fine in the dark as eyes are.
    light = (np.arange(_ENTRIES) / (_ENTRIES - 1)) ** 2 * BRIGHTEST
    shown, white = shoulder(light), whiteness(light)
    light[0] = 1
    factor = (1 - white) * shown / light
    factor[0] = 1
    code = encoded(np.arange(_ENTRIES) / (_ENTRIES - 1)) * 255 * 256
    alpha = opacity(encoded(shown)) * 255 * 256
    return (
        factor.astype(np.float32)[None],
        np.round(white * shown * (_ENTRIES - 1)).astype(np.uint16)[None],
        np.round(code).astype(np.uint16)[None],
        np.round(alpha).astype(np.uint16)[None],
    )


_FACTOR, _WHITE, _CODE, _ALPHA = _tables()


class Tone:
    """Tone maps pictures of one size. Not to be shared by threads."""

    def __init__(self, width: int, height: int) -> None:
        tiled = np.tile(_BAYER * 16 + 8, (height // 4 + 1, width // 4 + 1))[:height, :width]
        self._dither = np.ascontiguousarray(tiled)
        self._buffers = Buffers()

    def map(
        self, light: Floats, cover: Floats | None = None, *, exposure: float = 1, scrim: float = 0
    ) -> NDArray[np.uint8]:
        """Premultiplied RGBA `(height, width, 4)` of linear light `(height, width, 3)`, `cover`
        `(height, width)` 0 to 1."""
        shown = np.empty((*light.shape[:2], 4), np.uint8)
        for top in range(0, light.shape[0], _BAND):
            rows = slice(top, top + _BAND)
            behind = None if cover is None else cover[rows]
            self._map(light[rows], behind, exposure, scrim, self._dither[rows], shown[rows])
        return shown

    def _map(
        self,
        light: Floats,
        cover: Floats | None,
        exposure: float,
        scrim: float,
        dither: NDArray[Any],
        out: NDArray[np.uint8],
    ) -> None:
        shape = light.shape[:2]
        planes = [self._float(f"channel {at}", shape) for at in range(3)]
        red, green, blue = cv2.split(light, mv=planes)
        brightest = cv2.max(red, green, dst=self._float("brightest", shape))
        cv2.max(brightest, blue, dst=brightest)
        hot = cv2.minMaxLoc(brightest)[1] * exposure > WHITE_FROM
        scale = (_ENTRIES - 1) * (exposure / BRIGHTEST) ** 0.5
        at = self._whole(cv2.sqrt(brightest, dst=brightest), scale, "at")
        factor = cv2.LUT(at, _FACTOR, dst=self._float("factor", shape))
        white = cv2.LUT(at, _WHITE, dst=self._short("white", shape)) if hot else None
        alpha = cv2.LUT(at, _ALPHA, dst=self._short("alpha", shape))
        if cover is not None:
            cv2.max(alpha, self._whole(cover, 255 * 256, "cover"), dst=alpha)
        if scrim > 0:
            cv2.addWeighted(alpha, 1 - scrim, alpha, 0, 255 * 256 * scrim, dst=alpha)
        cv2.add(alpha, dither, dst=alpha)
        covered = self._bytes(alpha, "covered")
        shown, channels = self._short("shown", shape), []
        for channel, one in enumerate((red, green, blue)):
            cv2.multiply(one, factor, dst=shown, scale=exposure * (_ENTRIES - 1), dtype=cv2.CV_16U)
            if white is not None:
                cv2.add(shown, white, dst=shown)
            coded = cv2.LUT(shown, _CODE, dst=self._short("coded", shape))
            cv2.add(coded, dither, dst=coded)
            # The roundings of two tables: no channel may be more than what the picture covers.
            bound = self._bytes(coded, f"shown {channel}")
            channels.append(cv2.min(bound, covered, dst=bound))
        cv2.merge([*channels, covered], dst=out)

    def _bytes(self, of: Floats, name: str) -> Floats:
        """The higher byte of each uint16: rounded down, after the dither has been added."""
        buffer = self._buffers.get(f"{name} in 8 bits, {len(of)} rows", of.shape, np.uint8)
        return cv2.convertScaleAbs(of, dst=buffer, alpha=1 / 256, beta=-0.5)

    def _whole(self, of: Floats, times: float, name: str) -> Floats:
        """Times so much, as the nearest uint16."""
        return cv2.addWeighted(of, times, of, 0, 0, dst=self._short(name, of.shape), dtype=cv2.CV_16U)

    def _float(self, name: str, shape: tuple[int, ...]) -> Floats:
        return self._buffers.get(f"{name}, {shape[0]} rows", shape)

    def _short(self, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        return self._buffers.get(f"{name} in 16 bits, {shape[0]} rows", shape, np.uint16)


def over(picture: NDArray[np.uint8], background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A premultiplied picture `(h, w, 4)` over RGB `(h, w, 3)`, blended in sRGB as Qt does it."""
    left = (255 - picture[..., 3:].astype(np.uint16)) * background
    return (picture[..., :3] + (left + 127) // 255).clip(0, 255).astype(np.uint8)
