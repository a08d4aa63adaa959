"""Flipbooks: the pictures of a spark in one file, which plays at a millisecond each.

It has a header (magic, version, size, rate, the key of what it shows), an entry for each picture, then the
pictures. A picture is a JPEG of its colours. How much it covers follows from those where a spark is light
alone (`tone.opacity`); the rows in which it does not are a grey JPEG of their own. Measured, a whole one of
those costs two thirds as much again to read, and almost as many bytes; JPEG of 95 or without halved colours
half as much again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.sparks.engine import tone

MAGIC: Final = b"SPKFLIP1"
QUALITY: Final = 90
MOST_PICTURES: Final = 12 * 60 + 60
LARGEST_SIDE: Final = 1_280
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a flipbook."""

_HEADER: Final = struct.Struct("<8sHHHH32s")
_ENTRY: Final = struct.Struct("<IIHB")
_NEAR: Final = 3
"""Of 255, as near as what light tells must be to what it covers."""
_BOUNDS: Final = f"a flipbook has 1 to {MOST_PICTURES} pictures of at most {LARGEST_SIDE} px"
Picture = NDArray[np.uint8]


class BadFlipbook(ValueError):
    """Bytes that are no flipbook, or none that this version reads. Its text says where it went wrong."""


@dataclass(frozen=True, slots=True)
class _Stored:
    colour: bytes
    cover: bytes
    top: int
    scrim: int


@dataclass(frozen=True, slots=True)
class Flipbook:
    """`count` pictures of `width` x `height` px at `fps`, decoded when asked for."""

    width: int
    height: int
    fps: int
    key: str
    _stored: tuple[_Stored, ...]

    @property
    def count(self) -> int:
        return len(self._stored)

    def followed_by(self, *others: Flipbook) -> Flipbook:
        """One that goes on with the pictures of others. Raises BadFlipbook where they show something else."""
        said = (self.width, self.height, self.fps, self.key)
        if any((each.width, each.height, each.fps, each.key) != said for each in others):
            raise BadFlipbook("it is not the same spark that goes on")
        stored = [picture for book in (self, *others) for picture in book._stored]
        return replace(self, _stored=tuple(stored))

    def picture(self, at: int) -> Picture:
        """Premultiplied RGBA `(height, width, 4)` of one picture. Raises BadFlipbook where it is broken."""
        stored = self._stored[at]
        shape = (self.height, self.width)
        colour = _decoded(stored.colour, cv2.IMREAD_COLOR_RGB, (*shape, 3))
        red, green, blue = cv2.split(colour)
        brightest = cv2.max(cv2.max(red, green), blue)
        alpha = cv2.LUT(brightest, _opacities(stored.scrim))
        if stored.cover:
            size = _jpeg_size(stored.cover) or (0, 0)
            rows = slice(stored.top, stored.top + size[0])
            if not size[0] or rows.stop > self.height:
                raise BadFlipbook("what a picture covers lies outside of it")
            # JPEG may have made a channel brighter than what it covers, which premultiplied cannot be.
            cover = _decoded(stored.cover, cv2.IMREAD_GRAYSCALE, (size[0], self.width))
            alpha[rows] = cv2.max(cover, brightest[rows])
        return np.asarray(cv2.merge([red, green, blue, alpha]), np.uint8)


def pack(pictures: Iterable[Picture], *, fps: int, key: str, scrims: Iterable[float] = ()) -> bytes:
    """The flipbook of premultiplied pictures, all of one size. `scrims` says how much of each was darkened
    (see `Scene.scrim`), which its light does not tell. One that is given again at once is the same, and costs
    nothing. Raises ValueError without any, or for too many."""
    darkened = iter(scrims)
    stored, shape, before = list[_Stored](), None, None
    for picture in pictures:
        if picture is before:
            next(darkened, None)
            stored.append(stored[-1])
            continue
        shape, before = shape or picture.shape, picture
        if picture.shape != shape:
            raise ValueError("the pictures of a flipbook are of one size")
        colour = _coded(cv2.cvtColor(picture, cv2.COLOR_RGBA2BGR))
        scrim = round(next(darkened, 0.0) * 255)
        rows = _untold(picture, scrim)
        cover = b"" if rows is None else _coded(np.ascontiguousarray(picture[rows, :, 3]))
        stored.append(_Stored(colour, cover, rows.start if rows else 0, scrim))
    if shape is None:
        raise ValueError(_BOUNDS)
    return dump(Flipbook(shape[1], shape[0], fps, key, tuple(stored)))


