"""Find out whether a video decodes, and from where on it no longer does."""

from __future__ import annotations

from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from server.content.media import source, stills
from server.content.media.frames import FrameTable
from server.content.media.results import FileLimits
from server.content.media.source import Refusal

# A clip within the budget (half a minute of 1080p, some 4 s of work) is decoded whole, a longer one
# is sampled at this many keyframes.
_BUDGET_PIXELS = 2_000_000_000
_SAMPLES = 16


def examine(path: Path, limits: FileLimits, table: FrameTable) -> tuple[VideoFrame, int | None]:
    """A frame that decoded, and the pts of the first that did not (None when all that were tried did).

    Raises Refusal("undecodable") when nothing decodes.
    """
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        pixels = stream.width * stream.height * len(table.pts)
        good, bad = (_whole if pixels <= _BUDGET_PIXELS else _sampled)(container, stream, table)
    if good is None:
        raise Refusal("undecodable", "The video is damaged: no picture in it can be decoded.")
    return good, bad


def _whole(
    container: InputContainer, stream: VideoStream, table: FrameTable
) -> tuple[VideoFrame | None, int | None]:
    """Decode everything; bad is the first frame of the table that comes out corrupt or not at all."""
    good: VideoFrame | None = None
    shown: set[int] = set()
    untimed = 0
    for frame in stills.decoded(container, stream):
        if frame.is_corrupt:
            continue
        good = good or frame
        if frame.pts is None:
            untimed += 1
        else:
            shown.add(frame.pts)
    missing = [pts for pts in table.pts if pts not in shown]
    # Frames that come out without a time stand for as many of the table.
    return good, missing[0] if len(missing) > untimed else None


def _sampled(
    container: InputContainer, stream: VideoStream, table: FrameTable
) -> tuple[VideoFrame | None, int | None]:
    """Decode keyframes from the first to the last; between a good and a bad one they are bisected."""
    good: VideoFrame | None = None
    whole, bad = -1, None
    for place in stills.evenly(range(len(table.keys)), _SAMPLES):
        frame = stills.keyframe(container, stream, table, table.keys[place])
        good = good or frame
        if bad is None and frame is None:
            bad = place
        elif bad is None:
            whole = place
    if good is None or bad is None:
        return good, None
    while bad - whole > 1:
        middle = (bad + whole) // 2
        if stills.keyframe(container, stream, table, table.keys[middle]) is None:
            bad = middle
        else:
            whole = middle
    return good, table.keys[bad]
