"""The jobs of hash banks: hash an entry, look at an upload, look through the library.

Each step bears being repeated. Files are only ever opened in a worker process; the searching is done in the
thread of the job, which loads what it needs for that when it begins: a start of the server does not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select

from server.content.media import worker
from server.content.media.results import Refused
from server.forensics.banks import looks, matching, queries, scans, service
from server.forensics.banks.models import Fingerprint
from server.forensics.banks.rules import OURS, REFERENCE
from server.forensics.hashing.results import BANKING, LOOKING, BankHashes, QueryHashes
from server.kit import jobs
from server.kit.access import SYSTEM
from server.kit.db import Database, WriteSession
from server.kit.errors import Busy
from server.kit.stopping import until_stopping
from server.kit.storage import Store
from server.kit.upsert import insert_ignoring

if TYPE_CHECKING:
    from server.forensics.hashing.index import HashIndex

MATCH: Final = looks.MATCH
LOOK_S = 0.5
"""How often a running job looks whether its process is about to end."""
VIDEOS_AT_ONCE: Final = 100
"""Videos that a look through the library takes in one go, and then says how far it is."""
_SAME_FILE = 4
"""Rows that are looked at for what is known of a file."""
_DIED = frozenset({"worker_failed", "timed_out"})
"""What says nothing of the file: another worker may do better."""
_NOT_ITS_FAULT = (Busy, OSError, MemoryError)
"""What a search may meet without that the video that it is about is to blame."""

ResultT = TypeVar("ResultT")
log = logging.getLogger(__name__)


@jobs.workflow(MATCH, queue=jobs.HEAVY)
def match_video(video_id: str) -> None:
    """Learn how a video looks, and find it in the banks."""
    if fingerprint(video_id):
        search(video_id)


@jobs.workflow(service.HASH, queue=jobs.HEAVY)
def hash_entry(entry_id: str) -> None:
    """Hash what an entry is about, with all its crops."""
    bank(entry_id)


@jobs.workflow(scans.SCAN)
def scan_library(scan_id: str) -> None:
    """Look for new entries in all videos that are there."""
    look_through(scan_id)


@jobs.step
def fingerprint(video: str) -> bool:
    """Keep how a video looks, once a second; False when there is nothing to be searched for.

    The same bytes look the same. A file that cannot be read is kept as one that shows nothing: asking again
    would end alike. Of a worker that died nothing is kept but its end: the sweep asks again.
    """
    context, video_id = jobs.context(), UUID(video)
    with context.db.write() as s:
        sha256 = queries.file_of(s, video_id)
        if sha256 is None:
            return False
        wanted = set(queries.algorithms(s))
        _recall(s, video_id, sha256)
        known = queries.looked(s, video_id)
        if wanted <= known:
            return True
    path = Store(context.settings.media).path(sha256)
    with until_stopping(LOOK_S) as stopping:
        theirs = int(REFERENCE in wanted)
        found = _alive(
            lambda: worker.run(QueryHashes, path, limits=LOOKING, cancel=stopping, reference=theirs)
        )
    with context.db.write() as s:
        if stopping.is_set() and isinstance(found, Refused):
            looks.postpone(s, video_id)
            return False
        if isinstance(found, Refused):
            log.info("a video cannot be looked at for the banks: %s", found.code)
            if found.code in _DIED:
                looks.died(s, video_id, found.code)
                return False
            if not known:
                looks.refused(s, video_id, found.code)
        for algorithm in wanted:
            _keep(s, video_id, sha256, algorithm, found)
    return bool(known) or not isinstance(found, Refused)


def _recall(s: WriteSession, video_id: UUID, sha256: str) -> None:
    """Keep for this video what others of the same file look like."""
    same = select(Fingerprint).where(
        Fingerprint.sha256 == sha256, Fingerprint.video_id != video_id, func.length(Fingerprint.packed) > 0
    )
    for known in s.scalars(same.order_by(Fingerprint.created_at).limit(_SAME_FILE)).all():
        seen = {"duration_ms": known.duration_ms, "complete": known.complete, "packed": known.packed}
        _insert(s, video_id=video_id, sha256=sha256, algorithm=known.algorithm, **seen)


def _keep(s: WriteSession, video_id: UUID, sha256: str, algorithm: str, found: QueryHashes | Refused) -> None:
    from server.forensics.banks import packing

    seen: dict[str, object] = {"duration_ms": 0, "complete": False, "packed": b""}
    if not isinstance(found, Refused):
        packed = packing.frames_packed(found, algorithm)
        seen = {"duration_ms": found.duration_ms, "complete": found.complete, "packed": packed}
    _insert(s, video_id=video_id, sha256=sha256, algorithm=algorithm, **seen)


def _insert(s: WriteSession, **values: object) -> None:
    insert_ignoring(s, Fingerprint, values)


@jobs.step
def search(video: str) -> int:
    """Find a video in the banks; answers how many new matches there are."""
    from server.forensics.banks import library

    context, video_id = jobs.context(), UUID(video)
    with context.db.read() as s:
        hits = matching.same_file(s, video_id)
        seen = queries.looks_of(s, video_id)
    for one in seen:
        index = library.index(context.db, context.settings.data, one.algorithm)
        hits += found_in(index, one)
    with context.db.write() as s:
        looks.searched(s, video_id)
        return matching.keep(s, video_id=video_id, hits=hits)


def found_in(index: HashIndex, seen: queries.Looks) -> list[matching.Hit]:
    """What of an index is to be seen in a video."""
    from server.forensics.banks import packing
    from server.forensics.hashing import matching as hashing

    asked = packing.query_of(seen.packed, seen.duration_ms)
    if not len(asked.t_ms):
        return []
    return [matching.hit_of(hit, asked.step_ms) for hit in hashing.matches(asked, index)]


@jobs.step
def bank(entry: str) -> None:
    """Hash the file of an entry, as many frames and crops as a bank wants."""
    from server.forensics.hashing import matching as hashing

    context, entry_id = jobs.context(), UUID(entry)
    with context.db.read() as s:
        wanted = queries.to_hash(s, entry_id)
    if wanted is None:
        return
    path = Store(context.settings.media).path(wanted.sha256)
    with until_stopping(LOOK_S) as stopping:
        part = {"start_ms": wanted.start_ms or 0, "end_ms": wanted.end_ms}
        found = _alive(lambda: worker.run(BankHashes, path, limits=BANKING, cancel=stopping, **part))
    with context.db.write() as s:
        if isinstance(found, BankHashes):
            rows = hashing.rows(found, wanted.number)
            service.hashed(s, actor=SYSTEM, entry_id=entry_id, rows=rows)
        elif stopping.is_set():
            service.postpone_hash(s, entry_id=entry_id)
        elif found.code in _DIED:
            service.hash_died(s, entry_id=entry_id, code=found.code)
        else:
            service.not_hashed(s, actor=SYSTEM, entry_id=entry_id, code=found.code)


@jobs.step
def look_through(scan: str) -> None:
    """Look for the entries of a scan in every video that was ever looked at, from where it stopped."""
    from server.forensics.banks import library
    from server.forensics.hashing.index import HashIndex
    from server.forensics.hashing.pdq import Algorithm

    context, scan_id = jobs.context(), UUID(scan)
    with context.db.read() as s:
        wanted = queries.to_scan(s, scan_id)
        if wanted is None:
            return
        rows = {name: library.rows(s, wanted.entries, name) for name in (OURS, REFERENCE)}
    indexes = {name: HashIndex(algorithm=Algorithm(name)) for name in rows}
    for name, index in indexes.items():
        index.append(rows[name])
    after = wanted.after
    while not jobs.stopping():
        with context.db.read() as s:
            page = queries.looks_after(s, after, limit=VIDEOS_AT_ONCE)
            hits = queries.same_files(s, wanted.entries, page)
        if not page:
            with context.db.write() as s:
                scans.finish(s, scan_id=scan_id)
            return
        broken = _searched(indexes, page, hits)
        after = max(page)
        if not _kept(context.db, scan_id, hits, after, len(page), broken):
            return
    with context.db.write() as s:
        scans.postpone(s, scan_id=scan_id)


def _searched(
    indexes: dict[str, HashIndex],
    page: dict[UUID, list[queries.Looks]],
    hits: dict[UUID, list[matching.Hit]],
) -> set[UUID]:
    """Add to `hits` what is to be seen in some videos; answers those of which nothing could be made."""
    broken: set[UUID] = set()
    for video_id, seen in page.items():
        try:
            for one in seen:
                hits[video_id] += found_in(indexes[one.algorithm], one)
        except _NOT_ITS_FAULT:
            raise
        except Exception as error:
            log.warning("a video cannot be searched for: %s", type(error).__name__)
            broken.add(video_id)
    return broken


def _kept(
    db: Database,
    scan_id: UUID,
    hits: dict[UUID, list[matching.Hit]],
    after: UUID,
    done: int,
    broken: set[UUID],
) -> bool:
    """Keep what was found in some videos; False when the scan is not wanted any more.

    A video that is in the way of the others is left to a job of its own, which says what becomes of it.
    """
    try:
        with db.write() as s:
            found = sum(_keep_hits(s, video_id, hits) for video_id in sorted(hits))
            return _progressed(s, scan_id, after, done, found, broken)
    except _NOT_ITS_FAULT:
        raise
    except Exception as error:
        log.warning("matches are kept one video after the other: %s", type(error).__name__)
    found = 0
    for video_id in sorted(hits):
        try:
            with db.write() as s:
                found += _keep_hits(s, video_id, hits)
        except _NOT_ITS_FAULT:
            raise
        except Exception as error:
            log.warning("the matches of a video cannot be kept: %s", type(error).__name__)
            broken.add(video_id)
    with db.write() as s:
        return _progressed(s, scan_id, after, done, found, broken)


def _keep_hits(s: WriteSession, video_id: UUID, hits: dict[UUID, list[matching.Hit]]) -> int:
    return matching.keep(s, video_id=video_id, hits=hits[video_id])


def _progressed(
    s: WriteSession, scan_id: UUID, after: UUID, done: int, found: int, broken: set[UUID]
) -> bool:
    for video_id in sorted(broken):
        looks.ask_again(s, video_id)
    return scans.progress(s, scan_id=scan_id, after=after, done=done, found=found)


def _alive(run: Callable[[], ResultT | Refused]) -> ResultT | Refused:
    """What a worker says, or another one where the first died over the file."""
    found = run()
    return run() if isinstance(found, Refused) and found.code in _DIED else found
