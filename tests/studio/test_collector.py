"""Garbage is collected, and on the Qt thread alone."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from studio.collector import Collector


@pytest.fixture
def collector(qapp: QApplication) -> Iterator[Collector]:
    made = Collector()
    yield made
    made.stop()


def test_threads_that_allocate_do_not_collect(collector: Collector) -> None:
    threads: set[int] = set()

    def note(phase: str, _info: dict[str, Any]) -> None:
        threads.add(threading.get_ident())

    gc.callbacks.append(note)
    try:
        worker = threading.Thread(target=lambda: [[] for _ in range(20_000)])
        worker.start()
        worker.join()
        kept = [[] for _ in range(20_000)]
        collector.collect()
    finally:
        gc.callbacks.remove(note)
    assert threads == {threading.get_ident()}
    assert kept


def test_the_automatic_collection_comes_back(qapp: QApplication) -> None:
    made = Collector()
    assert not gc.isenabled()
    made.stop()
    assert gc.isenabled()
