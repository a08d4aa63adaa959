"""Decode single pictures out of a video: keyframes by seeking, or exact frames in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from server.content.media.frames import FrameTable

Picture = NDArray[np.uint8]
Item = TypeVar("Item")


def evenly(items: Sequence[Item], count: int) -> list[Item]:
    """At most `count` of `items`, evenly spread, with the first and the last among them."""
    if len(items) <= count:
        return list(items)
    if count == 1:
        return [items[0]]
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]


def keyframe(
    container: InputContainer, stream: VideoStream, table: FrameTable, pts: int
) -> VideoFrame | None:
    """The keyframe at exactly `pts`; None when its packet is not found or does not decode.

    AVI, MPEG-TS and MPEG-PS may land behind the wanted packet, so a miss is tried again from the
    keyframe before and then from the start of the file.
    """
    for start in dict.fromkeys((pts, table.key_before(pts - 1), None)):
        try:
            if start is None:
                container.seek(0)
            else:
                container.seek(start, stream=stream)
            for packet in container.demux(stream):
                time = packet.dts if packet.pts is None else packet.pts
                if time == pts and packet.size:
                    decoded = [*stream.decode(packet), *stream.decode(None)]
                    return decoded[0] if decoded and not decoded[0].is_corrupt else None
                if time is not None and time > pts and packet.is_keyframe:
                    break
        except av.FFmpegError:
            continue
    return None


def decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Every frame of a file just opened that comes out; packets that do not decode are skipped."""
    stream.thread_type = "AUTO"
    for packet in container.demux(stream):
        yield from _decoded(stream, packet)


def keyframes(
    container: InputContainer, stream: VideoStream, table: FrameTable, count: int
) -> Iterator[VideoFrame]:
    """Up to `count` keyframes spread evenly over time; those that do not decode are left out."""
    first, last = table.pts[0], table.pts[-1]
    wanted = [first + (last - first) * i // max(1, count - 1) for i in range(count)]
    for pts in sorted({table.key_before(time) for time in wanted}):
        frame = keyframe(container, stream, table, pts)
        if frame is not None:
            yield frame


def exact_frames(
    container: InputContainer, stream: VideoStream, wanted: Sequence[int], budget: int
) -> Iterator[VideoFrame]:
    """The frames shown at the times `wanted` (ascending pts), in one pass over a file just opened.

    Stops early once `budget` pixels were decoded, so that a long file cannot hold a worker for
    minutes.
    """
    waiting = list(reversed(wanted))
    for frame in decoded(container, stream):
        budget -= frame.width * frame.height
        if waiting and frame.pts is not None and frame.pts >= waiting[-1]:
            while waiting and frame.pts >= waiting[-1]:
                waiting.pop()
            yield frame
        if not waiting or budget < 0:
            return


def frame_at(
    container: InputContainer, stream: VideoStream, table: FrameTable, pts: int, budget: int
) -> VideoFrame | None:
    """The frame shown at `pts`, or the last one between it and its keyframe that decodes, within `budget`
    pixels; None where there is none.

    Like `keyframe`, it begins at an earlier place where a container lands behind the wanted one.
    """
    key = table.key_before(pts)
    best, best_at = None, key - 1
    for start in dict.fromkeys((key, table.key_before(key - 1), None)):
        for time, frame in _frames_from(container, stream, start):
            budget -= frame.width * frame.height
            # What comes before the keyframe may lack the pictures it refers to.
            if best_at < time <= pts and not frame.is_corrupt:
                best, best_at = frame, time
            if time >= pts or budget < 0:
                break
        if best_at == pts or budget < 0:
            break
    return best


def span(
    container: InputContainer, stream: VideoStream, table: FrameTable, first: int, last: int, budget: int
) -> Iterator[VideoFrame]:
    """The frames shown from pts `first` to `last`, in order, those that do not decode left out.

    Stops early once `budget` pixels were decoded. Where a container lands behind `first`, what it shows from
    there on is given.
    """
    stream.thread_type = "AUTO"
    for time, frame in _frames_from(container, stream, table.key_before(first)):
        budget -= frame.width * frame.height
        if time > last or budget < 0:
            return
        if time >= first and not frame.is_corrupt:
            yield frame


def _frames_from(
    container: InputContainer, stream: VideoStream, start: int | None
) -> Iterator[tuple[int, VideoFrame]]:
    """The frames with their times, from where the container lands for `start` (None: its beginning)."""
    try:
        if start is None:
            container.seek(0)
        else:
            container.seek(start, stream=stream)
        for packet in container.demux(stream):
            for frame in _decoded(stream, packet):
                if frame.pts is not None:
                    yield frame.pts, frame
    except av.FFmpegError:
        return


def _decoded(stream: VideoStream, packet: Any) -> list[VideoFrame]:
    try:
        return stream.decode(packet)
    except av.FFmpegError:
        return []


def shown_size(frame: VideoFrame, width: int, height: int) -> tuple[int, int]:
    """The upright size of `frame` scaled down to fit into `width` x `height`, at least 1 x 1."""
    shown = (frame.height, frame.width) if frame.rotation % 180 else (frame.width, frame.height)
    scale = min(width / shown[0], height / shown[1], 1.0)
    return max(1, round(shown[0] * scale)), max(1, round(shown[1] * scale))


def upright(frame: VideoFrame, size: tuple[int, int], pixels: str) -> Picture:
    """`frame` scaled to the upright `size` (width, height) and turned by its display matrix.

    `pixels` is "gray" for a (height, width) array or "bgr24" for (height, width, 3).
    """
    turns = round(frame.rotation / 90) % 4
    width, height = size[::-1] if turns % 2 else size
    small = frame.reformat(width=width, height=height, format=pixels, interpolation="AREA", threads=1)
    picture: NDArray[Any] = small.to_ndarray()
    return np.ascontiguousarray(np.rot90(picture, turns))


def jpeg(picture: Picture, quality: int) -> bytes:
    """`picture` (grey or BGR) as a JPEG of the given quality, 0..100."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("the JPEG encoder refused a picture")
    return data.tobytes()
