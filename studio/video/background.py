"""Runs one piece of media work on a thread and hands its results to the Qt thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from PySide6.QtCore import QObject, Signal


class Background(QObject):
    """Emits every item of an iterator that is consumed on a thread of its own.

    Starting anew or stopping abandons the earlier work: nothing of it is emitted any more.
    `finished` carries None or the exception that ended the work.
    """

    item = Signal(object)
    finished = Signal(object)
    _arrived = Signal(int, object)
    _ended = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._serial = 0
        self._arrived.connect(self._pass_on)
        self._ended.connect(self._end)

    def start(self, name: str, work: Callable[[], Iterator[object]]) -> None:
        """Consume `work()` on a new thread called `name`."""
        self._serial += 1
        serial = self._serial
        threading.Thread(target=self._consume, args=(serial, work), name=name, daemon=True).start()

    def stop(self) -> None:
        """Abandon the work under way; its thread ends after the item it is at."""
        self._serial += 1

    def _consume(self, serial: int, work: Callable[[], Iterator[object]]) -> None:
        failure: Exception | None = None
        with suppress(RuntimeError):  # Qt deleted the receiver while the work was under way
            try:
                for item in work():
                    if serial != self._serial:
                        return
                    self._arrived.emit(serial, item)
            except Exception as error:  # handed over: a thread has nobody to raise to
                failure = error
            if serial == self._serial:
                self._ended.emit(serial, failure)

    def _pass_on(self, serial: int, item: object) -> None:
        if serial == self._serial:
            self.item.emit(item)

    def _end(self, serial: int, failure: object) -> None:
        if serial == self._serial:
            self.finished.emit(failure)
