"""Makes a bundle piece by piece in threads of its own, and stops where nobody takes it any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Final

from server.content.media.results import Refused
from server.forensics import pictures
from server.forensics.bundle import summary, tables
from server.forensics.bundle.archive import Archive
from server.forensics.bundle.case import Case
from server.forensics.bundle.tables import Member
from server.forensics.pictures import Still, Wanted
from server.kit.crypto import Keys

AT_ONCE: Final = 2
"""Pieces that are made at a time, of all bundles: the threads of the requests are not used."""
FRAMES_AT_ONCE: Final = 6
"""Frames of one piece: something is sent every few seconds."""
SIDE, QUALITY = 1280, 88

_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bundle")
Piece = Callable[[], list[Member]]


class NoLonger(Exception):
    """The video may not be exported as it was begun: it became restricted, or was deleted."""


async def bundle(case: Case, file: Path, keys: Keys, allowed: Callable[[], bool]) -> AsyncIterator[bytes]:
    """The bytes of the zip. Closed before its end, it ends what works on it.

    `allowed` is asked before each piece. Raises NoLonger where it says no: an answer that just ended there
    would pass for a whole one, so the connection has to break.
    """
    loop = asyncio.get_running_loop()
    archive, cancel = Archive(case.at), Event()
    about = {
        "format": 1,
        "video": case.video["id"],
        "file_sha256": case.video["sha256"],
        "restricted_class": case.restricted,
        "made_at": case.at.isoformat(),
        "made_by": case.by,
    }
    try:
        for piece in pieces(case, file, cancel):
            made = await loop.run_in_executor(_pool, _made, archive, piece, allowed)
            if made is None:
                raise NoLonger
            yield made
        yield await loop.run_in_executor(_pool, archive.close, keys, about)
    finally:
        cancel.set()
        del archive  # while what it writes to is there: an exception's frames are collected in any order


def _made(archive: Archive, piece: Piece, allowed: Callable[[], bool]) -> bytes | None:
    if not allowed():
        return None
    members = piece()
    return archive.add(members) if allowed() else None


def pieces(case: Case, file: Path, cancel: Event) -> Iterator[Piece]:
    """What makes the members, in their order; each takes seconds at most."""
    yield partial(tables.documents, case)
    yield partial(tables.signals, case)
    kept: list[Still] = []
    notes: list[dict[str, object]] = []
    wanted = iter(case.moments())
    while some := list(islice(wanted, FRAMES_AT_ONCE)):
        yield partial(_frames, file, some, cancel, kept, notes)
    if not case.restricted:
        yield lambda: [("frames.json", tables.as_json(notes))]
    yield lambda: [("summary.pdf", summary.pdf(case, kept))]


def _frames(
    file: Path, wanted: list[Wanted], cancel: Event, kept: list[Still], notes: list[dict[str, object]]
) -> list[Member]:
    """Frames as they are, and with the boxes drawn; `notes` says what each shows, or why there is none."""
    stills = pictures.take(file, wanted, side=SIDE, quality=QUALITY, cancel=cancel)
    if isinstance(stills, Refused):
        notes += [{"wanted_ms": one.t_ms, "none": stills.code} for one in wanted]
        return []
    boxes = {one.t_ms: one.boxes for one in wanted}
    there = {note.get("file") for note in notes}
    made: list[Member] = []
    for still in stills:
        name = f"frames/{still.t_ms:09}ms.jpg"
        if name in there:
            continue
        made.append((name, still.jpeg))
        boxed = None
        if still.boxed is not None:
            boxed = f"frames/{still.t_ms:09}ms-boxes.jpg"
            made.append((boxed, still.boxed))
        kept.append(still)
        notes.append(
            {
                "wanted_ms": still.wanted_ms,
                "shown_from_ms": still.t_ms,
                "file": name,
                "with_boxes": boxed,
                "boxes_bp": [list(box) for box in boxes.get(still.wanted_ms, ())],
            }
        )
    return made
