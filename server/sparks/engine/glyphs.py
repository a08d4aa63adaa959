"""Letters in our own font, as pictures and as outlines."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from PIL import ImageFont

import resources
from server.sparks.engine.arrays import Doubles
from server.sparks.engine.format.base import WIDTH
from server.sparks.engine.format.shapes import Glyphs, Where
from server.sparks.engine.outlines import Sample, bright, closed, on
from server.sparks.engine.wording import FONT, said

_DRAWN: Final = 160
"""px of the font that letters are drawn at, whatever their size on the stage: the bound of the work."""
_WIDEST: Final = WIDTH * 0.9
"""A sender's name has to fit the stage, since its author did not know it; a text of the spark's own need
not."""


def letters(shape: Glyphs, sender: str) -> Sample:
    """Places in or around letters whose middle is (0, 0). Letters that show nothing have them all there."""
    font = ImageFont.truetype(str(resources.path(FONT)), _DRAWN)
    drawn = font.getmask(said(shape.says, shape.text, sender), mode="L")
    columns, rows = drawn.size
    if not columns or not rows:
        return bright(np.zeros((1, 1), np.uint8), 1, np.zeros(2))
    ink = np.array(drawn, dtype=np.uint8).reshape(rows, columns)
    cell = shape.size / _DRAWN
    if shape.says == "sender":
        cell = min(cell, _WIDEST / columns)
    low = -np.array([columns - 1, rows - 1]) / 2 * cell
    if shape.where is Where.FILL:
        return bright(ink, cell, low, shape.spread)
    # A border, since the outline of ink at the very edge would be cut.
    found, _ = cv2.findContours(
        cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0) // 128,
        cv2.RETR_LIST,
        cv2.CHAIN_APPROX_NONE,
    )
    strokes = [
        _smooth(line.reshape(-1, 2).astype(np.float64) - 1) * cell + low for line in found if len(line) > 2
    ]
    return on(strokes, shape.spread) if strokes else bright(ink, cell, low, shape.spread)


def _smooth(line: Doubles) -> Doubles:
    """Without the stairs of its pixels: the mean of five neighbours around a closed line."""
    return closed(sum((np.roll(line, by, axis=0) for by in range(-2, 3)), np.zeros_like(line)) / 5)
