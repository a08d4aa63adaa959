"""The server this computer runs for itself: started, watched, restarted, shared per profile."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from studio import server_process
from studio.api.backoff import Backoff
from studio.paths import Profile
from studio.server_process import ServerProcess

if TYPE_CHECKING:
    import httpx

LOG_BYTES = 1024 * 1024
LOG_FILES = 3
SILENCE_S = 120.0  # a start that says nothing for so long (a large migration says progress) hangs
STEADY_S = 30.0  # a server that ran for so long did not crash because of its start
STOP_S = 5.0
LOOK_S = 1.0
LAST_WORDS_S = 1.0
MAX_LINE_BYTES = 64 * 1024

log = logging.getLogger(__name__)


class Phase(StrEnum):
    """Where the embedded server is in its life."""

    STARTING = "starting"
    READY = "ready"
    CRASHED = "crashed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ServerState:
    """What to show of the embedded server.

    `step` and `fraction` (0 to 1) tell how far a start is; `url` is set while READY; `attached`
    says that another program supervises it; `detail` is the end of the log of a crash.
    """

    phase: Phase
    step: str = ""
    fraction: float = 0.0
    url: str = ""
    attached: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Start:
    """How a start went: when it was ready (monotonic seconds), and where, or why it was refused."""

    ready_at: float | None = None
    url: str = ""
    taken: bool = False
    reason: str = ""


class EmbeddedServer:
    """Keeps one server running for a profile, or uses the one another program runs for it.

    `command` is extended by `--port`, `--data` and `--announce`. The server prints lines of JSON
    on its standard output: `{"event": "progress", "step", "fraction"}` while it starts, then
    `{"event": "ready", "url", "pid"}`, or `{"event": "refused", "reason", "running"}`. It lets no
    second server onto its data, says in `server.json` there where it is, and ends when its
    standard input is closed, so it does not outlive this program. Whatever else it prints goes to
    `server.log` of the profile.

    A crashed server is started again, on the same port if possible, so that its clients just
    reconnect. `on_state` is called on the event loop at every change while `run` is.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        on_state: Callable[[ServerState], None] = lambda state: None,
        command: Sequence[str] | None = None,
        ahead: ServerProcess | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """`ahead` is a process that was started already, for the first `run`."""
        self.on_state = on_state
        self._profile = profile
        self._command = command
        self._backoff = backoff or Backoff(base_s=0.5, cap_s=30.0)
        self._log = _ServerLog(profile)
        self._ahead = ahead
        self._port = 0
        self._crashes = 0

    async def run(self) -> None:
        """Keep a server available until cancelled; one that was started here is then stopped,
        which may take 5 seconds.

        Raises OSError when the profile cannot be written or the command cannot be started.
        """
        self._profile.create()
        try:
            while True:
                if self._ahead is None:
                    await self._use_running()
                await self._run_own()
        finally:
            self._log.close()
            self.on_state(ServerState(Phase.STOPPED))

    async def _use_running(self) -> None:
        """Use the server that already runs on the profile for as long as it answers."""
        if not server_process.address_file(self._profile).exists():
            return
        import httpx

        url = ""
        # The server here speaks no TLS; loading the certificates would take the start 0.1 s.
        async with httpx.AsyncClient(timeout=LOOK_S, trust_env=False, verify=False) as http:  # noqa: S501
            while found := await self._answering(http):
                if found != url:
                    url = found
                    self.on_state(ServerState(Phase.READY, fraction=1.0, url=url, attached=True))
                await asyncio.sleep(LOOK_S)

    async def _answering(self, http: httpx.AsyncClient) -> str:
        import httpx

        try:
            told = server_process.address_file(self._profile).read_text(encoding="utf-8")
            url = str(json.loads(told)["url"])
            (await http.get(f"{url}/health")).raise_for_status()
        except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError, httpx.InvalidURL):
            return ""
        self._port = urlsplit(url).port or 0
        return url

    async def _run_own(self) -> None:
        """Start a server and stay with it to its end; afterwards wait as long as is wise."""
        self.on_state(ServerState(Phase.STARTING))
        process, self._ahead = self._ahead or self._spawn(), None
        server = _Server(process, self._tell, self._log)
        try:
            await self._until_started(server)
            if server.start.ready_at is not None:
                await server.exited.wait()
        finally:
            await server.stop()
        start = server.start
        if start.taken:
            self.on_state(ServerState(Phase.STARTING, step=start.reason))
            await asyncio.sleep(LOOK_S)
            return
        if start.ready_at is None:
            self._port = 0  # somebody else may have it
        elif time.monotonic() - start.ready_at >= STEADY_S:
            self._crashes = 0
        self.on_state(ServerState(Phase.CRASHED, detail=start.reason or self._log.end()))
        await asyncio.sleep(self._backoff.delay_s(self._crashes))
        self._crashes += 1

    def _spawn(self) -> ServerProcess:
        return server_process.start(self._profile, port=self._port, command=self._command)

    async def _until_started(self, server: _Server) -> None:
        """Return when the server is ready or refuses, has ended, or gives no sign of life."""
        while not server.exited.is_set() and server.start == _Start():
            server.sign.clear()
            try:
                # Not wait_for: before Python 3.12 it can lose a cancellation.
                async with asyncio.timeout(SILENCE_S):
                    await server.sign.wait()
            except TimeoutError:
                server.start = _Start(reason="The server did not start: it gave no sign of life.")
        if server.start.url:
            self._port = urlsplit(server.start.url).port or 0

    def _tell(self, state: ServerState) -> None:
        self.on_state(state)


