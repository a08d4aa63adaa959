"""Clips that carry their frame number in their pixels, so that exactness is read, not assumed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

BITS = 12
_RATE = 48_000


@dataclass(frozen=True)
class Recipe:
    """How to encode a coded clip with H.264."""

    suffix: str = "mp4"
    vfr: bool = False
    gop: int = 60
    b_frames: int = 3
    x264: str = ""
    rotate: int = 0


RECIPES = {
    "cfr": Recipe(b_frames=0),
    "bframes": Recipe(),
    "vfr": Recipe(vfr=True),
    "vfr_mkv": Recipe(suffix="mkv", vfr=True),
    "open_gop": Recipe(x264="open-gop=1:keyint=60:bframes=3"),
    "long_gop": Recipe(gop=240, x264="keyint=240:min-keyint=240:scenecut=0"),
    "rotated": Recipe(rotate=90),
}


def picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A moving texture under a top row of blocks that spell `number` in binary, low bit first."""
    base = np.roll(_texture(width, height), number * 7, axis=1)
    rgb = np.dstack([base, np.roll(base, 40, 0), 255 - base])
    side = block(width)
    for bit in range(BITS):
        rgb[0:side, bit * side : (bit + 1) * side] = 255 if number >> bit & 1 else 0
    return rgb


@lru_cache(maxsize=4)
def _texture(width: int, height: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    texture: NDArray[np.uint8] = ((x * 255 // width) ^ (y * 255 // height)).astype(np.uint8)
    return texture


def block(width: int) -> int:
    """Side of one number block, in pixels."""
    return width // (BITS + 4)


def read_number(pixels: NDArray[np.uint8]) -> int:
    """The number spelled in upright pixels (height, width, channels), scaled or not."""
    side = pixels.shape[1] / (BITS + 4)
    centre = round(side / 2)
    reach = max(1, round(side / 6))
    rows = slice(centre - reach, centre + reach)
    total = 0
    for bit in range(BITS):
        middle = round((bit + 0.5) * side)
        total |= int(pixels[rows, middle - reach : middle + reach, :3].mean() > 127) << bit
    return total


def write_clip(
    path: Path,
    recipe: Recipe,
    *,
    frames: int,
    width: int,
    height: int,
    tone: bool = False,
    draw: Callable[[int, int, int], NDArray[np.uint8]] = picture,
) -> Path:
    """Encode a clip; `tone` adds a 440 Hz sound track. width, height: upright size."""
    tick = Fraction(1, 90) if recipe.vfr else Fraction(1, 30)
    dice = random.Random(7)
    steps = [dice.choice((1, 2, 3, 3, 4, 9)) if recipe.vfr else 1 for _ in range(frames)]
    with av.open(str(path), mode="w") as container:
        stream = container.add_stream("libx264", rate=30)
        assert isinstance(stream, VideoStream)
        coded = (height, width) if recipe.rotate % 180 else (width, height)
        stream.width, stream.height = coded
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "23"}
        if recipe.x264:
            stream.options["x264-params"] = recipe.x264
        stream.codec_context.time_base = stream.time_base = tick
        stream.codec_context.max_b_frames = recipe.b_frames
        stream.codec_context.gop_size = recipe.gop
        if recipe.rotate:
            stream.set_display_rotation(recipe.rotate)
        sound = container.add_stream("aac", rate=_RATE, layout="mono") if tone else None
        for number in range(frames):
            rgb = np.rot90(draw(number, width, height), -recipe.rotate // 90)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            frame.pts, frame.time_base = sum(steps[:number]), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if isinstance(sound, AudioStream):
            _write_tone(container, sound, float(sum(steps) * tick))
    return path


def _write_tone(container: OutputContainer, sound: AudioStream, seconds: float) -> None:
    times = np.arange(int(seconds * _RATE)) / _RATE
    wave = (np.sin(times * 440 * 2 * np.pi) * 12_000).astype(np.int16)
    for at in range(0, len(wave), 1024):
        part = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], format="s16", layout="mono")
        part.sample_rate, part.pts, part.time_base = _RATE, at, Fraction(1, _RATE)
        container.mux(sound.encode(part))
    container.mux(sound.encode(None))
