"""The jobs of hash banks: hash an entry, look at an upload, look through the library.

Each step bears being repeated. Files are only ever opened in a worker process; the searching is done in the
thread of the job, which loads what it needs for that when it begins: a start of the server does not.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from sqlalchemy import select

from server.content.media import worker
from server.content.media.results import Refused
from server.forensics.banks import matching, queries, scans, service
from server.forensics.banks.models import Fingerprint
from server.forensics.banks.rules import OURS, REFERENCE
from server.forensics.hashing.results import BANKING, LOOKING, BankHashes, QueryHashes
from server.kit import jobs
from server.kit.access import SYSTEM
from server.kit.db import Database, WriteSession
from server.kit.storage import Store
from server.kit.upsert import insert_ignoring

if TYPE_CHECKING:
    from server.forensics.hashing.index import HashIndex

MATCH: Final = "forensics.match_video"
"""The job that looks at a video and searches for it in all banks."""
LOOK_S = 0.5
"""How often a running job looks whether its process is about to end."""
VIDEOS_AT_ONCE: Final = 100
"""Videos that a look through the library takes in one go, and then says how far it is."""
_SAME_FILE = 4
"""Rows that are looked at for what is known of a file."""
_DIED = frozenset({"worker_failed", "timed_out"})

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


def ask(s: WriteSession, video_id: UUID) -> None:
    """Queue a look at a video."""
    jobs.enqueue(s, MATCH, video_id)


@jobs.step
def fingerprint(video: str) -> bool:
    """Keep how a video looks, once a second; False when there is nothing to be searched for.

    The same bytes look the same. A file that cannot be read is kept as one that shows nothing: asking again
    would end alike.
    """
    context, video_id = jobs.context(), UUID(video)
    with context.db.write() as s:
        sha256 = queries.file_of(s, video_id)
        if sha256 is None:
            return False
        wanted = set(queries.algorithms(s))
        _recall(s, video_id, sha256)
        if wanted <= queries.looked(s, video_id):
            return True
    path = Store(context.settings.media).path(sha256)
    with _until_stopping() as stopping:
        theirs = int(REFERENCE in wanted)
        found = _alive(
            lambda: worker.run(QueryHashes, path, limits=LOOKING, cancel=stopping, reference=theirs)
        )
    with context.db.write() as s:
        if stopping.is_set() and isinstance(found, Refused):
            ask(s, video_id)
            return False
        if isinstance(found, Refused):
            log.info("a video cannot be looked at for the banks: %s", found.code)
        for algorithm in wanted:
            _keep(s, video_id, sha256, algorithm, found)
    return not isinstance(found, Refused)


def _recall(s: WriteSession, video_id: UUID, sha256: str) -> None:
    """Keep for this video what others of the same file look like."""
    same = select(Fingerprint).where(Fingerprint.sha256 == sha256, Fingerprint.video_id != video_id)
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
    for looks in seen:
        index = library.index(context.db, context.settings.data, looks.algorithm)
        hits += found_in(index, looks)
    with context.db.write() as s:
        return matching.keep(s, video_id=video_id, hits=hits)


def found_in(index: HashIndex, looks: queries.Looks) -> list[matching.Hit]:
    """What of an index is to be seen in a video."""
    from server.forensics.banks import packing
    from server.forensics.hashing import matching as hashing

    asked = packing.query_of(looks.packed, looks.duration_ms)
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
    with _until_stopping() as stopping:
        part = {"start_ms": wanted.start_ms or 0, "end_ms": wanted.end_ms}
        found = _alive(lambda: worker.run(BankHashes, path, limits=BANKING, cancel=stopping, **part))
    with context.db.write() as s:
        if isinstance(found, BankHashes):
            rows = hashing.rows(found, wanted.number)
            service.hashed(s, actor=SYSTEM, entry_id=entry_id, rows=rows)
        elif stopping.is_set():
            jobs.enqueue(s, service.HASH, entry_id)
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
        for video_id, seen in page.items():
            for looks in seen:
                hits[video_id] += found_in(indexes[looks.algorithm], looks)
        after = max(page)
        if not _kept(context.db, scan_id, hits, after, len(page)):
            return
    with context.db.write() as s:
        jobs.enqueue(s, scans.SCAN, scan_id)


def _kept(db: Database, scan_id: UUID, hits: dict[UUID, list[matching.Hit]], after: UUID, done: int) -> bool:
    """Keep what was found in some videos; False when the scan is not wanted any more."""
    with db.write() as s:
        found = sum(matching.keep(s, video_id=video, hits=those) for video, those in hits.items())
        return scans.progress(s, scan_id=scan_id, after=after, done=done, found=found)


def _alive(run: Callable[[], ResultT | Refused]) -> ResultT | Refused:
    """What a worker says, or another one where the first died over the file."""
    found = run()
    return run() if isinstance(found, Refused) and found.code in _DIED else found


@contextmanager
def _until_stopping() -> Iterator[threading.Event]:
    """An event that is set when this process is about to end, so that a worker is not left alone."""
    ending, over = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_S):
            if jobs.stopping():
                ending.set()
                return

    thread = threading.Thread(target=watch, name="bank-watch", daemon=True)
    thread.start()
    try:
        yield ending
    finally:
        over.set()
        thread.join()
