"""Sample a video and hash what is shown; runs in a worker process, for the file is untrusted.

The parent asks by `worker.run(QueryHashes, path)` or `worker.run(BankHashes, path)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from av.video.frame import VideoFrame

from server.content.media import source, stills
from server.content.media.frames import FrameTable, read_frames
from server.content.media.results import FileLimits
from server.content.media.source import Refusal
from server.forensics.hashing.pdq import Algorithm, Hash, Picture, both_ways, pdq_small, shrunk
from server.forensics.hashing.results import BankHashes, QueryHashes
from server.forensics.hashing.trim import Trimmer
from server.forensics.hashing.variants import variants

QUERY_STEP_MS: Final = 1_000
BANK_STEP_MS: Final = 60
"""What lies at least between two frames that are looked at for a bank: a copy may be cut anywhere, and a
quick pan moves a hash by 40 bits within 100 ms."""
BANK_REST_MS: Final = 500
"""How often at least a frame is kept of what hardly moves."""
BANK_MOVED_BITS: Final = 10
"""What a frame must differ by from the one kept before to be kept sooner."""
MOST_QUERY: Final = 600
MOST_BANK: Final = 9_000
_BUDGET_PIXELS = 10_000_000_000
"""Decoded in a row for a query: some 160 s of 1080p at 30 frames a second. Beyond, keyframes alone."""
_FARTHEST_KEYS_MS = 10_000
"""Keyframes further apart than this find no re-upload; then as much of the beginning is hashed as may be."""
_BANK_BUDGET_PIXELS = 40_000_000_000
_FULL_SIDE = 1 << 14

Sampled = Iterator[tuple[int, Picture, Picture]]
"""Time in ms, the upright picture shrunk and without bars, and the upright picture as it is."""


def query_hashes(path: Path, limits: FileLimits, *, reference: int = 0) -> QueryHashes:
    """One frame each second, both ways round; of a video too long for that up to 600 keyframes, by seeking.

    With `reference` 1 each frame is hashed as the lists of others have it, too. Raises Refusal like `probe`.
    """
    table, size = _table(path, limits)
    wanted = _wanted(table, 0, table.duration_ms, QUERY_STEP_MS)
    long = size * len(table.pts) > _BUDGET_PIXELS
    sparse = long and len(table.keys) * _FARTHEST_KEYS_MS > table.duration_ms
    times, quality, hashes, flipped = [], [], [], []
    theirs: list[tuple[Hash, Hash]] = []
    pictures = (
        _keyframes(path, limits, table, min(MOST_QUERY, len(wanted)))
        if sparse
        else _exact(path, limits, table, stills.evenly(wanted, MOST_QUERY), _BUDGET_PIXELS)
    )
    for t_ms, picture, whole in pictures:
        upright, mirrored = both_ways(picture)
        times.append(t_ms)
        quality.append(upright.quality)
        hashes.append(upright.bits)
        flipped.append(mirrored.bits)
        if reference:
            theirs.append(both_ways(whole, Algorithm.PDQ_1))
    _some(times)
    return QueryHashes(
        algorithm=Algorithm.PDQ_1S,
        duration_ms=table.duration_ms,
        complete=times[-1] + _FARTHEST_KEYS_MS >= table.ms(wanted[-1]),
        t_ms=tuple(times),
        quality=tuple(quality),
        hashes=b"".join(hashes),
        flipped=b"".join(flipped),
        reference_quality=tuple(upright.quality for upright, _ in theirs),
        reference=b"".join(upright.bits for upright, _ in theirs),
        reference_flipped=b"".join(mirrored.bits for _, mirrored in theirs),
    )


def bank_hashes(
    path: Path, limits: FileLimits, *, start_ms: int = 0, end_ms: int | None = None
) -> BankHashes:
    """Two frames a second from `start_ms` to `end_ms` (None: to the end) with their crops, and up to sixteen
    where something moves.

    Looked at 9,000 times at most: of more than ten minutes the frames lie further apart, and re-uploads of it
    may be missed; so bank the part that matters. Takes minutes; `results.BANKING` is what the worker needs.
    Raises Refusal like `probe`.
    """
    table, _ = _table(path, limits)
    if start_ms and start_ms >= table.duration_ms:
        # What is shown there is the last frame, which is none of this part.
        raise Refusal("empty_part", "The part begins where the video has ended.")
    end = table.duration_ms if end_ms is None else min(end_ms, table.duration_ms)
    wanted = stills.evenly(_apart(table, start_ms, end), MOST_BANK)
    times, crops, quality, hashes = [], [], [], []
    kept: tuple[int, Hash] | None = None
    for t_ms, picture, _ in _exact(path, limits, table, wanted, _BANK_BUDGET_PIXELS):
        whole = pdq_small(picture)
        if kept and t_ms - kept[0] < BANK_REST_MS and whole.distance(kept[1]) < BANK_MOVED_BITS:
            continue
        kept = t_ms, whole
        for crop_bp, found in variants(picture):
            times.append(t_ms)
            crops.append(crop_bp)
            quality.append(found.quality)
            hashes.append(found.bits)
    _some(times)
    return BankHashes(
        algorithm=Algorithm.PDQ_1S,
        duration_ms=table.duration_ms,
        t_ms=tuple(times),
        crop_bp=tuple(crops),
        quality=tuple(quality),
        hashes=b"".join(hashes),
    )


def _table(path: Path, limits: FileLimits) -> tuple[FrameTable, int]:
    """The times of all frames, and the pixels of one."""
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        return read_frames(container, stream, limits), stream.width * stream.height


def _wanted(table: FrameTable, start_ms: int, end_ms: int, step_ms: int) -> list[int]:
    """The pts of the frames shown at every step, each once."""
    return sorted({table.at(ms) for ms in range(start_ms, max(end_ms, start_ms + 1), step_ms)})


def _apart(table: FrameTable, start_ms: int, end_ms: int) -> list[int]:
    """The frame shown at `start_ms` and those that come after it before `end_ms`, none too near another."""
    wanted = [table.at(start_ms)]
    for pts in table.pts:
        if table.ms(pts) - table.ms(wanted[-1]) >= BANK_STEP_MS and table.ms(pts) < end_ms:
            wanted.append(pts)
    return wanted


def _exact(path: Path, limits: FileLimits, table: FrameTable, wanted: list[int], budget: int) -> Sampled:
    # Opened anew: not every container can be wound back to its very first frame.
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        if table.key_before(wanted[0]) > table.pts[0]:
            container.seek(table.key_before(wanted[0]), stream=stream)
        yield from _pictures(stills.exact_frames(container, stream, wanted, budget), table)


def _keyframes(path: Path, limits: FileLimits, table: FrameTable, count: int) -> Sampled:
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        yield from _pictures(stills.keyframes(container, stream, table, count), table)


def _pictures(frames: Iterator[VideoFrame], table: FrameTable) -> Sampled:
    trimmer = Trimmer()
    for frame in frames:
        if frame.pts is None or frame.is_corrupt:
            continue
        full = stills.upright(frame, stills.shown_size(frame, _FULL_SIDE, _FULL_SIDE), "rgb24")
        yield table.ms(frame.pts), trimmer.trim(shrunk(full)), full


def _some(times: list[int]) -> None:
    """Raises Refusal where nothing was hashed."""
    if not times:
        raise Refusal("undecodable", "The video is damaged: no picture in it can be decoded.")
