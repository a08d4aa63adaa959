"""Videos made from numbers for the re-upload drill: each scene its own shots, drifts, shapes and captions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

WIDTH, HEIGHT, RATE = 320, 180, 12
SECONDS = 60


@dataclass(frozen=True)
class Scene:
    """A video of shots; no two seeds have a picture in common."""

    seed: int
    seconds: int = SECONDS

    def frames(self) -> Iterator[Picture]:
        """Its pictures, RGB (180, 320, 3), twelve a second."""
        random = np.random.RandomState(self.seed)
        left = self.seconds * RATE
        while left:
            # Some scenes are one long take, some are cut quickly.
            count = min(left, int(random.randint(2, 30) if self.seed % 4 else 60) * RATE)
            yield from _shot(random, count)
            left -= count


def _shot(random: np.random.RandomState, count: int) -> Iterator[Picture]:
    wall = _wall(random)
    # Pixels a second: from a tripod to a hand that follows something.
    speed, turn = random.choice([2.0, 10.0, 30.0]), random.rand() * 2 * np.pi
    start, way = random.rand(2), np.array([np.cos(turn), np.sin(turn)]) * speed / RATE
    zoom, growth = 1.0 + random.rand(), 1 + (random.rand() - 0.5) * 0.2
    movers = [_Mover(random) for _ in range(random.randint(1, 6))]
    caption = _caption(random)
    for n in range(count):
        part = n / max(1, count)
        scale = zoom * growth**part
        room = np.array([wall.shape[1] - WIDTH / scale, wall.shape[0] - HEIGHT / scale])
        corner = np.abs((start + way * n / room + 1) % 2 - 1) * room
        matrix = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
        picture = np.asarray(cv2.warpAffine(wall, matrix, (WIDTH, HEIGHT)), np.uint8)
        for mover in movers:
            mover.draw(picture, n)
        if caption is not None:
            picture[-34:-6, 20 : 20 + caption.shape[1]] = caption
        yield picture


def _wall(random: np.random.RandomState) -> Picture:
    """Twice the size of the picture: clouds of colour, with boxes and discs on it."""
    size = (2 * WIDTH, 2 * HEIGHT)
    total = np.zeros((size[1], size[0], 3), np.float32)
    for cells, weight in ((3, 0.5), (9, 0.3), (40, 0.2)):
        coarse = random.randint(0, 256, (cells, cells * 16 // 9, 3)).astype(np.float32)
        total += weight * cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    wall: Picture = np.clip(total, 0, 255).astype(np.uint8)
    for _ in range(random.randint(8, 40)):
        colour = tuple(int(v) for v in random.randint(0, 256, 3))
        x, y, reach = int(random.randint(size[0])), int(random.randint(size[1])), int(random.randint(8, 70))
        if random.randint(2):
            cv2.circle(wall, (x, y), reach, colour, -1)
        else:
            cv2.rectangle(wall, (x, y), (x + reach, y + int(random.randint(8, 90))), colour, -1)
    return wall


def _caption(random: np.random.RandomState) -> Picture | None:
    """Two lines of glyphs, in every second shot."""
    if random.randint(2):
        return None
    found = np.full((28, 6 * int(random.randint(15, 45)), 3), 20, np.uint8)
    for top in (3, 16):
        for left in range(2, found.shape[1] - 6, 6):
            if random.randint(6):
                found[top : top + 9, left : left + 5][random.randint(0, 2, (9, 5)) == 1] = 235
    return found


class _Mover:
    """A disc or a box that crosses the picture and comes back."""

    def __init__(self, random: np.random.RandomState) -> None:
        self._colour = tuple(int(v) for v in random.randint(0, 256, 3))
        self._reach = int(random.randint(6, 30))
        self._round = bool(random.randint(2))
        self._at, self._way = random.rand(2) * (WIDTH, HEIGHT), (random.rand(2) - 0.5) * 4

    def draw(self, picture: Picture, frame: int) -> None:
        x, y = (int(v) for v in (self._at + self._way * frame) % (WIDTH, HEIGHT))
        if self._round:
            cv2.circle(picture, (x, y), self._reach, self._colour, -1)
        else:
            cv2.rectangle(picture, (x, y), (x + self._reach, y + self._reach), self._colour, -1)


def encode(
    path: Path,
    pictures: Iterable[Picture],
    *,
    crf: int = 23,
    rate: Fraction = Fraction(RATE),
    rotation: int | None = None,
    **options: str,
) -> Path:
    """Write pictures of one size, RGB, as H.264 at `rate` frames a second, to be shown turned by `rotation`
    degrees counterclockwise."""
    with av.open(str(path), "w") as out:
        stream: Any = None
        for number, picture in enumerate(pictures):
            if stream is None:
                stream = out.add_stream("libx264", rate=rate)
                stream.height, stream.width = (side - side % 2 for side in picture.shape[:2])
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = 1 / rate
                stream.options = {"preset": "ultrafast", "crf": str(crf), **options}
                if rotation is not None:
                    stream.set_display_rotation(rotation)
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(picture[: stream.height, : stream.width]), format="rgb24"
            )
            frame.pts, frame.time_base = number, 1 / rate
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def decode(path: Path, longer_side: int = 640) -> tuple[list[Picture], Fraction]:
    """All pictures of a file of our own, fitted into a square of `longer_side`, and their average rate."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = []
        for frame in container.decode(stream):
            scale = min(1.0, longer_side / max(frame.width, frame.height))
            small = frame.reformat(
                width=round(frame.width * scale / 2) * 2, height=round(frame.height * scale / 2) * 2
            )
            pictures.append(np.asarray(small.to_ndarray(format="rgb24"), np.uint8))
        return pictures, Fraction(stream.average_rate or RATE)
