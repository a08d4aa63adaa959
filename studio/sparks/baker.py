"""A process that bakes sparks, one after the other: `python -m studio.sparks.baker`.

Reads orders from standard input and writes what became of them to standard output, both as frames: a letter,
the length in 4 bytes (little-endian), the bytes. In: `O` an order as JSON, with its number, then `C` the
content; at any time `X`, the number up to which orders are given up. Out: `P` per mille and, of a sketch, `F`
the number of all its pictures in 2 bytes and a flipbook of the next ones, as often as there are; then `R` the
result or `E` why there is none. Ends with its input.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
from queue import SimpleQueue
from typing import IO, Final

from studio.sparks.order import Kind, Order

_HEAD: Final = struct.Struct("<cI")
COUNT: Final = struct.Struct("<H")
LARGEST: Final = 64 << 20


def put(pipe: IO[bytes], letter: bytes, data: bytes) -> None:
    """Write one frame. Raises OSError."""
    pipe.write(_HEAD.pack(letter, len(data)) + data)
    pipe.flush()


def get(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """Read one frame; None at the end. Raises EOFError in the middle of one, ValueError for what is none."""
    head = _read(pipe, _HEAD.size)
    if not head:
        return None
    if len(head) < _HEAD.size:
        raise EOFError("it ended within a frame")
    letter, length = _HEAD.unpack(head)
    if length > LARGEST:
        raise ValueError(f"a frame of {length} bytes cannot be")
    data = _read(pipe, length)
    if len(data) < length:
        raise EOFError("it ended within a frame")
    return letter, data


def _read(pipe: IO[bytes], length: int) -> bytes:
    """So many bytes, fewer at the end; a pipe that is not buffered gives them in pieces."""
    data = b""
    while len(data) < length and (more := pipe.read(length - len(data))):
        data += more
    return data


class GivenUp(Exception):
    """Nobody wants any more what is being baked."""


class _Orders:
    """Reads on a thread of its own: what is given up is heard of while it is baked."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.given_up = 0
        self._frames: SimpleQueue[bytes | None] = SimpleQueue()
        threading.Thread(target=self._read, args=(pipe,), name="spark-orders", daemon=True).start()

    def next(self) -> bytes | None:
        """The next order or content; None at the end."""
        return self._frames.get()

    def _read(self, pipe: IO[bytes]) -> None:
        try:
            while (frame := get(pipe)) is not None:
                if frame[0] == b"X":
                    self.given_up = int(frame[1])
                else:
                    self._frames.put(frame[1])
        finally:
            self._frames.put(None)


def main() -> int:
    """Bake until the input ends."""
    if hasattr(os, "nice"):
        os.nice(10)  # whoever watches a video needs the processor more
    # Not buffered: the thread would hold the buffer's lock while the process ends, and abort it.
    orders, answers = _Orders(open(0, "rb", buffering=0, closefd=False)), sys.stdout.buffer  # noqa: SIM115
    sys.stdout = sys.stderr  # whatever prints must not end up among the frames
    from studio.sparks.engine import make

    while (asked := orders.next()) is not None and (content := orders.next()) is not None:
        said = json.loads(asked)
        order = Order(Kind(said["kind"]), said["sha256"], said["seed"], said["sender"])
        last = -1

        def tell(share: float, number: int = said["number"]) -> None:
            nonlocal last
            if orders.given_up >= number:
                raise GivenUp
            if (now := int(share * 100)) != last:
                last = now
                put(answers, b"P", str(int(share * 1000)).encode())

        def take(count: int, flipbook: bytes) -> None:
            put(answers, b"F", COUNT.pack(count) + flipbook)

        try:
            put(answers, b"R", make(order, content, tell, take))
        except Exception as error:  # a broken spark must not take the next ones with it
            put(answers, b"E", f"{type(error).__name__}: {error}".encode()[:2_000])
    return 0


if __name__ == "__main__":
    sys.exit(main())
