"""Append to the audit chain in the caller's transaction, and seal its head with a signature."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Executable, Table, bindparam, insert, select, text, update

from server.audit.models import GENESIS, AuditEntry, AuditHead, AuditPayload
from server.kit import clock
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import WriteSession
from server.kit.errors import NotFound

ERASED = "audit.erased"
"""The action of the entry without which erased details count as wiped."""

# On tables, not on mapped classes, and built once: nearly every transaction of the server runs these.
_entries, _payloads = cast(Table, AuditEntry.__table__), cast(Table, AuditPayload.__table__)
_LAST: dict[str, Executable] = {
    "sqlite": select(_entries.c.seq, _entries.c.hash).order_by(_entries.c.seq.desc()).limit(1),
    "postgresql": text("SELECT seq, hash FROM audit_last_in_turn()"),
}
_LINK, _KEEP = insert(_entries), insert(_payloads)
_details: dict[str, Any] = {"seq": bindparam("of"), "salt": bindparam("salt"), "json": bindparam("json")}
_LINK_AND_KEEP = insert(_entries).add_cte(insert(_payloads).values(_details).cte("kept"))
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


@dataclass(frozen=True)
class Draft:
    """An entry that waits for the end of its transaction, where it gets its place in the chain."""

    at: str
    actor: str
    action: str
    target: str
    restricted: bool
    salt: bytes
    json: str

    @property
    def commit(self) -> bytes:
        return hashlib.sha256(self.salt + self.json.encode()).digest()


def canonical(value: dict[str, Any]) -> str:
    """JSON with sorted keys, no white space and no floats: the same bytes everywhere (cf. RFC 8785).

    Raises TypeError for a float, which every language writes in its own way.
    """
    _refuse_floats(value)
    return _canonical.encode(value)


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a float in an audit entry: use whole numbers")
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)


def link(
    prev_hash: bytes,
    *,
    seq: int,
    at: str,
    actor: str,
    action: str,
    target: str,
    restricted: bool,
    commit: bytes,
) -> bytes:
    """The hash of one entry."""
    body = {
        "seq": seq,
        "at": at,
        "actor": actor,
        "action": action,
        "target": target,
        "restricted": restricted,
        "data": commit.hex(),
    }
    return hashlib.sha256(prev_hash + canonical(body).encode()).digest()


def record(
    s: WriteSession, *, actor: Actor, action: str, target: str, restricted: bool = False, **data: Any
) -> None:
    """Add an entry to the caller's transaction. `action` is `domain.verb`, `target` is `kind:id`.

    One that is `restricted` tells of the restricted class and is shown to cleared readers only.

    The chain's lock is taken last, just before COMMIT, so that it is held for the shortest time.
    """
    draft = Draft(
        at=clock.now().isoformat(timespec="microseconds"),
        actor=actor.ref,
        action=action,
        target=target,
        restricted=restricted,
        salt=os.urandom(16),
        json=canonical(data),
    )
    s.info.setdefault("audit", []).append(draft)
    s.before_commit("audit", _append, last=True)


def erase(s: WriteSession, *, actor: Actor, seq: int, reason: str) -> None:
    """Erase the details of entry `seq` for privacy, and put that on record in the same transaction.

    The entry itself stays in the chain. Raises NotFound when it has no details (any more).
    """
    erased = s.changed_one(
        update(AuditPayload)
        .where(AuditPayload.seq == seq, AuditPayload.json.is_not(None))
        .values(json=None, erased_at=clock.now())
    )
    if not erased:
        raise NotFound("There are no details to erase in this audit entry.")
    hidden = s.execute(select(AuditEntry.restricted).where(AuditEntry.seq == seq)).scalar_one()
    record(s, actor=actor, action=ERASED, target=entry_target(seq), restricted=hidden, reason=reason)


def restrict(
    s: WriteSession, table: type[Any], row_id: UUID, *, actor: Actor, action: str, target: str
) -> bool:
    """Set `restricted_class` of a row for good, and tell the cleared; False when it is set already."""
    open_row = (table.id == row_id) & table.restricted_class.is_(False)
    done = s.changed_one(update(table).where(open_row).values(restricted_class=True))
    if done:
        record(s, actor=actor, action=action, target=target, restricted=True)
    return done


def entry_target(seq: int) -> str:
    """How one entry names another."""
    return f"audit:{seq}"


def _append(s: WriteSession) -> None:
    drafts: list[Draft] = s.info.pop("audit")
    last = _last_in_turn(s)
    seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
    entries, payloads = [], []
    for draft in drafts:
        seq += 1
        fields: dict[str, Any] = {
            "at": draft.at,
            "actor": draft.actor,
            "action": draft.action,
            "target": draft.target,
            "restricted": draft.restricted,
        }
        own = link(prev, seq=seq, commit=draft.commit, **fields)
        entries.append({"seq": seq, **fields, "data_commit": draft.commit, "prev_hash": prev, "hash": own})
        payloads.append({"seq": seq, "salt": draft.salt, "json": draft.json})
        prev = own
    if s.core.dialect.name == "postgresql":
        # All others wait for this transaction from its turn to its end: every round trip counts.
        both = zip(entries, payloads, strict=True)
        s.core.execute(_LINK_AND_KEEP, [{**entry, **kept, "of": kept["seq"]} for entry, kept in both])
    else:
        s.core.execute(_LINK, entries)
        s.core.execute(_KEEP, payloads)


def _last_in_turn(s: WriteSession) -> Any | None:
    """The newest link, once no other transaction can add one."""
    return s.core.execute(_LAST[s.core.dialect.name]).one_or_none()


def head_message(seq: int, own: bytes, at: str) -> bytes:
    """What the signature of a head is over."""
    return f"creator-studio audit head {seq} {own.hex()} {at}".encode()


def seal(s: WriteSession, keys: Keys) -> int | None:
    """Sign the newest entry; answers its seq, or None when the chain is empty or already sealed there."""
    last = _last_in_turn(s)
    sealed = s.execute(select(AuditHead.seq).order_by(AuditHead.seq.desc()).limit(1)).scalar()
    if last is None or last.seq == sealed:
        return None
    at = clock.now().isoformat(timespec="microseconds")
    signature = keys.signer.sign(head_message(last.seq, last.hash, at))
    s.add(AuditHead(seq=last.seq, hash=last.hash, at=at, signature=signature))
    return int(last.seq)


def head_is_signed(head: AuditHead, keys: Keys) -> bool:
    """Whether the signature of `head` is ours."""
    from cryptography.exceptions import InvalidSignature

    try:
        keys.signer.public_key().verify(head.signature, head_message(head.seq, head.hash, head.at))
    except InvalidSignature:
        return False
    return True
