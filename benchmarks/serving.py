"""A real server in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(data: Path, **environment: str) -> Iterator[str]:
    """The address of a server on the folder, which ends with the block."""
    command = [sys.executable, "-m", "server", "serve", "--data", str(data), "--port", "0", "--announce"]
    with subprocess.Popen(
        command,
        text=True,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        told = (json.loads(line) for line in process.stdout if line.startswith("{"))
        yield next(str(each["url"]) for each in told if each["event"] == "ready")
        process.stdin.close()
        process.stdout.read()
