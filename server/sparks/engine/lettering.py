"""Words in our own font, as masks that are drawn once and moved by parts of a pixel."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import resources
from server.sparks.engine.scene import Floats
from server.sparks.engine.wording import FONT


@lru_cache(maxsize=16)
def mask(text: str, px: int) -> tuple[Floats, Floats]:
    """The letters and the soft dark around them, `(h, w)` 0 to 1 each."""
    font = _font(px)
    left, top, right, bottom = font.getbbox(text)
    pad = _pad(px)
    size = (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad)
    canvas = Image.new("L", size)
    ImageDraw.Draw(canvas).text((pad - left, pad - top), text, fill=255, font=font)
    letters = np.asarray(canvas, np.float32) / 255
    around = cv2.GaussianBlur(letters, (0, 0), max(px * 0.085, 0.8))
    return letters, np.clip(around * 1.5, 0, 1)


@lru_cache(maxsize=64)
def _width(text: str, px: int) -> int:
    """Of the mask, without drawing it."""
    left, _, right, _ = _font(px).getbbox(text)
    return int(right - left) + 2 * _pad(px)


def _font(px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(resources.path(FONT)), px)


def _pad(px: int) -> int:
    return max(4, px // 2)


def lay(
    text: str, x: float, y: float, px: float, colours: Floats, width: int, height: int
) -> tuple[Floats, Floats, tuple[slice, slice]] | None:
    """Light `(h, w, 3)` and cover `(h, w)` of words around `x`, `y`, and where in the picture they lie; None
    if nowhere. Words wider than the picture are made smaller."""
    whole = max(6, round(px))
    fit = min(1.0, 0.94 * width / max(_width(text, whole) - whole, 1))
    if fit < 1:
        whole = max(6, int(whole * fit))
    letters, around = mask(text, whole)
    tall, wide = letters.shape
    left, top = x - wide / 2, y - tall / 2
    if not (-wide < left < width and -tall < top < height):
        return None
    column, row = int(np.floor(left)), int(np.floor(top))
    move = np.array([[1, 0, left - column], [0, 1, top - row]], np.float32)
    letters, around = (cv2.warpAffine(one, move, (wide + 1, tall + 1)) for one in (letters, around))
    down = np.linspace(0, max(len(colours) - 1, 0), tall + 1)
    shades = np.stack([np.interp(down, np.arange(len(colours)), colours[:, c]) for c in range(3)], 1)
    rows = slice(max(-row, 0), min(tall + 1, height - row))
    columns = slice(max(-column, 0), min(wide + 1, width - column))
    light = (letters[:, :, None] * shades[:, None].astype(np.float32))[rows, columns]
    cover = np.maximum(letters * 0.92, around * 0.72)[rows, columns]
    place = (slice(row + rows.start, row + rows.stop), slice(column + columns.start, column + columns.stop))
    return light, cover.astype(np.float32), place
