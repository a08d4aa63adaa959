"""The one sink for what the person should know, and the crash log for what they should not need to.

Free of Qt: `widgets/message_host.py` shows what arrives here.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

LOG_BYTES: Final = 256 * 1024
LOG_FILES: Final = 3

log: Final = logging.getLogger("studio.crash")


class Level(StrEnum):
    """How loud a message is."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


class Action(NamedTuple):
    """What a notice offers to do: the word on its button, and the doing."""

    title: str
    do: Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Message:
    """A passing notice. With `undo` it offers to take back what it tells for `seconds`, and goes, whoever is
    reading it, once `offered` says that this cannot be done any more."""

    level: Level
    text: str
    detail: str = ""
    undo: Callable[[], object] | None = None
    action: Action | None = None
    seconds: float | None = None
    offered: Callable[[], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A failure told in full: a person reads the first three, whoever helps them the last."""

    what_happened: str
    what_was_kept: str
    what_to_do: str
    detail: str = ""


Report = Message | Problem


class Messages:
    """Takes reports from any thread and hands each to every listener, on the caller's thread.

    What comes before the first listener is kept and handed to it, so a failure during start-up is
    not lost.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Report], None]] = []
        self._early: list[Report] = []

    def listen(self, listener: Callable[[Report], None]) -> Callable[[], None]:
        """Add a listener; call the result to remove it."""
        with self._lock:
            self._listeners.append(listener)
            early, self._early = self._early, []
        for report in early:
            listener(report)

        def leave() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return leave

    def notify(
        self,
        level: Level,
        text: str,
        detail: str = "",
        *,
        undo: Callable[[], object] | None = None,
        action: Action | None = None,
        seconds: float | None = None,
        offered: Callable[[], bool] | None = None,
    ) -> None:
        """Tell the person something in passing."""
        told = Message(
            level=level,
            text=text,
            detail=detail,
            undo=undo,
            action=action,
            seconds=seconds,
            offered=offered,
        )
        self._tell(told)

    def fail(self, problem: Problem) -> None:
        """Tell the person that something failed."""
        self._tell(problem)

    def _tell(self, report: Report) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
            if not listeners:
                self._early.append(report)
        for listener in listeners:
            listener(report)


def unexpected(error: BaseException) -> Problem:
    """Return the problem for a fault of our own: nobody planned for `error`."""
    return Problem(
        what_happened="Something in Creator Studio went wrong.",
        what_was_kept="Your typed text and your waiting edits are stored on this computer.",
        what_to_do="You can go on working. If it happens again, restart and report it.",
        detail="".join(traceback.format_exception(error)),
    )


def open_crash_log(directory: Path) -> None:
    """Write faults to `directory`: `crash.log` for Python's, `crash-native.log` for the process.

    Both keep a bounded history. Only types and places are written, never an exception's own words
    or any variable: those may hold what a person typed. Raises OSError when the directory cannot
    be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        directory / "crash.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    for old in log.handlers[:]:
        log.removeHandler(old)
        old.close()
    log.addHandler(handler)
    log.propagate = False
    native = directory / "crash-native.log"
    if native.exists() and native.stat().st_size:
        native.replace(directory / "crash-native.log.1")
    # A bare descriptor: it must outlive every object, for the moment when objects are gone.
    faulthandler.enable(os.open(native, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))


def places(error: BaseException) -> str:
    """Return the type of `error` and where it was raised, without its words."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join([type(error).__qualname__, *lines])


def catch_everything(messages: Messages) -> None:
    """Send every exception that nobody caught, on any thread, to the crash log and to `messages`."""

    def caught(error: BaseException | None) -> None:
        if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
            return
        log.error(places(error))
        messages.fail(unexpected(error))

    def main(_type: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        caught(error)

    sys.excepthook = main
    threading.excepthook = lambda args: caught(args.exc_value)
    sys.unraisablehook = lambda args: caught(args.exc_value)
