"""Rows of banks as their reader may see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from server.forensics.banks import queries
from server.forensics.banks.models import Bank, BankEntry
from server.forensics.banks.schemas import BankView, EntriesMoved, EntryView, MatchView, NotMoved, ScanView
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.errors import DomainError, NotFound

_BANK = tuple(BankView.model_fields)
_ENTRY = tuple(EntryView.model_fields.keys() - {"source_video_id"})
_MATCH = tuple(MatchView.model_fields.keys() - {"bank_id", "bank_name", "bank_kind", "original_video_id"})
_SECRET = {"entry_id": None, "original_start_ms": None, "original_end_ms": None}
"""What is told in place of what is known of an original of which the reader may know nothing."""
_SCAN = tuple(ScanView.model_fields.keys() - {"entry_id"})


def bank(row: Bank) -> BankView:
    """One bank."""
    return BankView(**_named(row, _BANK))


def entries(s: AnySession, viewer: Actor, rows: Sequence[BankEntry]) -> list[EntryView]:
    """Entries, in one more query."""
    seen = queries.seen_by(s, viewer, {row.source_video_id for row in rows if row.source_video_id})
    return [
        EntryView(
            **_named(row, _ENTRY),
            source_video_id=row.source_video_id if row.source_video_id in seen else None,
        )
        for row in rows
    ]


def moved(
    named: Sequence[UUID], known: Collection[UUID], refused: Mapping[UUID, DomainError]
) -> EntriesMoved:
    """What became of the entries that a command named: of those that are not `known` nothing."""
    missing = NotFound("There is no such entry.")
    faults = {**refused, **{one: missing for one in named if one not in known}}
    kept = [NotMoved(id=one, code=error.code, why=str(error)) for one, error in faults.items()]
    return EntriesMoved(moved=[one for one in known if one not in refused], kept=kept)


def matches(s: AnySession, viewer: Actor, rows: queries.Rows) -> list[MatchView]:
    """Matches, in two more queries."""
    originals = {row.source_video_id for row in rows if row.source_video_id}
    seen, secret = queries.seen_by(s, viewer, originals), queries.secret_to(s, viewer, originals)
    return [
        MatchView(
            **_named(row.Match, _MATCH) | (_SECRET if row.source_video_id in secret else {}),
            bank_id=row.bank_id,
            bank_name=row.name,
            bank_kind=row.kind,
            original_video_id=row.source_video_id if row.source_video_id in seen else None,
        )
        for row in rows
    ]


def scan(row: Any) -> ScanView:
    """One look through the library."""
    return ScanView(**_named(row.Scan, _SCAN), entry_id=row.id)


def _named(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
