"""Single frames of an untrusted file as JPEGs, with boxes drawn on a copy, made in a worker process."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

from server.content.media import worker
from server.content.media.results import FileLimits, Refused, WorkerLimits

TASK: Final = "server.forensics.pictures:draw"
MOST: Final = 24
"""Frames that are made at a time."""
LIMITS: Final = WorkerLimits(cpu_seconds=90, wall_seconds=180.0, output=24 << 20, niceness=10)
_BUDGET_PIXELS: Final = 6_000_000_000
"""What is decoded in all: some 3,000 frames of 1080p."""
_UNREADABLE: Final = Refused("worker_failed", "The pictures of this video could not be made.")


@dataclass(frozen=True)
class Wanted:
    """The frame shown at `t_ms`. `boxes` are x, y, width and height in basis points of the picture."""

    t_ms: int
    boxes: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class Still:
    """A frame as it was shown from `t_ms` on, upright, as a JPEG; `boxed` is a copy with the boxes drawn,
    where some were asked for. `wanted_ms` is the time that it was asked for by."""

    wanted_ms: int
    t_ms: int
    width: int
    height: int
    jpeg: bytes
    boxed: bytes | None


@dataclass(frozen=True)
class Drawn:
    """What the worker answers; pictures in it are bytes, in base64 on the way."""

    stills: tuple[Still, ...]


def take(
    path: Path, wanted: Sequence[Wanted], *, side: int, quality: int, cancel: Event | None = None
) -> tuple[Still, ...] | Refused:
    """The frames that decode of those wanted, at most `MOST`, in order of time, fitted into `side` x `side`
    pixels. Blocks until the worker ends or `cancel` is set; never raises for anything that the file does."""
    asked = sorted(wanted, key=lambda one: one.t_ms)[:MOST]
    if not asked:
        return ()
    answer = worker.ask(
        TASK,
        path,
        limits=LIMITS,
        cancel=cancel,
        wanted=json.dumps([[one.t_ms, one.boxes] for one in asked]),
        side=side,
        quality=quality,
    )
    if isinstance(answer, Refused):
        return answer
    try:
        return tuple(_still(one) for one in answer["stills"])
    except (LookupError, TypeError, ValueError):
        return _UNREADABLE


def _still(sent: dict[str, Any]) -> Still:
    return Still(
        wanted_ms=int(sent["wanted_ms"]),
        t_ms=int(sent["t_ms"]),
        width=int(sent["width"]),
        height=int(sent["height"]),
        jpeg=base64.b64decode(sent["jpeg"]),
        boxed=base64.b64decode(sent["boxed"]) if sent["boxed"] is not None else None,
    )


def draw(path: Path, limits: FileLimits, *, wanted: str, side: int, quality: int) -> Drawn:
    """The task of the worker. Frames that cannot be decoded are left out, and of two times within one frame
    the first counts. Raises Refusal like `probe`."""
    # Late: the server imports this module and never decodes.
    from server.content.media import source, stills
    from server.content.media.frames import read_frames

    asked = json.loads(wanted)
    made: dict[int, Still] = {}
    with source.opened(path, limits) as container:
        stream = source.video_stream(container, limits)
        table = read_frames(container, stream, limits)
        for wanted_ms, boxes in asked:
            pts = table.at(wanted_ms)
            frame = stills.frame_at(container, stream, table, pts, _BUDGET_PIXELS // len(asked))
            frame = frame or stills.keyframe(container, stream, table, table.key_before(pts))
            if frame is None:
                continue
            t_ms = table.ms(table.pts[0] if frame.pts is None else frame.pts)
            picture = stills.upright(frame, stills.shown_size(frame, side, side), "bgr24")
            boxed = stills.jpeg(_marked(picture, boxes), quality) if boxes else None
            height, width = picture.shape[:2]
            made.setdefault(t_ms, Still(wanted_ms, t_ms, width, height, stills.jpeg(picture, quality), boxed))
    return Drawn(tuple(made[t_ms] for t_ms in sorted(made)))


def _marked(picture: Any, boxes: Sequence[Sequence[int]]) -> Any:
    """A copy with the boxes: yellow on black, so that they are seen on any picture."""
    import cv2

    height, width = picture.shape[:2]
    copy = picture.copy()
    for x, y, wide, high in boxes:
        first = (x * width // 10_000, y * height // 10_000)
        last = ((x + wide) * width // 10_000, (y + high) * height // 10_000)
        for colour, thick in (((0, 0, 0), 4), ((0, 220, 255), 2)):
            cv2.rectangle(copy, first, last, colour, thick)
    return copy
