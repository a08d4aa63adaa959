"""Keyset pages: a cursor names the last row seen, so deep pages cost what the first one does."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, overload
from uuid import UUID

from server.kit.errors import BadRequest
from server.kit.wire import Page

__all__ = ["Page", "decode", "encode", "key_of", "trim"]

Key = int | str | datetime | UUID | None
Row = TypeVar("Row")
One = TypeVar("One")
Other = TypeVar("Other")


def encode(*keys: Key) -> str:
    """An opaque cursor out of the sort keys of the last row of a page."""
    plain = [k.isoformat() if isinstance(k, datetime) else str(k) if isinstance(k, UUID) else k for k in keys]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[Any]:
    """The sort keys of a cursor made by `encode`, read back as `kinds`; BadRequest for other text."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        if not isinstance(plain, list) or len(plain) != len(kinds):
            raise ValueError("wrong number of keys")
        return [_read(value, kind) for value, kind in zip(plain, kinds, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError) as error:
        raise BadRequest("This cursor was not made by this server.", code="bad_cursor") from error


@overload
def key_of(cursor: str | None, kind: type[One], /) -> One | None: ...


@overload
def key_of(cursor: str | None, kind: type[One], other: type[Other], /) -> tuple[One, Other] | None: ...


def key_of(cursor: str | None, /, *kinds: type) -> Any:
    """The sort key that a page begins behind: of one kind bare, of two a tuple; None for the first page.
    Raises BadRequest as `decode` does."""
    if cursor is None:
        return None
    keys = decode(cursor, *kinds)
    return keys[0] if len(keys) == 1 else tuple(keys)


def trim(
    rows: Sequence[Row], limit: int, key: Callable[[Row], tuple[Key, ...]]
) -> tuple[Sequence[Row], str | None]:
    """The rows of a page of `limit`, out of one row more that was asked for, and the cursor of the next page;
    None where that one row did not come. `key` gives the sort keys of a row."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode(*key(rows[limit - 1]))


def _read(value: Any, kind: type) -> Any:
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("naive time")
        return at.astimezone(UTC)
    if kind is UUID and isinstance(value, str):
        return UUID(value)
    if kind is int and type(value) is int and -(2**63) <= value < 2**63:
        return value
    if kind is str and isinstance(value, str) and "\x00" not in value:
        value.encode()  # half of a surrogate pair is a ValueError here, and a fault in the database
        return value
    raise ValueError(f"{value!r} is not a {kind.__name__} key")
