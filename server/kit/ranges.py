"""Byte ranges of a file over HTTP (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.kit.errors import RangeNotSatisfiable

_ONE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """Bytes `start` up to, not including, `end` of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The value of the Content-Range header."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def asked_for(range_header: str | None, *, size: int, if_range: str | None, etag: str) -> Span | None:
    """The one range that a GET asks for; None when the whole file is to be sent.

    That is also so for what the RFC lets a server ignore: a malformed header, another unit, several ranges,
    and a range of another version of the file (`if_range` is not its `etag`). Raises RangeNotSatisfiable.
    """
    match = _ONE.fullmatch((range_header or "").strip())
    if match is None or (if_range is not None and if_range != etag):
        return None
    first, last = (int(digits) if digits else None for digits in match.groups())
    if first is None:
        if last is None:
            return None
        first, last = max(size - last, 0) if last else size, size - 1
    elif last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable(f"The file has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
    return Span(first, min(size if last is None else last + 1, size), size)
