"""Garbage is collected, and on the Qt thread alone."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from studio import collector as collector_module
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


class Node:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


def dead_cycle() -> weakref.ref[Node]:
    return weakref.ref(Node())


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Says whether the person is in this program."""

    def say(active: bool) -> None:
        state = Qt.ApplicationState.ApplicationActive if active else Qt.ApplicationState.ApplicationInactive
        monkeypatch.setattr(collector_module.QGuiApplication, "applicationState", lambda: state)

    return say


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The minute is over at every look."""
    monkeypatch.setattr(collector_module, "WHOLE_EVERY_S", 0.0)


@pytest.mark.usefixtures("whole")
def test_a_loaded_queue_is_not_looked_through_again(
    collector: Collector, at_work: Callable[[bool], None]
) -> None:
    at_work(True)
    collector.collect()
    looked_at: list[int] = []

    def note(phase: str, _info: dict[str, Any]) -> None:
        if phase == "start":
            looked_at.append(sum(len(gc.get_objects(generation)) for generation in range(3)))

    rows: list[list[int]] = []
    gc.callbacks.append(note)
    try:
        for _ in range(20):
            rows += [[] for _ in range(collector_module.MANY + 1)]
            collector.collect()
        del looked_at[:]
        collector.collect()
    finally:
        gc.callbacks.remove(note)
    assert len(rows) > 20 * collector_module.MANY
    assert looked_at
    assert max(looked_at) < collector_module.MANY


@pytest.mark.usefixtures("whole")
def test_what_comes_at_once_is_set_aside_unseen(
    collector: Collector, at_work: Callable[[bool], None]
) -> None:
    at_work(True)
    collector.collect()
    rows = [[] for _ in range(collector_module.TOO_MANY + 1)]
    before = gc.get_stats()
    collector.collect()
    assert gc.get_stats() == before
    assert gc.get_freeze_count() > len(rows)


@pytest.mark.usefixtures("whole")
def test_garbage_goes_while_the_person_works(collector: Collector, at_work: Callable[[bool], None]) -> None:
    at_work(True)
    garbage = dead_cycle()
    collector.collect()
    assert garbage() is None


@pytest.mark.usefixtures("whole")
def test_garbage_that_was_set_aside_goes_while_the_person_is_elsewhere(
    collector: Collector, at_work: Callable[[bool], None]
) -> None:
    garbage = dead_cycle()
    gc.freeze()
    at_work(True)
    collector.collect()
    assert garbage() is not None
    at_work(False)
    collector.collect()
    assert garbage() is None
    assert gc.get_freeze_count() > 0, "what remains is set aside again"


@pytest.mark.usefixtures("whole")
def test_what_is_set_aside_is_looked_at_when_it_is_very_much(
    collector: Collector, at_work: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(True)
    garbage = dead_cycle()
    gc.freeze()
    collector.collect()
    assert garbage() is not None
    monkeypatch.setattr(collector, "_aside", collector_module.MOST + 1)
    collector.collect()
    assert garbage() is None
    assert collector._aside == 0


def test_the_automatic_collection_comes_back(qapp: QApplication) -> None:
    made = Collector()
    assert not gc.isenabled()
    made.stop()
    assert gc.isenabled()
