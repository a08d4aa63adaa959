"""Has the C library give memory back: pictures come and go by the megabyte, on threads that come and go."""

from __future__ import annotations

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8

LARGE: Final = 128 << 10
"""Bytes. What is larger is mapped on its own, and gone the moment it is let go of."""
SPARE: Final = 4 << 20
"""Bytes at the end of the heap that are kept."""
ARENAS: Final = 2
"""Heaps for all threads together: each keeps what was once allocated in it, and glibc would make 8 a core."""


def bound_memory() -> bool:
    """Set this up, before there are other threads; False where the C library is not glibc.

    Left to itself glibc raises the bound of what it maps with each larger block that is freed. Pictures then
    lie in heaps among small things that stay, so that a heap which once was full is never given back.
    """
    try:
        glibc = ctypes.CDLL(None)
        glibc.gnu_get_libc_version  # noqa: B018 - musl has a mallopt that does nothing
    except (OSError, TypeError, AttributeError):
        return False
    settings = {_MMAP_THRESHOLD: LARGE, _TRIM_THRESHOLD: SPARE, _ARENA_MAX: ARENAS}
    return all(glibc.mallopt(name, value) for name, value in settings.items())