class _Server:
    """One server process: what it announces, and its end."""

    def __init__(
        self, process: ServerProcess, on_state: Callable[[ServerState], None], server_log: _ServerLog
    ) -> None:
        self.start = _Start()
        self.sign = asyncio.Event()
        self.exited = asyncio.Event()
        self._closed = asyncio.Event()
        self._process = process
        self._on_state = on_state
        self._log = server_log
        self._unfinished = {1: b"", 2: b""}
        loop = asyncio.get_running_loop()

        def on_loop(call: Callable[..., object], *what: object) -> None:
            with suppress(RuntimeError):  # the loop has ended before the last words came
                loop.call_soon_threadsafe(call, *what)

        process.listen(partial(on_loop, self._hear), partial(on_loop, self._note_exit))

    def _hear(self, pipe: int, data: bytes) -> None:
        if self._closed.is_set():
            return
        if not data:
            del self._unfinished[pipe]
            if not self._unfinished:
                self._closed.set()
            return
        *lines, rest = (self._unfinished[pipe] + data).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            lines, rest = [*lines, rest], b""
        self._unfinished[pipe] = rest
        for line in lines:
            if pipe == 2 or not self._announced(line):
                self._log.write(line)
        self.sign.set()

    def _note_exit(self, status: int) -> None:
        log.info("the embedded server ended with status %s", status)
        self.exited.set()
        self.sign.set()

    async def stop(self) -> None:
        """Ask the process to end; kill it if it takes too long."""
        self._process.end()
        try:
            async with asyncio.timeout(STOP_S):
                await self.exited.wait()
        except TimeoutError:
            self._process.kill()
            await self.exited.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._closed.wait()
        self._closed.set()

    def _announced(self, line: bytes) -> bool:
        match _json(line):
            case {"event": "progress", "step": str(step), "fraction": int() | float() as fraction}:
                self._on_state(ServerState(Phase.STARTING, step, min(1.0, max(0.0, fraction))))
            case {"event": "refused", "reason": str(reason), "running": bool(taken)}:
                self.start = _Start(taken=taken, reason=reason)
            case {"event": "ready", "url": str(url)}:
                self.start = _Start(ready_at=time.monotonic(), url=url)
                self._on_state(ServerState(Phase.READY, fraction=1.0, url=url))
            case _:
                return False
        return True


class _ServerLog:
    """Writes the server's lines to the log file and remembers the last of them."""

    def __init__(self, profile: Profile) -> None:
        self._handler = RotatingFileHandler(
            profile.logs / "server.log",
            maxBytes=LOG_BYTES,
            backupCount=LOG_FILES - 1,
            encoding="utf-8",
            delay=True,
        )
        self._last: deque[str] = deque(maxlen=20)

    def close(self) -> None:
        self._handler.close()

    def write(self, line: bytes) -> None:
        text = line.decode("utf-8", "backslashreplace").rstrip()
        self._last.append(text)
        self._handler.emit(logging.makeLogRecord({"msg": text}))

    def end(self) -> str:
        return "\n".join(self._last)


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
