"""Cutting a byte stream into lines, for NDJSON and server-sent events."""

from __future__ import annotations


class LineTooLong(ValueError):
    """A line grew beyond the limit: the sender is broken or hostile."""


class LineSplitter:
    r"""Splits on LF (a CR before it is dropped) and on nothing else.

    `str.splitlines` also cuts at U+2028, U+0085 and others, which JSON text may hold unescaped.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without their line ends.

        Raises LineTooLong when the unfinished line exceeds `max_bytes`.
        """
        if b"\n" not in chunk:
            self._rest += chunk
            lines = []
        else:
            first, *lines = chunk.split(b"\n")
            lines.insert(0, bytes(self._rest) + first)
            self._rest = bytearray(lines.pop())
        if len(self._rest) > self._max_bytes:
            raise LineTooLong(f"a line is longer than {self._max_bytes} bytes")
        return [line.removesuffix(b"\r") for line in lines]

    def rest(self) -> bytes:
        """Return what came after the last line end."""
        return bytes(self._rest)
