"""What the routes of videos and of comments share: texts that were cleaned, pages by the time of creation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.content import queries
from server.content.rules import Cleaned
from server.kit.errors import Invalid
from server.kit.paging import decode, encode


def said(field: str, cleaned: Cleaned) -> Cleaned:
    """The text, unless nothing is left of it. Raises Invalid."""
    if not cleaned.text:
        raise Invalid(f"Nothing is left of the {field} without its control characters.")
    return cleaned


def notices(**texts: Cleaned | None) -> list[str]:
    """What the server took out of texts, in sentences."""
    return [
        f"Control characters were taken out of the {field}: {text.removed}."
        for field, text in texts.items()
        if text is not None and text.removed
    ]


def key_of(cursor: str | None) -> queries.Key | None:
    """The place that a cursor names. Raises BadRequest."""
    if cursor is None:
        return None
    created_at, row_id = decode(cursor, datetime, UUID)
    return created_at, row_id


def next_cursor(rows: queries.Rows, limit: int) -> str | None:
    """The cursor of the page behind this one, None where there is none."""
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return encode(last.created_at, last.id)
