"""Contact sheets: sparks beside each other at several times, for whoever makes and judges them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import resources
from server.sparks.engine.film import SIZE, still
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.tone import encoded, over

Picture = NDArray[np.uint8]

_GAP: Final = 6
_TITLE: Final = 30
_PAPER: Final = 24


def contact_sheet(
    sparks: Sequence[Spark],
    times: Sequence[float] | None = None,
    background: Picture | None = None,
    *,
    width: int = 300,
    seed: int = 7,
    sender: str = "Mariana",
    across: int = 8,
) -> Picture:
    """RGB `(h, w, 3)`: a column for each spark with its title under it, `across` beside each other, a row for
    each of `times` in s (None: a quarter, the hero and four fifths of each), over `background`
    `(640, 360, 3)` (None: `stage`)."""
    behind = _checked(background)
    columns = []
    for spark in sparks:
        shown = times or (spark.duration * 0.25, spark.hero_at, spark.duration * 0.8)
        framed = [_framed(still(spark, seed, sender, at), behind, width) for at in shown]
        columns.append(np.vstack([*framed, _title(spark.name, width + _GAP)]))
    return _wrapped(columns, across)


def strip(
    spark: Spark,
    times: Sequence[float],
    background: Picture | None = None,
    *,
    width: int = 300,
    seed: int = 7,
    sender: str = "Mariana",
    across: int = 6,
) -> Picture:
    """RGB `(h, w, 3)`: one spark at `times` in s, in rows of `across`, each with its time under it."""
    behind = _checked(background)
    return _wrapped(
        [
            np.vstack(
                [
                    _framed(still(spark, seed, sender, at), behind, width),
                    _title(f"{at:.2f} s", width + _GAP),
                ]
            )
            for at in times
        ],
        across,
    )


def _checked(background: Picture | None) -> Picture:
    behind = stage() if background is None else background
    if behind.shape != (SIZE[1], SIZE[0], 3):
        raise ValueError(f"a background is {SIZE[1]} x {SIZE[0]} px of RGB, this is {behind.shape}")
    return behind


def _framed(picture: Picture, behind: Picture, width: int) -> Picture:
    size = (width, round(width * SIZE[1] / SIZE[0]))
    shown = cv2.resize(over(picture, behind), size, interpolation=cv2.INTER_AREA)
    around = (_GAP // 2,) * 2
    return np.pad(np.asarray(shown, np.uint8), (around, around, (0, 0)), constant_values=_PAPER)


def _wrapped(columns: list[Picture], across: int) -> Picture:
    rows = [columns[at : at + across] for at in range(0, len(columns), across)]
    if len(rows) > 1:
        rows[-1] += [np.full_like(columns[0], _PAPER)] * (across - len(rows[-1]))
    return np.asarray(np.vstack([np.hstack(row) for row in rows]), np.uint8)


def _title(text: str, width: int) -> Picture:
    canvas = Image.new("RGB", (width, _TITLE), (_PAPER,) * 3)
    font = ImageFont.truetype(str(resources.path("fonts/Inter-Medium.ttf")), 15)
    ImageDraw.Draw(canvas).text((_GAP, 5), text, fill=(225, 225, 230), font=font)
    return np.asarray(canvas)


@cache
def stage() -> Picture:
    """The near-black violet with darker edges that sparks are judged on, `(640, 360, 3)`."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    down, across = y / SIZE[1], x / SIZE[0]
    edges = 1 - 0.55 * np.clip(((across - 0.5) ** 2 * 1.1 + (down - 0.5) ** 2) * 1.7, 0, 1)
    shades = [0.010 + 0.006 * (1 - down), 0.008 + 0.004 * down, 0.022 + 0.012 * (1 - down)]
    shown: Picture = np.round(encoded(np.dstack(shades) * 0.6 * edges[..., None]) * 255).astype(np.uint8)
    shown.setflags(write=False)
    return shown
