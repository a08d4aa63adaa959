"""A real HTTP server on the loopback interface, for tests of streams, restarts and lost links."""

from __future__ import annotations

import socket
import threading
from typing import Any

import uvicorn


class Loopback:
    """Runs an ASGI app in a thread; `stop` cuts open connections as a crash would."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Base URL; the same after a restart."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Loopback:
        """Listen, on the port of the previous start if there was one."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=0
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(self._server, listener))
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join()
            self._server = None

    def __enter__(self) -> Loopback:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @staticmethod
    def _run(server: uvicorn.Server, listener: socket.socket) -> None:
        with listener:
            server.run(sockets=[listener])
