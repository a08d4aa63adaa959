"""The index of all active entries, in files that the processes of this machine share, up to the database."""

from __future__ import annotations

import logging
import shutil
import threading
from pathlib import Path

from sqlalchemy import func, select

from server.forensics.banks import packing
from server.forensics.banks.models import BankChange, BankHashes
from server.forensics.banks.rules import INDEX_FOLDER
from server.forensics.hashing.index import HashIndex, Rows
from server.forensics.hashing.pdq import Algorithm
from server.forensics.hashing.segments import Damaged
from server.kit.db import AnySession, Database

_AT_ONCE = 200
"""Changes that are taken in as one."""

log = logging.getLogger(__name__)
_open: dict[Path, HashIndex] = {}
_guard = threading.Lock()


def index(db: Database, data: Path, algorithm: str) -> HashIndex:
    """The index of one algorithm, with everything in it that had been committed when this was called.

    For jobs: what is missing is read from the database, and a first search maps its files.
    """
    with _guard:
        found = _open.get(data / algorithm) or _opened(data, algorithm)
        _open[data / algorithm] = found
        if _catch_up(db, found):
            return found
        # A restored backup: the files know changes that never were.
        log.warning("the index of %s is ahead of the database: it is made anew", algorithm)
        made = _opened(data, algorithm, anew=True)
        _open[data / algorithm] = made
        _catch_up(db, made)
        return made


def _opened(data: Path, algorithm: str, *, anew: bool = False) -> HashIndex:
    """The newest generation of the files, or the next one: files that others map cannot be taken away."""
    root = data / INDEX_FOLDER
    found = sorted(root.glob(f"{algorithm}.*"), key=lambda path: int(path.suffix[1:]))
    newest = int(found[-1].suffix[1:]) if found else 0
    number = newest + 1 if anew or not found else newest
    for old in found[:-1]:
        shutil.rmtree(old, ignore_errors=True)
    try:
        return HashIndex(root / f"{algorithm}.{number}", algorithm=Algorithm(algorithm))
    except Damaged as error:
        log.warning("the index is made anew: %s", error)
        return HashIndex(root / f"{algorithm}.{number + 1}", algorithm=Algorithm(algorithm))


def _catch_up(db: Database, found: HashIndex) -> bool:
    """Take in what the database has beyond the index; False when the index is beyond the database."""
    while True:
        # Read once: another process may raise it while the changes are read that follow it.
        since = found.position
        with db.read() as s:
            last = s.scalar(select(func.max(BankChange.position))) or 0
            if since > last:
                return False
            changes = s.execute(
                select(BankChange.position, BankChange.entry, BankChange.live)
                .where(BankChange.position > since)
                .order_by(BankChange.position)
                .limit(_AT_ONCE)
            ).all()
            if not changes:
                return True
            state = {row.entry: row.live for row in changes}
            there = s.scalars(
                select(BankChange.entry)
                .distinct()
                .where(BankChange.entry.in_(state), BankChange.position < changes[0].position)
            ).all()
            added = rows(s, [entry for entry, live in state.items() if live], found.algorithm)
        found.replace(there, added, since=since, position=changes[-1].position)


def rows(s: AnySession, entries: list[int], algorithm: str) -> Rows:
    """The rows of entries as they lie in the database."""
    stored = s.execute(
        select(BankHashes.entry, BankHashes.packed)
        .where(BankHashes.entry.in_(entries), BankHashes.algorithm == algorithm)
        .order_by(BankHashes.entry)
    ).all()
    return packing.joined([packing.rows_of(row.packed, row.entry) for row in stored])
