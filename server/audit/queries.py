"""Reads of the audit log, newest first or as one ordered stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select

from server.audit.models import AuditEntry, AuditHead, AuditPayload
from server.audit.schemas import Entry, Head
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import AnySession, Database
from server.kit.errors import NotFound
from server.kit.paging import Page, key_of, trim

BATCH = 1_000
CLEARANCE = "moderation.restricted"


@dataclass(frozen=True)
class Filter:
    """What to look for; None = anything. `after` is included, `before` is not."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    after: datetime | None = None
    before: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        exact = {AuditEntry.actor: self.actor, AuditEntry.action: self.action, AuditEntry.target: self.target}
        found = [column == value for column, value in exact.items() if value is not None]
        if self.after is not None:
            found.append(AuditEntry.at >= _as_stored(self.after))
        if self.before is not None:
            found.append(AuditEntry.at < _as_stored(self.before))
        return found


def _as_stored(at: datetime) -> str:
    """The text that the chain hashed for an instant; it sorts as the instants do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def entries(s: AnySession, reader: Actor, wanted: Filter, *, cursor: str | None, limit: int) -> Page[Entry]:
    """One page of what the reader may see, newest first."""
    query = _select(reader, wanted).order_by(AuditEntry.seq.desc()).limit(limit + 1)
    before = key_of(cursor, int)
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    shown, then = trim(s.execute(query).all(), limit, lambda row: (row.seq,))
    return Page(items=[_entry(row) for row in shown], next_cursor=then)


def entry(s: AnySession, reader: Actor, seq: int) -> Entry:
    """One entry. Raises NotFound."""
    row = s.execute(_select(reader, Filter()).where(AuditEntry.seq == seq)).one_or_none()
    if row is None:
        raise NotFound("The audit log has no such entry.")
    return _entry(row)


def stream(db: Database, reader: Actor, wanted: Filter) -> Iterator[Entry]:
    """Every entry that the reader may see, up to the newest at the start, oldest first; no session stays
    open between batches."""
    with db.read() as s:
        last = s.scalar(select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)) or 0
    after = 0
    while after < last:
        query = (
            _select(reader, wanted)
            .where(AuditEntry.seq > after, AuditEntry.seq <= last)
            .order_by(AuditEntry.seq)
            .limit(BATCH)
        )
        with db.read() as s:
            batch = [_entry(row) for row in s.execute(query)]
        yield from batch
        after = batch[-1].seq if len(batch) == BATCH else last


def head(s: AnySession, keys: Keys) -> Head:
    """Where the chain and its signature stand."""
    newest = s.execute(
        select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    ).one_or_none()
    sealed = s.execute(
        select(AuditHead.seq, AuditHead.at).order_by(AuditHead.seq.desc()).limit(1)
    ).one_or_none()
    seq, sealed_to = newest.seq if newest else 0, sealed.seq if sealed else 0
    return Head(
        seq=seq,
        hash=newest.hash.hex() if newest else None,
        sealed_to=sealed_to,
        sealed_at=datetime.fromisoformat(sealed.at) if sealed else None,
        unsealed=max(seq - sealed_to, 0),
        public_key=keys.signer.public_key().public_bytes_raw().hex(),
    )


def _select(reader: Actor, wanted: Filter) -> Select[*tuple[Any, ...]]:
    """No number of what is left out goes with it: how many there are under a filter would name them all."""
    found = (
        select(
            AuditEntry.seq,
            AuditEntry.at,
            AuditEntry.actor,
            AuditEntry.action,
            AuditEntry.target,
            AuditEntry.restricted,
            AuditEntry.hash,
            AuditEntry.prev_hash,
            AuditPayload.json,
            AuditPayload.erased_at,
        )
        .outerjoin(AuditPayload, AuditPayload.seq == AuditEntry.seq)
        .where(*wanted.conditions())
    )
    return found if reader.can(CLEARANCE) else found.where(AuditEntry.restricted.is_(False))


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        seq=row.seq,
        at=datetime.fromisoformat(row.at),
        actor=row.actor,
        action=row.action,
        target=row.target,
        restricted=row.restricted,
        data=json.loads(row.json) if row.json is not None else None,
        erased_at=row.erased_at,
        hash=row.hash.hex(),
        prev_hash=row.prev_hash.hex(),
    )
