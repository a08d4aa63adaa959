"""Parts of frames, each cut from a frame that has been treated as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from studio.video.index import MediaIndex, Source
from studio.video.reader import FrameMissingError, FrameReader
from studio.video.shield import OPEN, Pixels, Shield, shield_pixels, treat

_LONG_SIDE: Final = 480
_DEAREST: Final = 600  # a frame that costs more decodes than this is left out
_MARGIN: Final = 0.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of the upright picture at `ms`, in basis points of its width and height."""

    ms: int
    x_bp: int
    y_bp: int
    width_bp: int
    height_bp: int


@dataclass(frozen=True, slots=True, eq=False)
class Cutting:
    """A whole frame, small and untreated, and which part of it is wanted: `number` of those asked for."""

    number: int
    wanted: Wanted
    pixels: Pixels

    def treated(self, shield: Shield) -> Pixels:
        """The part, cut from the treated frame: treated by itself it would keep far more of the face."""
        return _cut(shield_pixels(self.pixels, shield), self.wanted)


def cuttings(source: Source, index: MediaIndex, wanted: Sequence[Wanted]) -> Iterator[Cutting]:
    """Decode the frames of these parts, in order of time; damaged ones are left out. Raises MediaError."""
    scale = min(1.0, _LONG_SIDE / max(index.width, index.height))
    size = max(1, round(index.width * scale)), max(1, round(index.height * scale))
    reader = FrameReader(source, index.table)
    try:
        for number in sorted(range(len(wanted)), key=lambda n: wanted[n].ms):
            frame = index.table.at_ms(wanted[number].ms)
            if reader.cost(frame) > _DEAREST:
                continue
            try:
                *_, (_number, picture) = reader.run(frame)
            except FrameMissingError:
                continue
            yield Cutting(number, wanted[number], treat(picture, size, index.rotation, OPEN).copy())
    finally:
        reader.close()


def _cut(pixels: Pixels, wanted: Wanted) -> Pixels:
    """A square about the wanted part with some margin, within the picture."""
    height, width = pixels.shape[:2]
    across, down = width * wanted.width_bp / 10_000, height * wanted.height_bp / 10_000
    side = min(max(across, down) * (1 + _MARGIN), width, height)
    middle_x = width * (wanted.x_bp + wanted.width_bp / 2) / 10_000
    middle_y = height * (wanted.y_bp + wanted.height_bp / 2) / 10_000
    left = round(min(max(middle_x - side / 2, 0), width - side))
    top = round(min(max(middle_y - side / 2, 0), height - side))
    whole = max(1, round(side))
    return np.ascontiguousarray(pixels[top : top + whole, left : left + whole])
