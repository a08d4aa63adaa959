"""Runs one server process: lock, keys, schema, port; tells a parent process how far it has come."""

from __future__ import annotations

import gc
import ipaddress
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from server.kit import logs
from server.lock import FolderLock, Taken, make_private
from server.refused import Refused
from server.settings import Settings

if TYPE_CHECKING:
    import uvicorn

    from server.kit.db import Database

Progress = Callable[[str, float], None]


def announce(event: str, **facts: object) -> None:
    """One line of JSON on stdout for the parent process."""
    print(json.dumps({"event": event, **facts}), flush=True)


def serve(settings: Settings, *, host: str, port: int, announced: bool) -> None:
    """Answer until a signal, or (when `announced`) until stdin is closed because the parent has gone.

    Raises Refused, after announcing it: `running` says that another process serves the folder.
    """

    def progress(step: str, fraction: float) -> None:
        if announced:
            announce("progress", step=step, fraction=fraction)

    make_private(settings.data)
    logs.configure(settings.data / "log", to_stderr=not announced)
    embedded = settings.database_url is None
    try:
        with FolderLock(settings.data) if embedded else nullcontext():
            progress("loading", 0.1)
            _run(settings, host, port, announced, progress)
    except Refused as refusal:
        if announced:
            announce("refused", reason=str(refusal), running=isinstance(refusal, Taken))
        raise


def _run(settings: Settings, host: str, port: int, announced: bool, progress: Progress) -> None:
    # What is loaded stays: to look through it for garbage took a tenth of the start. Frozen before the
    # collector is let go again, which would begin with all of it.
    gc.disable()
    try:
        import uvicorn

        from server.app import create_app
        from server.kit.live import broadcaster
        from server.runtime import opened
    finally:
        gc.freeze()
        gc.enable()

    class Announced(uvicorn.Server):
        """Says when it is ready, and lets the live streams go first when it stops."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            broadcaster.end()
            await super().shutdown(sockets)

    with _listening(host, port) as door, opened(settings, progress=progress) as (db, keys):
        _refuse_open_demo(db, host)
        url = _url(host, door.getsockname()[1])

        def ready() -> None:
            _write_private(settings.data / "server.json", {"url": url, "pid": os.getpid()})
            if announced:
                announce("ready", url=url, pid=os.getpid())
            else:
                print(f"Serving on {url} (Ctrl+C stops)", file=sys.stderr)

        progress("starting", 0.8)
        app = create_app(settings, db, keys)
        gc.freeze()  # nor need the requests wait for such a look
        server = Announced(
            uvicorn.Config(
                app,
                http="h11",  # httptools would take in headers until the memory is full
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                lifespan="on",
                timeout_graceful_shutdown=5,
            )
        )
        if announced:
            _stop_with_parent(server)
        try:
            server.run(sockets=[door])
        finally:
            (settings.data / "server.json").unlink(missing_ok=True)
        if not server.started:
            raise Refused("The server could not start; see log/server.jsonl in the data folder.")


def _refuse_open_demo(db: Database, host: str) -> None:
    from server.ops.queries import is_demo

    if is_loopback(host):
        return
    with db.read() as s:
        demo = is_demo(s)
    if demo:
        raise Refused(
            "This is the demo database, whose passwords everyone knows: it is served on 127.0.0.1 only."
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol by name asyncio leaves Nagle's algorithm on, and each answer waits 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as door:
        if os.name != "nt":
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as error:
            raise Refused(f"Port {port} on {host} cannot be used: {error.strerror}.") from error
        yield door


def _url(host: str, port: int) -> str:
    """An address by which this machine reaches the server."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}"
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://{address}:{port}" if address.version == 4 else f"http://[{address}]:{port}"


def _write_private(path: Path, facts: dict[str, object]) -> None:
    """Replace a file of mode 0600 in one go."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(facts, out)
    fresh.replace(path)


def _stop_with_parent(server: uvicorn.Server) -> None:
    def wait() -> None:
        # Not sys.stdin: its lock, held by a waiting thread, aborts the interpreter's shutdown.
        while os.read(0, 4096):
            pass
        server.should_exit = True

    threading.Thread(target=wait, name="parent", daemon=True).start()
