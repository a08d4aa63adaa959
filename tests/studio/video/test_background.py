from __future__ import annotations

import threading
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread
from pytestqt.qtbot import QtBot

from studio.video.background import Background


def test_items_arrive_in_order_on_the_qt_thread(qtbot: QtBot) -> None:
    worker = Background()
    items: list[object] = []
    threads: set[bool] = set()
    worker.item.connect(items.append)
    worker.item.connect(lambda _: threads.add(QThread.currentThread() is worker.thread()))
    with qtbot.waitSignal(worker.finished, timeout=20_000) as ended:
        worker.start("count", lambda: iter(range(5)))
    assert items == list(range(5))
    assert threads == {True}
    assert ended.args == [None]


def test_a_failure_is_handed_over(qtbot: QtBot) -> None:
    def work() -> Iterator[object]:
        yield 1
        raise ValueError("broken")

    worker = Background()
    with qtbot.waitSignal(worker.finished, timeout=20_000) as ended:
        worker.start("fail", work)
    assert isinstance(ended.args[0], ValueError)


def test_nothing_of_abandoned_work_is_emitted(qtbot: QtBot) -> None:
    go, gone = threading.Event(), threading.Event()

    def slow() -> Iterator[object]:
        try:
            yield "old"
            go.wait(20)
            yield "old"
        finally:
            gone.set()

    worker = Background()
    items: list[object] = []
    worker.start("old", slow)
    worker.item.connect(items.append)
    with qtbot.waitSignal(worker.finished, timeout=20_000):
        worker.start("new", lambda: iter(["new"]))
    go.set()
    assert gone.wait(20)
    worker.stop()
    assert items == ["new"]


def test_receivers_may_be_deleted_while_their_threads_emit(qtbot: QtBot) -> None:
    ended: list[threading.Event] = []

    def pour() -> Iterator[object]:
        done = threading.Event()
        ended.append(done)
        try:
            yield from range(2_000)
        finally:
            done.set()

    for _ in range(60):
        parent = QObject()
        for _ in range(3):
            Background(parent).start("pour", pour)
        qtbot.waitUntil(lambda: len(ended) % 3 == 0)
        parent.deleteLater()
        QCoreApplication.sendPostedEvents(parent, QEvent.Type.DeferredDelete)
    assert all(done.wait(20) for done in ended)
