"""Clips that carry their frame number in their pixels, so that exactness is read, not assumed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

BITS = 12


@dataclass(frozen=True)
class Recipe:
    """How to encode a coded clip."""

    suffix: str = "mp4"
    vfr: bool = False
    gop: int = 60
    b_frames: int = 3
    x264: str = ""
    rotate: int = 0
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=dict)


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
    y, x = np.mgrid[0:height, 0:width]
    base = ((x * 255 // width) ^ (y * 255 // height)).astype(np.uint8)
    base = np.roll(base, number * 7, axis=1)
    rgb = np.dstack([base, np.roll(base, 40, 0), 255 - base])
    side = block(width)
    for bit in range(BITS):
        rgb[0:side, bit * side : (bit + 1) * side] = 255 if number >> bit & 1 else 0
    return rgb


def block(width: int) -> int:
    """Side of one number block, in pixels."""
    return width // (BITS + 4)


def read_number(pixels: NDArray[np.uint8], scale: float = 1.0) -> int:
    """The number spelled in upright pixels (height, width, channels) scaled by `scale`."""
    side = block(round(pixels.shape[1] / scale)) * scale
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
    dice = random.Random(7)
    tick = Fraction(1, 90) if recipe.vfr else Fraction(1, 30)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(recipe.codec, rate=30)
        coded = (height, width) if recipe.rotate % 180 else (width, height)
        stream.width, stream.height = coded
        stream.pix_fmt = "yuv420p"
        options = {"preset": "veryfast", "crf": "23"} if recipe.codec == "libx264" else {}
        if recipe.x264:
            options["x264-params"] = recipe.x264
        stream.options = options | recipe.options
        stream.codec_context.time_base = tick
        stream.time_base = tick
        stream.codec_context.max_b_frames = recipe.b_frames
        stream.codec_context.gop_size = recipe.gop
        if recipe.rotate:
            stream.set_display_rotation(recipe.rotate)
        sound = container.add_stream("aac", rate=48000, layout="mono") if tone else None
        pts = 0
        for number in range(frames):
            rgb = draw(number, width, height)
            if recipe.rotate:
                rgb = np.ascontiguousarray(np.rot90(rgb, -recipe.rotate // 90))
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = pts, tick
            container.mux(stream.encode(frame))
            pts += dice.choice([1, 2, 3, 3, 4, 9]) if recipe.vfr else 1
        container.mux(stream.encode(None))
        if sound is not None:
            samples = int(pts * tick * 48000)
            wave = (np.sin(np.arange(samples) * (440 * 2 * np.pi / 48000)) * 12000).astype(np.int16)
            for at in range(0, samples, 1024):
                part = wave[None, at : at + 1024]
                block_ = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
                block_.sample_rate, block_.pts = 48000, at
                block_.time_base = Fraction(1, 48000)
                container.mux(sound.encode(block_))
            container.mux(sound.encode(None))
    return path
