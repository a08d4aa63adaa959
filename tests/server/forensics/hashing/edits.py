"""What people do to a video before they upload it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.server.forensics.hashing.scenes import encode

Picture = NDArray[np.uint8]


def _same(picture: Picture) -> Picture:
    return picture


@dataclass(frozen=True)
class Edit:
    """How a re-upload differs; `target` is the recall that it must be found with, None for a known limit."""

    change: Callable[[Picture], Picture] = _same
    crf: int = 28
    speed: Fraction = Fraction(1)
    cut_s: tuple[float, float] | None = None
    target: float | None = 0.95

    def applies(self, frames: int, rate: Fraction) -> bool:
        """Whether a video of so many frames is long enough for it."""
        return self.cut_s is None or frames / rate >= self.cut_s[1]

    def write(self, path: Path, pictures: list[Picture], rate: Fraction) -> Path:
        """The edited video."""
        return encode(path, self._edited(pictures, rate), crf=self.crf, rate=rate * self.speed)

    def _edited(self, pictures: list[Picture], rate: Fraction) -> Iterator[Picture]:
        first, last = (0, len(pictures)) if self.cut_s is None else (round(s * rate) for s in self.cut_s)
        for picture in pictures[first:last]:
            yield self.change(picture)


def _crop(share: float, *, sides: tuple[int, int, int, int] = (1, 1, 1, 1)) -> Callable[[Picture], Picture]:
    """Cut `share` off each of the sides (top, bottom, left, right) and scale back."""

    def change(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        top, bottom = (round(height * share) * side for side in sides[:2])
        left, right = (round(width * share) * side for side in sides[2:])
        part = picture[top : height - bottom, left : width - right]
        return _resized(part, width, height)

    return change


def _resized(picture: Picture, width: int, height: int) -> Picture:
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (width, height)), np.uint8)


def _boxed(width_to_height: float) -> Callable[[Picture], Picture]:
    """Black bars above and below until the picture has this shape."""

    def change(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        bar = max(0, round((width / width_to_height - height) / 2))
        return np.pad(picture, ((bar, bar), (0, 0), (0, 0)))

    return change


def _pillars(picture: Picture) -> Picture:
    """Grey bars at the sides, each a tenth of the picture's width."""
    bar = picture.shape[1] // 10
    return np.pad(picture, ((0, 0), (bar, bar), (0, 0)), constant_values=40)


def _logo(share: float) -> Callable[[Picture], Picture]:
    """A badge in the upper right corner: `share` of the picture's width and of its height."""

    def change(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        tall, wide = round(height * share), round(width * share)
        marked = picture.copy()
        badge = marked[height // 20 : height // 20 + tall, width - width // 20 - wide : width - width // 20]
        badge[:] = (250, 250, 250)
        badge[tall // 4 : tall - tall // 4, wide // 4 : wide - wide // 4] = (200, 20, 40)
        return marked

    return change


def _brighter(levels: int) -> Callable[[Picture], Picture]:
    return lambda picture: np.clip(picture.astype(np.int16) + levels, 0, 255).astype(np.uint8)


def _mirrored(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, ::-1])


def _turned(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 2, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.uint8)


EDITS: dict[str, Edit] = {
    "re-encoded, CRF 28": Edit(),
    "re-encoded, CRF 35": Edit(crf=35),
    "cropped 2 %": Edit(_crop(0.02), target=0.8),
    "cropped 5 %": Edit(_crop(0.05), target=0.8),
    "cropped 10 %": Edit(_crop(0.10), target=0.8),
    "mirrored": Edit(_mirrored),
    "letterboxed to 4:3": Edit(_boxed(4 / 3)),
    "letterboxed to 9:16": Edit(_boxed(9 / 16)),
    "grey pillars of 10 %": Edit(_pillars),
    "speed 0.9": Edit(speed=Fraction(9, 10)),
    "speed 1.1": Edit(speed=Fraction(11, 10)),
    "20 s cut out of it": Edit(cut_s=(17.4, 37.4)),
    "logo of 8 %": Edit(_logo(0.08)),
    "brighter by 30": Edit(_brighter(30)),
    "darker by 30": Edit(_brighter(-30)),
    "mirrored and cropped 5 %": Edit(lambda p: _crop(0.05)(_mirrored(p)), target=None),
    "cropped 10 % on the left": Edit(_crop(0.10, sides=(0, 0, 1, 0)), target=None),
    "logo of 12 %": Edit(_logo(0.12), target=None),
    "logo of 35 %": Edit(_logo(0.35), target=None),
    "turned by 2 degrees": Edit(_turned, target=None),
}
