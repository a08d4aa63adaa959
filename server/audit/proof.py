"""An extract of the chain that carries its own proof, for somebody who does not have the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from server.audit.models import AuditEntry, AuditHead, AuditPayload
from server.audit.queries import CLEARANCE
from server.audit.service import head_message, link
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import AnySession

MOST: Final = 2_000
"""Entries in an extract: the newest."""
HOW: Final = (
    "hash = SHA-256(prev_hash, then the canonical JSON of seq, at, actor, action, target, restricted and "
    "data, where data is data_commit in hex); data_commit = SHA-256(salt, then details). head is signed "
    "with Ed25519. Entries between those listed are about other things: that their hashes are links of the "
    "chain below the head is checked with the log itself (`python -m server audit verify`)."
)


def extract(s: AnySession, reader: Actor, keys: Keys, target: str, *, details: bool) -> dict[str, Any]:
    """What the reader may see of the entries about `target`, oldest first, with the newest signed head.
    Without `details` only the hash of what they say goes along."""
    mine = (
        select(AuditEntry, AuditPayload)
        .outerjoin(AuditPayload, AuditPayload.seq == AuditEntry.seq)
        .where(AuditEntry.target == target)
    )
    if not reader.can(CLEARANCE):
        mine = mine.where(AuditEntry.restricted.is_(False))
    rows = s.execute(mine.order_by(AuditEntry.seq.desc()).limit(MOST)).all()
    head = s.scalars(select(AuditHead).order_by(AuditHead.seq.desc()).limit(1)).one_or_none()
    return {
        "how": HOW,
        "public_key": keys.signer.public_key().public_bytes_raw().hex(),
        "head": _head(head) if head else None,
        "entries": [_entry(entry, payload if details else None) for entry, payload in reversed(rows)],
    }


def _head(head: AuditHead) -> dict[str, Any]:
    return {"seq": head.seq, "hash": head.hash.hex(), "at": head.at, "signature": head.signature.hex()}


def _entry(entry: AuditEntry, payload: AuditPayload | None) -> dict[str, Any]:
    told = payload is not None and payload.json is not None
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "restricted": entry.restricted,
        "data_commit": entry.data_commit.hex(),
        "salt": payload.salt.hex() if payload is not None and told else None,
        "details": payload.json if payload is not None else None,
        "prev_hash": entry.prev_hash.hex(),
        "hash": entry.hash.hex(),
    }


def faults(given: Mapping[str, Any]) -> Iterator[str]:
    """What does not hold in an extract, by nothing but what it carries."""
    before: Mapping[str, Any] | None = None
    for each in given["entries"]:
        own = link(
            bytes.fromhex(each["prev_hash"]),
            **{name: each[name] for name in ("seq", "at", "actor", "action", "target", "restricted")},
            commit=bytes.fromhex(each["data_commit"]),
        )
        if own.hex() != each["hash"]:
            yield f"entry {each['seq']} is not what its hash says"
        if each["details"] is not None:
            salted = bytes.fromhex(each["salt"]) + each["details"].encode()
            if hashlib.sha256(salted).hexdigest() != each["data_commit"]:
                yield f"the details of entry {each['seq']} are not what it commits to"
        if before is not None and before["seq"] + 1 == each["seq"] and before["hash"] != each["prev_hash"]:
            yield f"entry {each['seq']} does not follow the one before it"
        before = each
    head = given["head"]
    if head is None:
        yield "no signed head"
        return
    message = head_message(head["seq"], bytes.fromhex(head["hash"]), head["at"])
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(given["public_key"]))
        key.verify(bytes.fromhex(head["signature"]), message)
    except InvalidSignature:
        yield "the head is not signed with this key"
    if before is not None and before["seq"] > head["seq"]:
        yield "the head is older than the newest entry"
