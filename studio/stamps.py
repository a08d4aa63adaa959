"""Marks moments of start-up for `benchmarks client` and `feed`: name, monotonic nanoseconds, one a line."""

from __future__ import annotations

import os
import time

_FILE = os.environ.get("STUDIO_BENCH_MARKS")


def stamp(name: str) -> None:
    """Append the moment to the file that STUDIO_BENCH_MARKS names; otherwise do nothing."""
    if _FILE:
        with open(_FILE, "a", encoding="utf-8") as out:
            out.write(f"{name} {time.monotonic_ns()}\n")
