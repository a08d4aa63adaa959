"""Hashes from others and for others, in ThreatExchange's manner: `hash`, `type` and `tags` of each.

What comes in is hostile: its size is bounded, nothing in it is believed but the digits, and no row of it can
restrict a video, be it that of a picture or of a file: nobody here has seen what is behind it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from server.forensics.banks import queries, scans
from server.forensics.banks.models import BankEntry, BankHashes
from server.forensics.banks.record import bank_changed, banks, entries, index_changed
from server.forensics.banks.rules import (
    IMPORT_MAX,
    OURS,
    REFERENCE,
    EntryState,
    needs_second,
)
from server.forensics.banks.schemas import Format, HashRow, ImportReceipt, NewImport, Skipped
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database, WriteSession
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.upsert import insert_new

UNKNOWN_QUALITY: Final = 50
"""Enough for a match, too little for a strong one."""
TYPES: Final = {
    "pdq": REFERENCE,
    "hash_pdq": REFERENCE,
    "pdq-1": REFERENCE,
    "pdq-1s": OURS,
    "sha256": None,
    "hash_sha256": None,
}
"""What a type is called there, and by which algorithm its hashes compare; None = of the file."""
WRITTEN: Final = {REFERENCE: "pdq", OURS: "pdq-1s"}
MEDIA_TYPES: Final = {Format.CSV: "text/csv; charset=utf-8", Format.JSON: "application/json"}
_HASH = re.compile(r"[0-9a-f]{64}")
_TAG = re.compile(r"[\w.:/-]{1,64}")
_TAGS_MAX = 20
_PROBLEMS_MAX = 100
_FIELD_MAX = 4_096
_ENTRIES_AT_ONCE = 20


@dataclass(frozen=True)
class Read:
    """One row that says something: the algorithm is None for the hash of a file."""

    row: int
    digits: str
    algorithm: str | None
    tags: tuple[str, ...]

    @property
    def external(self) -> str:
        """How it is known again."""
        return f"{self.algorithm or 'sha256'}:{self.digits}"


def read(body: NewImport) -> tuple[list[Read], list[Skipped]]:
    """The rows that can be taken in, and the others with what is wrong with them. Raises Invalid
    `unreadable` where there are no rows, `too_many` where there are too many."""
    found: list[Read] = []
    skipped: list[Skipped] = []
    for row, values in enumerate(_rows(body), 1):
        if row > IMPORT_MAX:
            raise Invalid(f"An import has at most {IMPORT_MAX} rows. Nothing was taken in.", code="too_many")
        one = _one(row, values)
        if isinstance(one, Read):
            found.append(one)
        else:
            skipped.append(one)
    return found, skipped


def _rows(body: NewImport) -> Iterator[dict[str, Any]]:
    unreadable = Invalid("This is no list of hashes that can be read.", code="unreadable")
    if body.format is Format.CSV:
        reader = csv.DictReader(io.StringIO(body.content), strict=True)
        try:
            names = {(name or "").strip().lower() for name in reader.fieldnames or ()}
            if not names & {"hash", "indicator"} or "type" not in names:
                raise unreadable
            for values in reader:
                yield {str(name or "").strip().lower(): value for name, value in values.items()}
        except csv.Error as error:
            raise unreadable from error
        return
    try:
        rows = json.loads(body.content)
    except (ValueError, RecursionError) as error:
        raise unreadable from error
    if isinstance(rows, dict):
        rows = rows.get("data", rows.get("items"))
    if not isinstance(rows, list):
        raise unreadable
    for row in rows:
        yield row if isinstance(row, dict) else {}


def _one(row: int, values: dict[str, Any]) -> Read | Skipped:
    digits, kind = values.get("hash", values.get("indicator")), values.get("type")
    if not isinstance(digits, str) or not isinstance(kind, str):
        return Skipped(row=row, why="no hash and type")
    if kind.strip().lower() not in TYPES:
        return Skipped(row=row, why="a type that is not known here")
    digits = digits.strip().lower()
    if not _HASH.fullmatch(digits):
        return Skipped(row=row, why="not 64 hexadecimal digits")
    return Read(row, digits, TYPES[kind.strip().lower()], _tags(values.get("tags")))


def _tags(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        given = re.split(r"[\s,;|]+", given[:_FIELD_MAX])
    if not isinstance(given, list):
        return ()
    return tuple(dict.fromkeys(tag for tag in given if isinstance(tag, str) and _TAG.fullmatch(tag)))[
        :_TAGS_MAX
    ]


def take_in(s: WriteSession, *, actor: Actor, bank_id: UUID, body: NewImport) -> ImportReceipt:
    """Make an entry of each row that the bank does not have. Those of low and medium severity are active at
    once, and looked for in the library together. Raises NotFound, Conflict `bank_disabled`, and as `read`."""
    bank = s.execute(select(banks.c.enabled).where(banks.c.id == bank_id)).one_or_none()
    if bank is None:
        raise NotFound("There is no such bank.")
    if not bank.enabled:
        raise Conflict("This bank is out of use.", code="bank_disabled")
    found, skipped = read(body)
    active, now = not needs_second(body.severity), clock.now()
    rows = {uuid4(): one for one in {one.external: one for one in found}.values()}
    added = insert_new(
        s,
        entries,
        [
            {
                "id": entry_id,
                "bank_id": bank_id,
                "state": EntryState.ACTIVE if active else EntryState.PROPOSED,
                "severity": body.severity,
                "sha256": None if one.algorithm else one.digits,
                "external": one.external,
                "algorithm": one.algorithm,
                "hashes": 1 if one.algorithm else 0,
                "tags": list(one.tags),
                "reason": body.reason,
                "proposed_by": actor.ref,
                "activated_at": now if active else None,
                "expires_at": body.expires_at,
                "created_at": now,
                "version": 1,
            }
            for entry_id, one in rows.items()
        ],
        key="id",
    )
    mine = (BankEntry.bank_id == bank_id, BankEntry.created_at == now, BankEntry.proposed_by == actor.ref)
    made = s.execute(select(BankEntry.number, BankEntry.id).where(*mine))
    numbers = {row.number: row.id for row in made if row.id in added}
    hashes = [
        {"entry": number, "algorithm": rows[entry_id].algorithm, "packed": _packed(number, rows[entry_id])}
        for number, entry_id in numbers.items()
        if rows[entry_id].algorithm
    ]
    if hashes:
        s.execute(insert(BankHashes), hashes)
    if active and numbers:
        for number in numbers:
            index_changed(s, number, live=True)
        scans.begin(s, bank_id=bank_id, first=min(numbers), last=max(numbers))
    bank_changed(s, actor, "imported", bank_id, added=len(added), skipped=len(skipped), reason=body.reason)
    return ImportReceipt(
        added=len(added),
        known=len(found) - len(added),
        skipped=len(skipped),
        problems=skipped[:_PROBLEMS_MAX],
    )


def _packed(number: int, one: Read) -> bytes:
    import numpy as np

    from server.forensics.banks import packing
    from server.forensics.hashing.index import Rows

    rows = Rows(
        hashes=np.frombuffer(bytes.fromhex(one.digits), np.uint8).reshape(1, -1),
        entry=np.array([number], np.int64),
        t_ms=np.zeros(1, np.int32),
        crop_bp=np.zeros(1, np.uint16),
        quality=np.array([UNKNOWN_QUALITY], np.uint8),
    )
    return packing.rows_packed(rows)


def record_export(s: WriteSession, *, actor: Actor, bank_id: UUID, form: Format) -> None:
    """Put on record who takes hashes with them."""
    bank_changed(s, actor, "exported", bank_id, format=str(form))


def lines(db: Database, viewer: Actor, bank_id: UUID, form: Format) -> Iterator[str]:
    """The hashes of a bank's active entries as text, piece by piece, in constant memory."""
    rows = _stream(db, viewer, bank_id)
    if form is Format.CSV:
        yield "hash,type,tags\r\n"
        for row in rows:
            yield f"{row.hash},{row.type},{' '.join(row.tags)}\r\n"
        return
    begun = "["
    for row in rows:
        yield f"{begun}\n{row.model_dump_json()}"
        begun = ","
    yield "[]\n" if begun == "[" else "\n]\n"


def _stream(db: Database, viewer: Actor, bank_id: UUID) -> Iterator[HashRow]:
    from server.forensics.banks import packing

    before: int | None = None
    while True:
        with db.read() as s:
            rows, before = queries.export_page(
                s, viewer, bank_id=bank_id, before=before, limit=_ENTRIES_AT_ONCE
            )
        for row in rows:
            tags = [*row.tags, f"severity:{row.severity}"]
            if row.sha256:
                yield HashRow(hash=row.sha256, type="sha256", tags=tags)
            if row.packed:
                found = packing.rows_of(row.packed, row.number)
                for one in found.hashes[found.crop_bp == 0]:
                    yield HashRow(hash=one.tobytes().hex(), type=WRITTEN[row.algorithm], tags=tags)
        if before is None:
            return
