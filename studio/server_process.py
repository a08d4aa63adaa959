"""The process of the embedded server: started in one call, before there is an event loop to listen to it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final

from studio.paths import Profile

AT_ONCE: Final = 64 * 1024
"""Bytes of output that are handed on together."""


class ServerProcess:
    """A child that runs while its standard input is open. Until `listen`, its pipes keep what it says.

    Listened to by threads, not by asyncio: the program starts the server as its very first act, and
    loading asyncio takes as long as the server's own first steps.
    """

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        # Who plays videos here needs the processor more than what nobody waits for.
        wanted = {**os.environ, "STUDIO_STAND_BACK": "true"}
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, env=wanted)

    def listen(
        self,
        on_output: Callable[[int, bytes], object],
        on_exit: Callable[[int], object],
    ) -> None:
        """Tell from now on what it prints, as (1 or 2, bytes), b"" at the end of each; and its exit status.

        Called on threads. The exit is told even while a worker of a killed server holds the pipes open.
        """

        def read(number: int, pipe: IO[bytes]) -> None:
            with pipe:
                while data := pipe.read(AT_ONCE):
                    on_output(number, data)
            on_output(number, b"")

        out, err = self._process.stdout, self._process.stderr
        assert out is not None
        assert err is not None
        for name, work in (
            ("server-output", lambda: read(1, out)),
            ("server-errors", lambda: read(2, err)),
            ("server-exit", lambda: on_exit(self._process.wait())),
        ):
            threading.Thread(target=work, name=name, daemon=True).start()

    def end(self) -> None:
        """Ask it to end, by closing its input."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kill(self) -> None:
        """End it at once; does nothing when it has ended."""
        self._process.kill()


def address_file(profile: Profile) -> Path:
    """Where the server that runs on a profile says its URL."""
    return profile.server_data / "server.json"


def start(profile: Profile, *, port: int = 0, command: Sequence[str] | None = None) -> ServerProcess:
    """Start a server on `profile`. Raises OSError when that is not possible."""
    data = str(profile.server_data)
    return ServerProcess([*(command or default_command()), "--port", str(port), "--data", data, "--announce"])


def start_ahead(profile: Profile, *, command: Sequence[str] | None = None) -> ServerProcess | None:
    """Start it for the `EmbeddedServer` to come, so that both programs load at the same time.

    None where one seems to run already. Raises OSError as `start` does.
    """
    return None if address_file(profile).exists() else start(profile, command=command)


def default_command() -> list[str]:
    """Return the command of the server that belongs to this program."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--serve"]
    return [sys.executable, "-m", "server", "serve"]
