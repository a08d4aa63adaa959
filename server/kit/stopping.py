"""Lets a job that waits for a worker process hear that its own process is about to end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from server.kit import jobs


@contextmanager
def until_stopping(every_s: float) -> Iterator[threading.Event]:
    """An event that is set within `every_s` seconds of when this process is about to end, so that a worker is
    not left alone."""
    ending, over = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(every_s):
            if jobs.stopping():
                ending.set()
                return

    thread = threading.Thread(target=watch, name="stopping-watch", daemon=True)
    thread.start()
    try:
        yield ending
    finally:
        over.set()
        thread.join()
