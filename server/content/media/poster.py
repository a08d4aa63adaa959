"""The one picture that stands for a video: chosen here, or where its owner wants it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from server.content.media import source, stills
from server.content.media.frames import FrameTable, read_frames
from server.content.media.results import FileLimits, Poster
from server.content.media.source import Refusal

_CANDIDATES = 5
_FIT = 640
_QUALITY = 82
# From a keyframe to the wanted frame: 20 s of 1080p, some 6 s on one core.
_BUDGET_PIXELS = 1_200_000_000


def poster(path: Path, limits: FileLimits, *, at_ms: int | None = None) -> Poster:
    """The frame shown at `at_ms`, else the liveliest of five keyframes, in colour, upright, fitted into
    640 x 640.

    Liveliest is the widest spread of grey levels: fades, black leaders and blank cards lose. It is also
    taken where nothing at `at_ms` can be decoded. Raises Refusal like `probe`.
    """
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        table = read_frames(container, stream, limits)
        frame = _wanted(container, stream, table, at_ms) or _liveliest(container, stream, table)
        if frame is None:
            raise Refusal("undecodable", "The video is damaged: no picture in it can be decoded.")
        picture = _picture(frame)
    height, width = picture.shape[:2]
    t_ms = table.ms(table.pts[0] if frame.pts is None else frame.pts)
    return Poster(jpeg=stills.jpeg(picture, _QUALITY), width=width, height=height, t_ms=t_ms)


def _wanted(
    container: InputContainer, stream: VideoStream, table: FrameTable, at_ms: int | None
) -> VideoFrame | None:
    if at_ms is None:
        return None
    pts = table.at(at_ms)
    exact = stills.frame_at(container, stream, table, pts, _BUDGET_PIXELS)
    return exact or stills.keyframe(container, stream, table, table.key_before(pts))


def _liveliest(container: InputContainer, stream: VideoStream, table: FrameTable) -> VideoFrame | None:
    best, best_spread = None, -1.0
    for frame in stills.keyframes(container, stream, table, _CANDIDATES):
        spread = float(np.std(_picture(frame)))
        if spread > best_spread:
            best, best_spread = frame, spread
    return best


def _picture(frame: VideoFrame) -> stills.Picture:
    return stills.upright(frame, stills.shown_size(frame, _FIT, _FIT), "bgr24")
