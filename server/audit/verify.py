"""Walk the whole chain and say the first thing that does not hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from server.audit.models import GENESIS, AuditEntry, AuditHead, AuditPayload
from server.audit.service import ERASED, entry_target, head_is_signed, link
from server.kit.crypto import Keys
from server.kit.db import AnySession

BATCH = 5_000


@dataclass(frozen=True)
class Verdict:
    """`broken_at` is the first bad seq (None = whole); `unsealed` counts what follows the last head."""

    entries: int
    sealed_to: int
    unsealed: int
    broken_at: int | None
    reason: str | None

    @property
    def whole(self) -> bool:
        return self.broken_at is None


def verify(s: AnySession, keys: Keys) -> Verdict:
    """Check every link, every payload against its commitment or its erasure, and every head's signature.

    Details may be erased where a later entry says so. A head above the last entry means that the tail was
    cut off. Runs at about 100,000 entries a second.
    """
    heads = {head.seq: head for head in s.scalars(select(AuditHead).order_by(AuditHead.seq))}
    sealed_to = max(heads, default=0)
    seq, prev = 0, GENESIS
    unexplained: dict[str, int] = {}  # By target of the entry that is still to say so

    def broken(at: int, reason: str) -> Verdict:
        return Verdict(seq, sealed_to, max(seq - sealed_to, 0), at, reason)

    for entry, payload in _entries(s):
        if entry.seq != seq + 1:
            return broken(seq + 1, f"entry {seq + 1} is missing")
        if entry.prev_hash != prev:
            return broken(entry.seq, f"entry {entry.seq} does not follow the one before it")
        own = link(
            prev,
            seq=entry.seq,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            target=entry.target,
            restricted=entry.restricted,
            commit=entry.data_commit,
        )
        if entry.hash != own:
            return broken(entry.seq, f"entry {entry.seq} was changed after it was written")
        if payload is None:
            return broken(entry.seq, f"the details of entry {entry.seq} are missing")
        if payload.json is not None:
            if hashlib.sha256(payload.salt + payload.json.encode()).digest() != entry.data_commit:
                return broken(entry.seq, f"the details of entry {entry.seq} were changed")
        else:
            unexplained[entry_target(entry.seq)] = entry.seq
        if entry.action == ERASED and entry.target != entry_target(entry.seq):
            unexplained.pop(entry.target, None)
        head = heads.get(entry.seq)
        if head and (head.hash != own or not head_is_signed(head, keys)):
            return broken(entry.seq, f"the signed head at entry {entry.seq} does not match the chain")
        seq, prev = entry.seq, own
    if sealed_to > seq:
        return broken(
            seq + 1, f"the log ends at entry {seq}, but a signed head proves that {sealed_to} existed"
        )
    if unexplained:
        first = min(unexplained.values())
        return broken(
            first, f"the details of entry {first} are gone, and no later entry says who erased them"
        )
    return Verdict(seq, sealed_to, seq - sealed_to, None, None)


def _entries(s: AnySession) -> Iterator[tuple[AuditEntry, AuditPayload | None]]:
    after = 0
    while True:
        batch = s.execute(
            select(AuditEntry, AuditPayload)
            .outerjoin(AuditPayload, AuditPayload.seq == AuditEntry.seq)
            .where(AuditEntry.seq > after)
            .order_by(AuditEntry.seq)
            .limit(BATCH)
        ).all()
        yield from ((entry, payload) for entry, payload in batch)
        if len(batch) < BATCH:
            return
        after = batch[-1][0].seq
        s.expunge_all()
