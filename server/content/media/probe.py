"""Measure an untrusted video file: what it holds, how long it is, and that it decodes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from server.content.media import damage, source
from server.content.media.frames import FrameTable, read_frames, too_long
from server.content.media.results import FileLimits, Probe
from server.content.media.source import Refusal

# A header may round its duration, and sound may end a little after the picture; more is a cut file.
_CUT_MS = 1_000


def probe(path: Path, limits: FileLimits) -> Probe:
    """Measure the video at `path`; its name and declared type play no part.

    Raises Refusal with a sentence for people when the file is not an acceptable video.
    """
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        table = read_frames(container, stream, limits)
        first, bad = damage.examine(path, limits, table)
        sound = source.sound_stream(container)
        duration_ms = max(table.duration_ms, _sound_end_ms(container, stream, sound, table))
        if duration_ms > limits.duration_ms:
            raise Refusal("too_long", too_long(limits))
        turned = first.rotation % 180 != 0
        return Probe(
            container=container.format.name,
            duration_ms=duration_ms,
            bit_rate=table.size * 8000 // max(1, table.duration_ms),
            width=first.height if turned else first.width,
            height=first.width if turned else first.height,
            rotation=-round(first.rotation / 90) * 90 % 360,
            video_codec=source.codec_name(stream) or "",
            pixel_format=first.format.name,
            frames=len(table.pts),
            keyframes=len(table.keys),
            avg_fps=str(_average_rate(stream, table)),
            vfr=table.is_vfr,
            has_audio=sound is not None,
            audio_codec=sound.codec_context.codec.canonical_name if sound else None,
            sample_rate=sound.rate if sound else None,
            channels=sound.channels if sound else None,
            damaged_from_ms=_damaged_from_ms(container, table, bad, duration_ms),
        )


def _damaged_from_ms(
    container: InputContainer, table: FrameTable, bad: int | None, duration_ms: int
) -> int | None:
    """Where the first known damage begins: a bad keyframe, a cut packet or a missing end."""
    places = [max(0, table.ms(pts)) for pts in (bad, table.broken_at) if pts is not None]
    declared_ms = (container.duration or 0) // 1000
    if declared_ms > duration_ms + _CUT_MS:
        places.append(table.duration_ms)
    return min(places, default=None)


def _average_rate(stream: VideoStream, table: FrameTable) -> Fraction:
    """Frames a second from the frame times, or the header's figure where that agrees with them.

    They agree when the header's rate gives the same span to within the rounding of two ticks.
    """
    steps = len(table.pts) - 1
    declared = stream.average_rate
    if not steps:
        return declared or Fraction(0)
    span = (table.pts[-1] - table.pts[0]) * table.time_base
    if declared and abs(steps / declared - span) <= 2 * table.time_base:
        return declared
    return (steps / span).limit_denominator(1001)


def _sound_end_ms(
    container: InputContainer, stream: VideoStream, sound: AudioStream | None, table: FrameTable
) -> int:
    """When the sound ends, in ms from the first frame: read from its last packets, not the header."""
    if sound is None or sound.time_base is None:
        return 0
    end = Fraction(0)
    try:
        container.seek(table.end, stream=stream)
        for packet in container.demux(sound):
            if packet.pts is not None:
                end = max(end, (packet.pts + (packet.duration or 0)) * sound.time_base)
    except av.FFmpegError:
        pass
    return int((end - table.pts[0] * table.time_base) * 1000)
