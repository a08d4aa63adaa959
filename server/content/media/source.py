"""Open an untrusted media file so that it can reach nothing but itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from server.content.media import sniff
from server.content.media.results import FileLimits, Refused

# A playlist, a concat script or an image sequence names other files and hosts. None of the demuxers
# below can: the whitelist of formats is the wall, the whitelist of protocols is the ditch before it.
_FORMATS = "mov,matroska,avi,mpegts,mpeg,flv,ogg,asf"
SOUND_FORMATS = "wav,mp3,flac,aac"
"""Containers of sound alone, for those who ask for them; they cannot name other files either."""
_OPTIONS = {"protocol_whitelist": "file", "enable_drefs": "0"}
_CODECS = frozenset(
    (
        *("h264", "hevc", "av1", "vp8", "vp9", "theora", "mpeg4", "h263", "msmpeg4v3", "flv1"),
        *("mpeg1video", "mpeg2video", "wmv2", "wmv3", "vc1", "mjpeg", "prores", "dvvideo"),
    )
)
_NOT_A_PICTURE_TRACK = Disposition.attached_pic | Disposition.timed_thumbnails
_HEAD = 512
_THREADS = 2


class Refusal(Exception):
    """Raised inside media work when the file cannot be accepted; carries the answer to give."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.refused = Refused(code, reason)


@contextmanager
def opened(path: Path, limits: FileLimits, *, more_formats: str = "") -> Iterator[InputContainer]:
    """Open `path` for demuxing, with every way out of the file shut; `more_formats` may be SOUND_FORMATS.

    Raises Refusal("empty" | "missing" | "not_video" | "unreadable" | "too_many_streams").
    """
    head = _head(path)
    if not head:
        raise Refusal("empty", "The file is empty.")
    formats = f"{_FORMATS},{more_formats}" if more_formats else _FORMATS
    try:
        container = av.open(
            f"file:{os.path.abspath(path)}",
            "r",
            options={**_OPTIONS, "format_whitelist": formats},
            metadata_errors="replace",  # a title in another encoding is no fault of the video
        )
    except av.FFmpegError as error:
        raise _unopened(head) from error
    with container:
        if len(container.streams) > limits.streams:
            raise Refusal(
                "too_many_streams",
                f"The file has {len(container.streams)} tracks; at most {limits.streams} are accepted.",
            )
        yield container


def video_stream(container: InputContainer, limits: FileLimits) -> VideoStream:
    """The picture track that a player shows, with a codec and a size that are accepted.

    Raises Refusal("no_video" | "unsupported_codec" | "too_many_pixels").
    """
    tracks = [s for s in container.streams.video if not s.disposition & _NOT_A_PICTURE_TRACK]
    best = container.streams.best("video")
    if not tracks:
        raise Refusal("no_video", "The file has no video track.")
    stream = best if isinstance(best, VideoStream) and best in tracks else tracks[0]
    codec = codec_name(stream)
    if codec not in _CODECS:
        raise Refusal("unsupported_codec", f"The video codec {codec or 'of this file'} is not accepted.")
    width, height = stream.width, stream.height
    if width * height > limits.pixels or max(width, height) > limits.side:
        raise Refusal(
            "too_many_pixels", f"The picture is {width} x {height} pixels; 4K is the largest accepted."
        )
    # Each decoding thread holds pictures of its own: on a machine of 64 cores they would fill the
    # worker's memory with 4K long before they made it faster.
    stream.codec_context.thread_count = _THREADS
    return stream


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The sound track that a player picks, or None when there is none that can be decoded."""
    best = container.streams.best("audio")
    if not isinstance(best, AudioStream):
        return None
    context: object = best.codec_context
    return best if context is not None and best.rate else None


def codec_name(stream: VideoStream) -> str | None:
    """The codec's standard name, whichever decoder serves it; None when the codec is unknown."""
    context: object = stream.codec_context
    return None if context is None else stream.codec_context.codec.canonical_name


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise Refusal("missing", "The file could not be read from the disk.") from error


def _unopened(head: bytes) -> Refusal:
    kind = sniff.describe(head)
    if kind is not None:
        return Refusal("not_video", f"This is {kind}, not a video.")
    return Refusal(
        "unreadable", "This is not a video that can be read: it is damaged, cut off or of another kind."
    )
