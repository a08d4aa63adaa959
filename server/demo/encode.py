"""Write a drawn scene and its sound into a video file of a given kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from server.demo.scenes.canvas import Picture
from server.demo.sound import RATE, Sound

# The AV1 encoder writes its settings to the terminal of whoever runs the demo, past every other log.
os.environ.setdefault("SVT_LOG", "1")
_X264 = {"preset": "ultrafast", "crf": "25"}


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a clip is stored. `rotation` turns the shown picture by that many degrees
    counterclockwise: the stored one is turned back by as much."""

    suffix: str = ".mp4"
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=lambda: dict(_X264))
    gop: int = 60
    b_frames: int = 3
    rotation: int = 0
    audio: str = "aac"


def encode(
    path: Path,
    draw: Callable[[float], Picture],
    times: Sequence[Fraction],
    form: Format,
    sound: Sound | None,
) -> None:
    """Draw the picture of each of `times` (seconds, ascending) and write it with `sound` to `path`.

    Times must be multiples of 1/90000 s. Sound and picture are interleaved as they will be played.
    """
    turns = form.rotation // 90 % 4
    height, width = draw(0.0).shape[:2]
    if turns % 2:
        width, height = height, width
    rate = Fraction(len(times) - 1) / (times[-1] - times[0])
    # MPEG-4 counts time in at most 65,535 parts of a second, and AVI in frames.
    tick = 1 / rate.limit_denominator(1001) if form.codec == "mpeg4" else Fraction(1, 90_000)
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream(form.codec, rate=rate.limit_denominator(1001), options=form.options)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = tick
        video.codec_context.gop_size = form.gop
        video.codec_context.max_b_frames = form.b_frames
        if turns:
            video.set_display_rotation(form.rotation)
        audio: Any = None if sound is None else out.add_stream(form.audio, rate=RATE, layout="mono")
        heard = 0
        for time in times:
            if sound is not None:
                until = min(sound.size, int((time + 1) * RATE))
                _hear(out, audio, sound[heard:until], heard)
                heard = until
            picture = draw(float(time))
            if turns:
                picture = np.ascontiguousarray(np.rot90(picture, -turns))
            planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = round(time / tick), tick
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            out.mux(audio.encode(None))


def _hear(out: Any, audio: Any, piece: Sound, at: int) -> None:
    """Encode one piece of sound that starts at sample `at`."""
    if not piece.size:
        return
    frame = av.AudioFrame.from_ndarray(piece[None, :], format="fltp", layout="mono")
    frame.rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
    out.mux(audio.encode(frame))
