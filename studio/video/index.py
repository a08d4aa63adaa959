"""Opening a media source safely and indexing its frames by demuxing alone."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

import av
from av import VideoFrame
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from studio.video.frames import FrameTable

Source = str | os.PathLike[str] | bytes | Callable[[], BinaryIO]
"""A path, the whole file in memory, or a function that opens a fresh binary stream.

Several readers work on one source at once, each with a position of its own, so an already open
stream is not a source.
"""

# Containers that carry a video themselves. Playlists (hls, concat, dash) are left out: they make
# the demuxer open whatever the file names.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,live_flv,ogg,asf,mxf,gif,ivf,h264,hevc"
)
_MAX_PIXELS = 8192 * 8192
_THREADS = min(os.cpu_count() or 1, 4)  # more only add frames of delay


class MediaError(Exception):
    """A source that cannot be shown; `code` is stable, the text is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class MediaIndex:
    """What is known of a video before any of it is shown.

    width, height: display size in pixels, after pixel aspect and rotation.
    rotation: counter-clockwise degrees (0, 90, 180, 270) to turn the coded picture upright.
    """

    table: FrameTable
    width: int
    height: int
    rotation: int
    has_audio: bool


def open_media(source: Source) -> InputContainer:
    """Open a source for reading; the caller closes it.

    Only local files and known containers are opened, whatever the content asks for.
    Raises MediaError("unreadable").
    """
    options = {"protocol_whitelist": "file,pipe", "format_whitelist": _CONTAINERS}
    file: str | BinaryIO
    try:
        if isinstance(source, bytes):
            file = io.BytesIO(source)
        elif callable(source):
            file = source()
        else:
            file = f"file:{os.path.abspath(source)}"
        return av.open(file, mode="r", options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError("unreadable", "This file is damaged or is not a video.") from error


def video_stream(container: InputContainer) -> VideoStream:
    """The stream to review, ready to decode on a few threads.

    Raises MediaError("no_video" | "too_large").
    """
    cover = Disposition.attached_pic
    pictures = [s for s in container.streams.video if s.width and not s.disposition & cover]
    if not pictures:
        raise MediaError("no_video", "This file has no video in it.")
    stream = pictures[0]
    if stream.width * stream.height > _MAX_PIXELS:
        raise MediaError("too_large", "The picture is larger than this player can show.")
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = _THREADS
    return stream


def build_index(source: Source) -> MediaIndex:
    """Index a video; see `open_index`."""
    return open_index(source)[0]


def open_index(source: Source) -> tuple[MediaIndex, VideoFrame | None]:
    """Index a video by one pass over its packets, and give its first decodable frame.

    The frame has to be decoded anyway, to know the orientation; None when it is damaged.
    Raises MediaError("unreadable" | "no_video" | "too_large" | "no_timestamps").
    """
    with open_media(source) as container:
        stream = video_stream(container)
        first = _first_frame(container, stream)
        aspect = stream.sample_aspect_ratio or Fraction(1)
        width, height = max(1, round(stream.width * aspect)), stream.height
    rotation = round((first.rotation if first else 0) / 90) % 4 * 90
    if rotation % 180:
        width, height = height, width
    # A container opened anew: having decoded, this one has packets under way.
    with open_media(source) as container:
        table = _table(container, video_stream(container))
        has_audio = bool(container.streams.audio)
    return MediaIndex(table, width, height, rotation, has_audio), first


def _table(container: InputContainer, stream: VideoStream) -> FrameTable:
    shown: dict[int, int] = {}
    keys: set[int] = set()
    try:
        for packet in container.demux(stream):
            # Discarded packets lie outside the edit list: decoded as references, never shown.
            if packet.pts is None or packet.is_discard:
                continue
            shown[packet.pts] = packet.duration or 0
            if packet.is_keyframe:
                keys.add(packet.pts)
    except av.FFmpegError:
        pass  # a file cut short is reviewed as far as it goes
    if not shown:
        raise MediaError("no_timestamps", "This file says nothing about when its frames are shown.")
    pts = tuple(sorted(shown))
    keyframes = sorted({0, *(number for number, at in enumerate(pts) if at in keys)})
    last = shown[pts[-1]] or (pts[-1] - pts[-2] if len(pts) > 1 else 0) or 1
    time_base = stream.time_base or Fraction(1, 1000)
    return FrameTable(pts, tuple(keyframes), time_base, pts[-1] + last)


def _first_frame(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    try:
        return next(container.decode(stream), None)
    except av.FFmpegError:
        return None  # met again, and reported, when it is asked for
