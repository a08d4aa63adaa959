"""Draw a storyboard: small grey stills over the length of a video, on one sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from server.content.media import source, stills
from server.content.media.frames import FrameTable, read_frames
from server.content.media.results import FileLimits, Storyboard
from server.content.media.source import Refusal

STILLS = 60
WIDTH = 160
_TALLEST = 400
_COLUMNS = 10
_QUALITY = 70
_STILLS_A_SECOND = 2
# With fewer keyframes than this the stills are taken exactly, by decoding: a clip of one long GOP
# would else be one still. The budget is about 3,800 frames of 1080p, some 15 s on one core.
_FEWEST_KEYFRAMES = 12
_BUDGET_PIXELS = 8_000_000_000


def storyboard(path: Path, limits: FileLimits) -> Storyboard:
    """Up to 60 stills of the video at `path`, 160 px wide, upright, spread evenly over its time.

    Taken from keyframes by seeking, so that hours cost seconds; where keyframes are few, from exact
    frames. Stills that do not decode are left out. Raises Refusal like `probe`.
    """
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        table = read_frames(container, stream, limits)
    # Opened anew: not every container can be wound back to its very first frame.
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        cells: list[stills.Picture] = []
        t_ms: list[int] = []
        size = (0, 0)
        for frame in _frames(container, stream, table):
            size = size if cells else stills.shown_size(frame, WIDTH, _TALLEST)
            cells.append(stills.upright(frame, size, "gray"))
            t_ms.append(table.ms(table.pts[0] if frame.pts is None else frame.pts))
    if not cells:
        raise Refusal("undecodable", "The video is damaged: no picture in it can be decoded.")
    columns = min(_COLUMNS, len(cells))
    return Storyboard(
        sheet=stills.jpeg(_sheet(cells, columns), _QUALITY),
        columns=columns,
        cell_width=size[0],
        cell_height=size[1],
        t_ms=tuple(t_ms),
    )


def _frames(container: InputContainer, stream: VideoStream, table: FrameTable) -> Iterator[VideoFrame]:
    count = min(STILLS, max(_FEWEST_KEYFRAMES, table.duration_ms * _STILLS_A_SECOND // 1000))
    if len(table.keys) >= min(_FEWEST_KEYFRAMES, len(table.pts)):
        return stills.keyframes(container, stream, table, count)
    return stills.exact_frames(container, stream, stills.evenly(table.pts, count), _BUDGET_PIXELS)


def _sheet(cells: list[stills.Picture], columns: int) -> stills.Picture:
    """The cells row by row in a grid; what is left of the last row is black."""
    height, width = cells[0].shape
    rows = -(-len(cells) // columns)
    sheet = np.zeros((rows * height, columns * width), np.uint8)
    for i, cell in enumerate(cells):
        top, left = i // columns * height, i % columns * width
        sheet[top : top + height, left : left + width] = cell
    return sheet
