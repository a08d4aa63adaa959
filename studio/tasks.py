"""Work beside the Qt event loop: coroutines with an owner, one way to read, one way to write."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

import qasync
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from studio.api.errors import ApiError
from studio.messages import Messages, Problem, places, unexpected
from studio.offline.changes import Broadcast, Changes

T = TypeVar("T")
P = ParamSpec("P")

CLOSE_S = 2.0
THREADS = 8  # name look-ups of an unreachable server may hold several for seconds

log = logging.getLogger("studio.crash")


@dataclass
class _Write:
    """A write, who wants to hear of it, and whether they have."""

    done: Future[Changes | None]
    on_saved: Callable[[], object] | None
    on_failed: Callable[[], object] | None
    owner: QObject | None
    told: bool = False
    trouble: Exception | None = None


class Tasks:
    """Every coroutine of the client starts here.

    A coroutine that fails without anybody having asked for its error is reported to `messages`.
    Writes run one after the other on one thread, in the order they were asked for, and what they
    changed is broadcast. Must be made and used on the thread of the event loop.
    """

    def __init__(self, messages: Messages, broadcast: Broadcast) -> None:
        self._messages = messages
        self._broadcast = broadcast
        # The event loop itself holds tasks only weakly.
        self._running: set[asyncio.Task[Any]] = set()
        self._writes: set[asyncio.Task[Any]] = set()
        self._untold: deque[_Write] = deque()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writes")
        self._copier = ThreadPoolExecutor(1, thread_name_prefix="copies")
        self._closing = False

    def spawn(self, work: Coroutine[Any, Any, T], owner: QObject | None = None) -> asyncio.Task[T]:
        """Run `work` and return its task; it is cancelled when `owner` is destroyed.

        What `work` raises is reported, whether or not anybody awaits the task.
        """
        task = self._start(work)
        _keep(task, self._running)
        if owner is not None:
            _cancel_with(task, owner)
        if self._closing:
            task.cancel()
        return task

    def read(
        self,
        fetch: Callable[[], Coroutine[Any, Any, T]],
        on_result: Callable[[T], object],
        on_error: Callable[[ApiError], object] | None = None,
        *,
        owner: QObject | None = None,
    ) -> asyncio.Task[None]:
        """Run `fetch` and hand its result to `on_result`, unless `owner` is gone by then.

        ApiErrors go to `on_error` if there is one; every other failure is reported. Cancel the
        returned task when a newer read makes this one pointless.
        """

        async def deliver() -> None:
            try:
                result = await fetch()
            except ApiError as error:
                if on_error is None:
                    raise
                on_error(error)
            else:
                on_result(result)

        return self.spawn(deliver(), owner)

    def write(
        self,
        change: Callable[[], Changes | None],
        on_saved: Callable[[], object] | None = None,
        on_failed: Callable[[], object] | None = None,
        *,
        owner: QObject | None = None,
        patience_s: float = 0.0,
    ) -> asyncio.Task[None]:
        """Run `change` (`partial(outbox.add, edit)`, a draft's `save_draft`) on the writer thread.

        When it is stored, what it returned is broadcast and `on_saved` is called; when the disk did
        not take it, that is reported and `on_failed` is called. A write is never cancelled: `owner` says
        only who wants to hear of it, and `close` waits for it. With `patience_s` it is waited for here, so
        long at most, and told before this returns: what follows does not stand in the queue of events then.
        """
        written = _Write(self._writer.submit(change), on_saved, on_failed, owner)
        self._untold.append(written)
        if patience_s and wait([written.done], patience_s).done:
            self._tell_until(written)

        async def save() -> None:
            with suppress(Exception):  # raised below, once it is told
                await asyncio.wrap_future(written.done)
            self._tell_until(written)
            for trouble in (written.done.exception(), written.trouble):
                if trouble is not None:
                    raise trouble

        task = self._start(save())
        _keep(task, self._writes)
        return task

    def _tell_until(self, last: _Write) -> None:
        """Tell of every write up to this one, in their order: one thread has done them in it."""
        while not last.told:
            self._tell(self._untold.popleft())

    def _tell(self, written: _Write) -> None:
        written.told = True
        failed = written.done.exception() is not None
        try:
            if not failed and (changes := written.done.result()) is not None:
                self._broadcast.send(changes)
            listener = written.on_failed if failed else written.on_saved
            if listener is not None and (written.owner is None or shiboken6.isValid(written.owner)):
                listener()
        except Exception as error:  # for its task, which reports it; whoever writes now has no part in it
            written.trouble = error

    async def after_writes(self, fetch: Callable[[], T]) -> T:
        """Run `fetch` on the writer thread: it finds all that was asked to be written before it."""
        return await asyncio.wrap_future(self._writer.submit(fetch))

    def copy(self, change: Callable[[], None]) -> asyncio.Task[None]:
        """Run `change`, which keeps a copy of what the server has, out of the way of `write`."""
        future = asyncio.wrap_future(self._copier.submit(change))

        async def keep() -> None:
            try:
                await future
            except OSError as error:
                log.warning(places(error))  # nothing is lost: the server has what it is a copy of

        task = self._start(keep())
        _keep(task, self._writes)
        return task

    async def close(self) -> None:
        """Finish every write, then cancel everything else and wait for it, at most 2 seconds.

        What is still running then (it swallows its cancellation) is logged and left behind.
        """
        self._closing = True
        while self._writes:
            await asyncio.wait(self._writes)
        self._writer.shutdown()
        self._copier.shutdown()
        left = self._running - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            _, stubborn = await asyncio.wait(left, timeout=CLOSE_S)
            for task in stubborn:
                log.error("did not end on close: %s", task.get_name())

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._report)
        return task

    def _report(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        if not isinstance(error, ApiError):
            log.error(places(error))
        self._messages.fail(_unwritten(error) if task in self._writes else _problem(error))


async def off_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run CPU work or blocking calls on a worker thread and return the result.

    Cancelling stops the waiting, not the function.
    """
    return await asyncio.to_thread(function, *args, **kwargs)


def run(app: QApplication, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main` on an event loop inside Qt's until it returns the exit code.

    `main` awaits the wish to quit, then `Tasks.close`; nothing may call `app.quit`, which would
    stop the loop under the running coroutines. Closing the last window does not either: its
    `closeEvent` ignores the event and tells `main`.
    """
    app.setQuitOnLastWindowClosed(False)
    loop = qasync.QEventLoop(app)
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="work"))
    with loop:
        return int(loop.run_until_complete(main()))


def _keep(task: asyncio.Task[Any], tasks: set[asyncio.Task[Any]]) -> None:
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _cancel_with(task: asyncio.Task[Any], owner: QObject) -> None:
    connection = owner.destroyed.connect(lambda: task.cancel())
    task.add_done_callback(partial(_disconnect, owner, connection))


def _disconnect(owner: QObject, connection: Any, _: asyncio.Task[Any]) -> None:
    if shiboken6.isValid(owner):
        QObject.disconnect(connection)


def _unwritten(error: BaseException) -> Problem:
    if not isinstance(error, sqlite3.Error | OSError):
        return unexpected(error)
    return Problem(
        what_happened="This computer's disk did not take what you just did.",
        what_was_kept="Nothing was sent. What you typed is still on the screen.",
        what_to_do="Make room on the disk, then do it again.",
        detail=str(error),
    )


def _problem(error: BaseException) -> Problem:
    if not isinstance(error, ApiError):
        return unexpected(error)
    return Problem(
        what_happened=error.what_happened,
        what_was_kept="Your typed text and your waiting edits are stored on this computer.",
        what_to_do=error.what_to_do,
        detail=str(error),
    )


async def first_of(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
