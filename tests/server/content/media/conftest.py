"""Videos made for these tests: frame i of a clip is flat grey of a level that tells i."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

MakeVideo = Callable[..., Path]


def level(i: int) -> int:
    """The grey level of frame i: steps of 4, repeating after 50 frames."""
    return 20 + 4 * (i % 50)


def write_video(
    path: Path,
    *,
    frames: int = 50,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    pts: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 25),
    gop: int = 10,
    b_frames: int = 2,
    rotation: int | None = None,
    audio_s: float = 0.0,
    silence_s: float = 0.0,
    corner: bool = False,
    **options: str,
) -> Path:
    """Write a clip of `frames` frames, at 25 a second unless `pts` says otherwise.

    `rotation` is the display matrix's turn in degrees counterclockwise; `corner` paints the top left
    quarter white; `audio_s` adds a tone of that many seconds at half of full scale,
    of which the first `silence_s` are silent.
    """
    width, height = size
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = width, height, pixels
        video.codec_context.time_base = time_base
        video.codec_context.gop_size = gop
        video.codec_context.max_b_frames = b_frames
        video.options = {"sc_threshold": "0", **options} if codec == "libx264" else options
        if rotation is not None:
            video.set_display_rotation(rotation)
        audio: Any = out.add_stream("aac", rate=44_100, layout="mono") if audio_s else None
        if audio is not None:
            _write_tone(out, audio, audio_s, silence_s)
        for i in range(frames):
            picture = np.full((height, width, 3), level(i), np.uint8)
            if corner:
                picture[: height // 2, : width // 2] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = i if pts is None else pts[i]
            frame.time_base = time_base
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


def _write_tone(out: Any, audio: Any, seconds: float, silence: float) -> None:
    times = np.arange(round(44_100 * seconds)) / 44_100
    tone = (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    tone[: round(44_100 * silence)] = 0
    frame = av.AudioFrame.from_ndarray(tone[None, :], format="fltp", layout="mono")
    frame.rate, frame.pts, frame.time_base = 44_100, 0, Fraction(1, 44_100)
    out.mux(audio.encode(frame))
    out.mux(audio.encode(None))


@pytest.fixture(scope="session", name="level")
def grey_level() -> Callable[[int], int]:
    """`level`, for tests that read frame numbers from pixels."""
    return level


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    """`write_video`, for fixtures that outlive one test."""
    return write_video


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """A function that writes a clip of the given name into the test's own folder."""
    return lambda name="clip.mp4", **how: write_video(tmp_path / name, **how)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of H.264 with B-frames and sound, its index in front (as uploads mostly are)."""
    folder = tmp_path_factory.mktemp("media")
    slow = write_video(folder / "slow.mp4", audio_s=2.0)
    with (
        av.open(str(slow)) as source,
        av.open(str(folder / "plain.mp4"), "w", options={"movflags": "faststart"}) as out,
    ):
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                out.mux(packet)
    return folder / "plain.mp4"
