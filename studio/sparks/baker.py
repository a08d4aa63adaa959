"""A process that bakes sparks, one after the other: `python -m studio.sparks.baker`.

Reads orders from standard input and writes what became of them to standard output, both as frames: a letter,
the length in 4 bytes (little-endian), the bytes. In: `O` an order as JSON, then `C` the content. Out: `P` per
mille and, of a film, `F` the number of all its pictures in 2 bytes and a flipbook of the next ones, as often
as there are; then `R` the result or `E` why there is none. Ends with its input.
"""

from __future__ import annotations

import json
import os
import struct
import sys
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
    head = pipe.read(_HEAD.size)
    if not head:
        return None
    if len(head) < _HEAD.size:
        raise EOFError("it ended within a frame")
    letter, length = _HEAD.unpack(head)
    if length > LARGEST:
        raise ValueError(f"a frame of {length} bytes cannot be")
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError("it ended within a frame")
    return letter, data


def main() -> int:
    """Bake until the input ends."""
    if hasattr(os, "nice"):
        os.nice(10)  # whoever watches a video needs the processor more
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever prints must not end up among the frames
    from studio.sparks.engine import make

    while (asked := get(orders)) is not None:
        said = json.loads(asked[1])
        given = get(orders)
        if given is None:
            break
        order = Order(Kind(said["kind"]), said["sha256"], said["seed"], said["sender"])
        last = -1

        def tell(share: float) -> None:
            nonlocal last
            if (now := int(share * 100)) != last:
                last = now
                put(answers, b"P", str(int(share * 1000)).encode())

        def take(count: int, flipbook: bytes) -> None:
            put(answers, b"F", COUNT.pack(count) + flipbook)

        try:
            put(answers, b"R", make(order, given[1], tell, take))
        except Exception as error:  # a broken spark must not take the next ones with it
            put(answers, b"E", f"{type(error).__name__}: {error}".encode()[:2_000])
    return 0


if __name__ == "__main__":
    sys.exit(main())
