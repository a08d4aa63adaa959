"""What every scene draws with: colours in BGR, gradients, rounded boxes, text."""

from __future__ import annotations

import threading
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
Point = tuple[float, float]
Scene = Callable[[float], Picture]
"""A scene draws the picture of the moment `t` in seconds: (height, width, 3) of uint8 in BGR."""

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
INK: Colour = (46, 30, 24)
_SHIFT = 4
_fonts = threading.local()


def rgb(code: str) -> Colour:
    """The colour of a hexadecimal RGB code such as "ff8800"."""
    return int(code[4:6], 16), int(code[2:4], 16), int(code[0:2], 16)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` (0..1) of `b` in it."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def gradient(width: int, height: int, *stops: Colour) -> Picture:
    """A vertical gradient through the colours `stops`, top first, dithered against banding."""
    places = np.linspace(0, 1, len(stops))
    rows = np.linspace(0, 1, height)
    channels = [np.interp(rows, places, [stop[c] for stop in stops]) for c in range(3)]
    column = np.stack(channels, axis=-1)[:, None, :]
    noise = np.random.default_rng(5).uniform(-0.7, 0.7, (height, width, 1))
    return np.clip(column + noise, 0, 255).astype(np.uint8)


def fixed(*points: Point) -> NDArray[np.int32]:
    """Points in sub-pixel fixed point, as the drawing calls with `shift` take them."""
    return np.round(np.array(points, np.float64) * (1 << _SHIFT)).astype(np.int32)


def polygon(picture: Picture, points: NDArray[np.int32], colour: Colour) -> None:
    """Fill a polygon given by `fixed` points."""
    cv2.fillPoly(picture, [points], colour, cv2.LINE_AA, _SHIFT)


def disc(picture: Picture, centre: Point, radius: float, colour: Colour) -> None:
    """Fill a circle."""
    x, y = fixed(centre)[0].tolist()
    cv2.circle(picture, (x, y), round(radius * (1 << _SHIFT)), colour, -1, cv2.LINE_AA, _SHIFT)


def stroke(picture: Picture, a: Point, b: Point, colour: Colour, width: float) -> None:
    """Draw a line with round ends."""
    start, end = fixed(a, b).tolist()
    cv2.line(picture, start, end, colour, max(1, round(width)), cv2.LINE_AA, _SHIFT)


def rounded(
    picture: Picture, left: float, top: float, right: float, bottom: float, radius: float, colour: Colour
) -> None:
    """Fill a box with round corners."""
    for x in (left + radius, right - radius):
        for y in (top + radius, bottom - radius):
            disc(picture, (x, y), radius, colour)
    for x0, y0, x1, y1 in (
        (left + radius, top, right - radius, bottom),
        (left, top + radius, right, bottom - radius),
    ):
        polygon(picture, fixed((x0, y0), (x1, y0), (x1, y1), (x0, y1)), colour)


def write(picture: Picture, words: str, at: Point, size: int, colour: Colour, *, weight: int = 500) -> int:
    """Write `words` with the left end of the base line at `at`; returns where the text ends (x)."""
    (end, _), _ = cv2.putText(picture, words, (round(at[0]), round(at[1])), colour, _font(), size, weight)
    return int(end)


def write_centred(
    picture: Picture, words: str, middle: Point, size: int, colour: Colour, *, weight: int = 500
) -> None:
    """Write `words` with the middle of the base line at `middle`."""
    write(
        picture,
        words,
        (middle[0] - width_of(words, size, weight) / 2, middle[1]),
        size,
        colour,
        weight=weight,
    )


def width_of(words: str, size: int, weight: int = 500) -> int:
    """How many pixels wide `words` are."""
    box = cv2.getTextSize((4096, 4096), words, (0, 100), _font(), size, weight)
    return int(box[2])


def shade(picture: Picture, share: float, colour: Colour = BLACK) -> None:
    """Lay `share` (0..1) of a colour over the whole picture."""
    cv2.addWeighted(picture, 1 - share, np.full_like(picture, colour), share, 0, picture)


def _font() -> cv2.FontFace:
    """The built-in font, one a thread: it keeps the last weight and is not safe to share."""
    if not hasattr(_fonts, "sans"):
        _fonts.sans = cv2.FontFace("sans")
    font: cv2.FontFace = _fonts.sans
    return font
