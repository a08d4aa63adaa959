"""A loopback source of server-sent events: what a busy server tells, at the pace the benchmark wants."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import httpx

from studio.api.live import PATH

HEARTBEAT_S: Final = 10.0
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class LiveSource:
    """Serves one listener on a thread of its own, so that sending costs the client's thread nothing."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._blocks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._sent = 0
        self._thread = threading.Thread(target=self._serve, name="live-source", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._socket.getsockname()[1])

    def tell(self, topic: str, changed: Iterable[tuple[str, int]]) -> None:
        """Send a change event for each (id, version) in one write, as the server does for one transaction."""
        block = b""
        for name, version in changed:
            self._sent += 1
            data = json.dumps({"topic": topic, "id": name, "version": version})
            block += f"id: {self._sent}\nevent: change\ndata: {data}\n\n".encode()
        self._blocks.put(block)

    def close(self) -> None:
        """End the stream and the thread."""
        self._blocks.put(None)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(HEAD)
            while (block := self._next()) is not None:
                connection.sendall(block)

    def _next(self) -> bytes | None:
        try:
            return self._blocks.get(timeout=HEARTBEAT_S)
        except queue.Empty:
            return b": still here\n\n"


class Rerouted(httpx.AsyncHTTPTransport):
    """Leads the live stream to `port` and every other request where it wants to go."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == PATH:
            request.url = request.url.copy_with(port=self._port)
        return await super().handle_async_request(request)
