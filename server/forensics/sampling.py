"""Decodes an untrusted file into a MediaSample; only ever called in the worker process."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from server.content.media import source, stills
from server.content.media.frames import FrameTable, read_frames
from server.content.media.progress import Progress, silent
from server.content.media.results import FileLimits
from server.content.media.source import Refusal
from server.forensics import sound as sounds
from server.forensics.faces.tracks import Tracker
from server.forensics.sample import Facts, MediaSample, Still, Window
from server.forensics.sound import Sound
from server.forensics.windows import choose

SIDE = 960
SCAN_FPS = 2.5
MOST_STILLS = 120
MOST_READ, READ_EVERY_MS, READ_SIDE = 8, 2_500, 1_280
"""For words: so many stills, one in so many ms, so large. A still takes up to half a second to read."""
WINDOW_MS = 10_000
_FEWEST_KEYFRAMES = 24
# Some 70 s of 1080p are decoded whole, a longer video is sampled at its keyframes.
_SCAN_PIXELS = 4_500_000_000
_WINDOW_PIXELS = 2_500_000_000
_STEP_MS = 30
_LOOK_EVERY_MS = 500
_TRACKS = 3
_COVER_MS = 500
_TAGS, _TAG_LENGTH = 24, 120
_HEARD_BP, _SCANNED_BP, DECODED_BP = 500, 4_500, 7_500
"""How much of an analysis is done once the sound, the scan and the window are, by the time that they take."""


def take(
    path: Path, limits: FileLimits, *, window_ms: int = WINDOW_MS, progress: Progress = silent
) -> MediaSample:
    """Decode the file at `path`: picture, sound or both, whichever it has.

    `window_ms` is the length of the stretch in which every frame is looked at. Raises Refusal like `probe`
    when there is neither.
    """
    with source.opened(path, limits, more_formats=source.SOUND_FORMATS) as container:
        stream, refused = _picture(container, limits)
        if stream is None:
            return _sound_only(path, container, limits, refused)
        table = read_frames(container, stream, limits)
        facts = _facts(container, stream, table)
    sound = _sound(path, limits, facts.duration_ms, table.pts[0] * table.time_base)
    progress.tell(_HEARD_BP)
    scanned = tuple(progress.over(_scan(path, limits, table), _wanted(table), _HEARD_BP, _SCANNED_BP))
    if not scanned and sound is None:
        raise Refusal("undecodable", "The video is damaged: no picture in it can be decoded.")
    progress.tell(_SCANNED_BP)
    span = choose(sound, scanned, facts.duration_ms, window_ms)
    window = None if span is None else _window(path, limits, table, scanned, span, progress)
    progress.tell(DECODED_BP)
    return MediaSample(
        path=str(path),
        facts=facts,
        stills=scanned,
        window=window,
        sound=sound,
        coverage_bp=_coverage(scanned, window, facts.duration_ms),
    )


def take_words(path: Path, limits: FileLimits) -> MediaSample:
    """Decode what words may be in: a few larger stills, without faces, and the sound. Raises Refusal like
    `take`."""
    with source.opened(path, limits, more_formats=source.SOUND_FORMATS) as container:
        stream, refused = _picture(container, limits)
        if stream is None:
            return _sound_only(path, container, limits, refused)
        table = read_frames(container, stream, limits)
        facts = _facts(container, stream, table)
    sound = _sound(path, limits, facts.duration_ms, table.pts[0] * table.time_base)
    seen = tuple(_seen(path, limits, table))
    if not seen and sound is None:
        raise Refusal("undecodable", "The video is damaged: no picture in it can be decoded.")
    heard = 0 if sound is None else round(10_000_000 * sound.seconds / max(1, facts.duration_ms))
    return MediaSample(
        path=str(path),
        facts=facts,
        stills=seen,
        sound=sound,
        coverage_bp=max(min(10_000, heard), _coverage(seen, None, facts.duration_ms)),
    )


def _seen(path: Path, limits: FileLimits, table: FrameTable) -> Iterator[Still]:
    count = max(1, min(MOST_READ, table.duration_ms // READ_EVERY_MS))
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        for frame in _spaced(container, stream, table, count, len(table.keys) >= count):
            t_ms = table.ms(table.pts[0] if frame.pts is None else frame.pts)
            picture = stills.upright(frame, stills.shown_size(frame, READ_SIDE, READ_SIDE), "bgr24")
            yield Still(t_ms, picture, ())


def _picture(container: InputContainer, limits: FileLimits) -> tuple[VideoStream | None, Refusal]:
    try:
        return source.video_stream(container, limits), Refusal("no_video", "")
    except Refusal as refusal:
        return None, refusal


def _sound_only(path: Path, container: InputContainer, limits: FileLimits, refused: Refusal) -> MediaSample:
    stream = source.sound_stream(container)
    if refused.refused.code != "no_video" or stream is None:
        raise refused
    duration_ms = int((container.duration or 0) / 1000)
    if duration_ms > limits.duration_ms:
        raise Refusal("too_long", "The sound is longer than the longest accepted.")
    zero = Fraction(0)
    if stream.start_time is not None and stream.time_base is not None:
        zero = stream.start_time * stream.time_base
    sound = sounds.read(container, stream, duration_ms, zero)
    if not sound.pieces:
        raise Refusal("undecodable", "The sound is damaged: nothing in it can be decoded.")
    duration_ms = max(duration_ms, sound.pieces[-1].end_ms)
    return MediaSample(
        path=str(path),
        facts=Facts(
            container=container.format.name,
            duration_ms=duration_ms,
            tags=_tags(container),
            **_heard(container),
        ),
        sound=sound,
        coverage_bp=min(10_000, round(sound.seconds * 10_000_000 / max(1, duration_ms))),
    )


def _sound(path: Path, limits: FileLimits, duration_ms: int, zero: Fraction) -> Sound | None:
    with source.opened(path, limits, more_formats=source.SOUND_FORMATS) as container:
        stream = source.sound_stream(container)
        if stream is None:
            return None
        sound = sounds.read(container, stream, duration_ms, zero)
    return sound if sound.pieces else None


def _scan(path: Path, limits: FileLimits, table: FrameTable) -> Iterator[Still]:
    tracker = Tracker()
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        for frame in _frames(container, stream, table):
            t_ms = table.ms(table.pts[0] if frame.pts is None else frame.pts)
            picture = stills.upright(frame, stills.shown_size(frame, SIDE, SIDE), "bgr24")
            yield Still(t_ms, picture, tuple(tracker.look(picture, t_ms)))


def _frames(container: InputContainer, stream: VideoStream, table: FrameTable) -> Iterator[VideoFrame]:
    pixels = stream.width * stream.height * len(table.pts)
    by_key = pixels > _SCAN_PIXELS and len(table.keys) >= _FEWEST_KEYFRAMES
    return _spaced(container, stream, table, _wanted(table), by_key)


def _spaced(
    container: InputContainer, stream: VideoStream, table: FrameTable, count: int, by_key: bool
) -> Iterator[VideoFrame]:
    """So many frames over the whole length; `by_key`, keyframes alone."""
    if by_key:
        return stills.keyframes(container, stream, table, count)
    # Frames that no other refers to are the first to go when time is short; most of a scan needs none.
    stream.codec_context.skip_frame = "NONREF"
    wanted = stills.evenly(table.pts, count) if not table.is_vfr else _spread(table, count)
    return stills.exact_frames(container, stream, wanted, _SCAN_PIXELS)


def _wanted(table: FrameTable) -> int:
    """How many stills the scan takes."""
    return max(1, min(MOST_STILLS, int(table.duration_ms * SCAN_FPS / 1000)))


def _spread(table: FrameTable, count: int) -> list[int]:
    """Frames evenly spread by time, not by number."""
    times = (i * table.duration_ms // count for i in range(count))
    return sorted({table.at(ms) for ms in times})


def _window(
    path: Path,
    limits: FileLimits,
    table: FrameTable,
    scanned: tuple[Still, ...],
    span: tuple[int, int],
    progress: Progress,
) -> Window | None:
    """The faces on every frame of the span, at most some 33 a second; the largest three are followed."""
    tracker = Tracker()
    near = min(scanned, key=lambda still: abs(still.t_ms - span[0]))
    tracker.resume(near.faces, span[0], _tracks(scanned))
    times: list[int] = []
    seen: list[dict[int, np.ndarray]] = []
    looked = -_LOOK_EVERY_MS
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        first, last = table.at(span[0]), table.at(span[1])
        frames = stills.span(container, stream, table, first, last, _WINDOW_PIXELS)
        count = bisect_right(table.pts, last) - bisect_left(table.pts, first)
        for frame in progress.over(frames, count, _SCANNED_BP, DECODED_BP):
            t_ms = table.ms(frame.pts or 0)
            if times and t_ms - times[-1] < _STEP_MS:
                continue
            picture = stills.upright(frame, stills.shown_size(frame, SIDE, SIDE), "bgr24")
            faces = [] if t_ms - looked >= _LOOK_EVERY_MS else tracker.follow(picture, t_ms)
            if not faces:
                faces, looked = tracker.look(picture, t_ms), t_ms
            largest = sorted(faces, key=lambda face: -face.size)[:_TRACKS]
            times.append(t_ms)
            seen.append({face.track: face.points for face in largest})
    tracks = sorted({track for faces_ in seen for track in faces_})
    if not tracks:
        return None
    meshes = {t: np.full((len(times), 468, 2), np.nan, np.float32) for t in tracks}
    for i, row in enumerate(seen):
        for track, points in row.items():
            meshes[track][i] = points
    return Window(np.array(times, np.int64), meshes)


def _tracks(scanned: tuple[Still, ...]) -> int:
    return max((face.track + 1 for still in scanned for face in still.faces), default=0)


def _coverage(scanned: tuple[Still, ...], window: Window | None, duration_ms: int) -> int:
    """The share of half seconds that a still or the window falls into or next to, in basis points."""
    steps = max(1, -(-duration_ms // _COVER_MS))
    covered = np.zeros(steps, np.bool_)
    times = [still.t_ms for still in scanned] + ([] if window is None else window.t_ms.tolist())
    for t_ms in times:
        step = min(steps - 1, max(0, t_ms // _COVER_MS))
        covered[max(0, step - 1) : step + 2] = True
    return round(10_000 * float(covered.mean()))


def _facts(container: InputContainer, stream: VideoStream, table: FrameTable) -> Facts:
    declared_ms = int((container.duration or 0) / 1000)
    seconds = max(table.duration_ms, 1) / 1000
    return Facts(
        container=container.format.name,
        duration_ms=table.duration_ms,
        width=stream.width,
        height=stream.height,
        frames=len(table.pts),
        keyframes=len(table.keys),
        fps=round(len(table.pts) / seconds, 3),
        vfr=table.is_vfr,
        video_codec=source.codec_name(stream) or "",
        pixel_format=str(stream.pix_fmt or ""),
        bit_rate=round(table.size * 8 / seconds),
        damaged=table.broken_at is not None or declared_ms > table.duration_ms * 2 + 10_000,
        tags=_tags(container),
        **_heard(container),
    )


def _heard(container: InputContainer) -> dict[str, Any]:
    stream = source.sound_stream(container)
    if stream is None:
        return {}
    return {
        "audio_codec": stream.codec_context.codec.canonical_name,
        "sample_rate": int(stream.rate or 0),
        "channels": int(stream.channels or 0),
    }


def _tags(container: InputContainer) -> dict[str, str]:
    """The texts of the container and its tracks, cut: they are a stranger's."""
    found = {str(key).lower(): str(value) for key, value in container.metadata.items()}
    for i, stream in enumerate(container.streams):
        found |= {f"{i}.{str(key).lower()}": str(value) for key, value in stream.metadata.items()}
    kept = sorted(found.items())[:_TAGS]
    return {
        key[:_TAG_LENGTH]: "".join(c for c in value if c.isprintable())[:_TAG_LENGTH] for key, value in kept
    }
