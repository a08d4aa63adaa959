"""Small clips whose frame number is readable from their pixels, made once a session."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.coded_clips import RECIPES, Recipe, picture, write_clip

FRAMES = 150
SIZE = 320, 180


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The clip of a recipe by name, encoded when first asked for; "tone" has a sound track."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            tone = name == "tone"
            recipe = Recipe() if tone else RECIPES[name]
            path = folder / f"{name}.{recipe.suffix}"
            width, height = SIZE
            made[name] = write_clip(path, recipe, frames=FRAMES, width=width, height=height, tone=tone)
        return made[name]

    return get


@pytest.fixture(scope="session")
def damaged(clip: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip whose index is whole while the pictures in the middle are overwritten with zeros."""
    data = bytearray(clip("bframes").read_bytes())
    start, end = len(data) * 45 // 100, len(data) * 60 // 100
    data[start:end] = bytes(end - start)
    path = tmp_path_factory.mktemp("damaged") / "damaged.mp4"
    path.write_bytes(data)
    return path


def write_h264(path: Path, *, codec: str = "libx264", b_frames: int = 2, first: int = 0) -> Path:
    """A coded clip of 90 frames in the container that the suffix names, a keyframe each 30 frames.

    `first`: the clip is cut so that it begins with this frame, as an edit list or a late start does.
    """
    width, height = SIZE
    options = {"avoid_negative_ts": "disabled"} if first else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = 30, b_frames
        for number in range(90):
            frame = av.VideoFrame.from_ndarray(picture(number, width, height), format="rgb24")
            frame.pts, frame.time_base = number - first, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path, *spans: tuple[float, float]) -> Path:
    """Three seconds of black with a tone during these spans, in seconds."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("aac", rate=48_000, layout="mono")
        for number in range(30):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        wave = (np.sin(np.arange(1024) * 0.1) * 12_000).astype(np.int16)[None]
        for start, end in spans:
            for at in range(int(start * 48_000), int(end * 48_000), 1024):
                part = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
                part.sample_rate, part.pts, part.time_base = 48_000, at, Fraction(1, 48_000)
                container.mux(sound.encode(part))
        container.mux(sound.encode(None))
    return path
