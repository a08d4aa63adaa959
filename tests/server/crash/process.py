"""A real server in a process of its own, on a folder of its own, that can be killed and started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[3]
WAIT_S = 60


class ServerProcess:
    """`start` waits for the ready line; `kill` is kill -9; `stop` closes stdin, as an ending parent does."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.url = ""
        self.announced: list[dict[str, Any]] = []
        self._environment = {**os.environ, "STUDIO_JOBS": "false", **environment}
        self._child: subprocess.Popen[str] | None = None

    @property
    def child(self) -> subprocess.Popen[str]:
        assert self._child is not None
        return self._child

    def start(self, *arguments: str) -> None:
        self._child = subprocess.Popen(
            [
                *(sys.executable, "-m", "server", "serve", "--port", "0", "--announce"),
                *("--data", str(self.data), *arguments),
            ],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.announced = []
        assert self.child.stdout
        for line in self.child.stdout:
            self.announced.append(json.loads(line))
            if self.announced[-1]["event"] != "progress":
                break
        last = self.announced[-1] if self.announced else {}
        self.url = str(last.get("url", ""))

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.Client:
        """A client of this server, without the certificates of the world: to read them takes 50 ms."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=WAIT_S, trust_env=False, verify=False)

    def faults(self) -> list[str]:
        """The lines of the log that a person would have to look into."""
        lines = (self.data / "log" / "server.jsonl").read_text().splitlines()
        return [line for line in lines if json.loads(line)["level"] in ("warning", "error", "critical")]

    def kill(self) -> None:
        self.child.kill()
        assert self.child.wait(WAIT_S) == -9
        self._close()

    def stop(self) -> int:
        """Answers the exit code."""
        assert self.child.stdin
        self.child.stdin.close()
        code = self.child.wait(WAIT_S)
        self._close()
        return code

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child and self._child.poll() is None:
            self._child.kill()
            self._child.wait(WAIT_S)
        self._close()

    def _close(self) -> None:
        for pipe in (self.child.stdin, self.child.stdout) if self._child else ():
            if pipe:
                pipe.close()
