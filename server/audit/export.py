"""Writes audit entries as CSV (RFC 4180) or as one JSON object a line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from server.audit.schemas import Entry, ExportFormat

MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSONL: "application/x-ndjson",
}
COLUMNS = ("seq", "at", "actor", "action", "target", "restricted", "data", "erased_at", "prev_hash", "hash")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def lines(entries: Iterable[Entry], form: ExportFormat) -> Iterator[str]:
    """The text of the export, piece by piece."""
    return _csv(entries) if form is ExportFormat.CSV else (f"{e.model_dump_json()}\n" for e in entries)


def _csv(entries: Iterable[Entry]) -> Iterator[str]:
    yield _row(COLUMNS)
    for entry in entries:
        plain = entry.model_dump(mode="json")
        data = json.dumps(plain["data"], ensure_ascii=False) if plain["data"] is not None else ""
        yield _row([cell({**plain, "data": data}[column]) for column in COLUMNS])


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