def dump(book: Flipbook) -> bytes:
    """The file of a flipbook. Raises ValueError for more pictures, or larger ones, than one may have."""
    if book.count > MOST_PICTURES or max(book.width, book.height) > LARGEST_SIDE:
        raise ValueError(_BOUNDS)
    head = _HEADER.pack(MAGIC, book.width, book.height, book.fps, book.count, bytes.fromhex(book.key))
    entries = [_ENTRY.pack(len(one.colour), len(one.cover), one.top, one.scrim) for one in book._stored]
    bodies = [part for one in book._stored for part in (one.colour, one.cover)]
    return b"".join([head, *entries, *bodies])


def unpack(data: bytes) -> Flipbook:
    """Read a flipbook. Sizes and lengths are checked here, each picture when it is asked for. Raises
    BadFlipbook."""
    if len(data) > LARGEST or len(data) < _HEADER.size:
        raise BadFlipbook(f"{len(data)} bytes are no flipbook")
    magic, width, height, fps, count, key = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise BadFlipbook("not a flipbook of this version")
    if not (8 <= width <= LARGEST_SIDE and 8 <= height <= LARGEST_SIDE and 1 <= fps <= 60):
        raise BadFlipbook(f"{width} x {height} px at {fps} fps cannot be")
    start = _HEADER.size + count * _ENTRY.size
    if not 1 <= count <= MOST_PICTURES or len(data) < start:
        raise BadFlipbook(f"{count} pictures cannot be in {len(data)} bytes")
    stored, at = [], start
    for i in range(count):
        colour, cover, top, scrim = _ENTRY.unpack_from(data, _HEADER.size + i * _ENTRY.size)
        if at + colour + cover > len(data):
            raise BadFlipbook(f"picture {i} goes on after the end")
        middle, end = at + colour, at + colour + cover
        stored.append(_Stored(data[at:middle], data[middle:end], top, scrim))
        at = end
    if at != len(data):
        raise BadFlipbook(f"{len(data) - at} bytes are left over")
    return Flipbook(width, height, fps, key.hex(), tuple(stored))


def _untold(picture: Picture, scrim: int) -> slice | None:
    """The rows in which light alone does not tell how much is covered; None where it does everywhere."""
    red, green, blue, alpha = cv2.split(picture)
    told = cv2.LUT(cv2.max(cv2.max(red, green), blue), _opacities(scrim))
    rows = np.flatnonzero((cv2.absdiff(told, alpha) > _NEAR).any(1))
    return slice(int(rows[0]), int(rows[-1]) + 1) if rows.size else None


def _opacities(scrim: int) -> Picture:
    """What each brightest channel covers, `(256,)`."""
    alpha = tone.opacity(np.arange(256) / 255) * 255
    return np.round(alpha + (255 - alpha) * (scrim / 255)).astype(np.uint8)


def _coded(picture: NDArray[Any]) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError("the picture could not be coded")
    return bytes(data)


def _decoded(data: bytes, how: int, shape: tuple[int, ...]) -> Picture:
    # Asked before it is decoded: a few bytes can claim a picture that takes gigabytes.
    if _jpeg_size(data) != shape[:2]:
        raise BadFlipbook("a picture is not a JPEG of the flipbook's size")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    except cv2.error as error:
        raise BadFlipbook("a picture cannot be decoded") from error
    if picture is None or picture.shape != shape:
        raise BadFlipbook("a picture cannot be decoded")
    return np.asarray(picture, np.uint8)


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Height and width as the first frame header says, None where there is none (ITU-T T.81, B.1, B.2)."""
    at = 2
    if data[:2] != b"\xff\xd8":
        return None
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in (0xC0, 0xC1, 0xC2):
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
        if marker in (0xD9, 0xDA) or length < 2:
            return None
        at += 2 + length
    return None
