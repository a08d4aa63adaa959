"""What a server process does besides answering: deliver events, run jobs, listen to the other processes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import ParamSpec

from server.kit import jobs, live
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.events import bus
from server.kit.jobs import Context
from server.kit.ticker import ticker
from server.ops import recurring
from server.settings import Settings

log = logging.getLogger(__name__)

FIRST_REQUESTS_S = 2.0
"""Head start of the first requests before jobs begin: loading DBOS takes the processor for over a second."""

P = ParamSpec("P")


class Background:
    """The threads of one server process."""

    def __init__(self, settings: Settings, db: Database, keys: Keys) -> None:
        self._context = Context(db, settings, keys)
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener: live.Listener | None = None

    def start(self) -> None:
        """Returns at once."""
        self._listener = live.listen(self._context.db)
        self._spawn("events", bus.run, self._context.db, self._stopped)
        self._spawn("seal", recurring.seal, self._context)
        if self._context.settings.jobs:
            self._spawn("ticker", self._recurring)
            self._spawn("jobs", self._durable)

    def stop(self) -> None:
        """End every thread, let running steps end, seal the audit log. Blocks: not for an event loop."""
        with ExitStack() as last_to_first:
            last_to_first.callback(recurring.seal, self._context)
            if self._listener:
                last_to_first.callback(self._listener.stop)
            last_to_first.callback(jobs.stop)
            self._stopped.set()
            bus.wake()
            ticker.wake()
            for thread in self._threads:
                thread.join()

    def _recurring(self) -> None:
        if not self._stopped.wait(FIRST_REQUESTS_S):
            ticker.run(self._context, self._stopped)

    def _durable(self) -> None:
        if not self._stopped.wait(FIRST_REQUESTS_S):
            jobs.launch(self._context)

    def _spawn(self, name: str, run: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        def guarded() -> None:
            try:
                run(*args, **kwargs)
            except Exception:
                log.exception("the background thread %s has ended", name)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)
