"""Carries results of media threads to the Qt thread, whatever is deleted meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from weakref import WeakMethod, finalize

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid


class _Relay(QObject):
    """The one object that threads emit on.

    Emitting on a QObject while another thread deletes it crashes the process, and so does dropping
    the last reference, off the Qt thread, to a plain object whose method PySide has connected.
    This one is never deleted and connected to itself; its signal only says there are calls to make.
    """

    rang = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], None]] = []
        self.rang.connect(self._make_calls, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Have `call` called on the Qt thread; safe on any thread."""
        with self._lock:
            self._calls.append(call)
            first = len(self._calls) == 1
        if first:
            self.rang.emit()

    def _make_calls(self) -> None:
        with self._lock:
            calls, self._calls = self._calls, []
        for call in calls:
            call()


_relay: _Relay | None = None


def on_qt_thread(method: Callable[..., None]) -> Callable[..., None]:
    """Return a function for other threads that has `method` called on the Qt thread, in order.

    To be asked for on the Qt thread. `method` is bound to a QObject; calls that come after the
    end of that object are dropped, and it is not kept alive.
    """
    global _relay
    _relay = relay = _relay or _Relay()
    receiver: WeakMethod[Callable[..., None]] = WeakMethod(method)

    def call(*arguments: object) -> None:
        relay.post(partial(_deliver, receiver, arguments))

    return call


def _deliver(receiver: WeakMethod[Callable[..., None]], arguments: tuple[Any, ...]) -> None:
    method = receiver()
    if method is not None and isValid(getattr(method, "__self__", None)):
        method(*arguments)


class Background(QObject):
    """Emits every item of an iterator that is consumed on a thread of its own.

    Starting anew, stopping or deleting this abandons the earlier work: nothing of it is emitted
    any more. `finished` carries None or the exception that ended the work.
    """

    item = Signal(object)
    finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._abandon: Callable[[], object] = lambda: None

    def start(self, name: str, work: Callable[[], Iterator[object]]) -> None:
        """Consume `work()` on a new thread called `name`."""
        self.stop()
        abandoned = threading.Event()
        self._abandon = finalize(self, abandoned.set)
        arguments = work, abandoned, on_qt_thread(self._pass_on), on_qt_thread(self._end)
        threading.Thread(target=_consume, args=arguments, name=name, daemon=True).start()

    def stop(self) -> None:
        """Abandon the work under way; its thread ends after the item it is at."""
        self._abandon()

    def _pass_on(self, abandoned: threading.Event, item: object) -> None:
        if not abandoned.is_set():
            self.item.emit(item)

    def _end(self, abandoned: threading.Event, failure: Exception | None) -> None:
        if not abandoned.is_set():
            self.finished.emit(failure)


def _consume(
    work: Callable[[], Iterator[object]],
    abandoned: threading.Event,
    pass_on: Callable[..., None],
    end: Callable[..., None],
) -> None:
    failure: Exception | None = None
    try:
        for item in work():
            if abandoned.is_set():
                return
            pass_on(abandoned, item)
    except Exception as error:  # handed over: a thread has nobody to raise to
        failure = error
    end(abandoned, failure)
