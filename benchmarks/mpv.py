"""mpv as the peer of the review player: exact seeks and frame steps over its JSON IPC."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

_PATIENCE_S = 20.0


class Mpv:
    """A paused mpv without window and sound: it decodes and times frames, it converts none.

    That spares mpv the scaling and painting that our own figures include.
    """

    @staticmethod
    def installed() -> bool:
        """Whether there is an mpv to compare with."""
        return shutil.which("mpv") is not None

    def __init__(self, clip: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mpv-")
        path = Path(self._folder.name) / "socket"
        self._process = subprocess.Popen(
            [
                "mpv",
                "--no-config",
                "--vo=null",
                "--no-audio",
                "--hwdec=no",
                f"--vd-lavc-threads={min(os.cpu_count() or 1, 4)}",
                "--pause",
                "--keep-open=yes",
                "--hr-seek=yes",
                f"--input-ipc-server={path}",
                str(clip),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _PATIENCE_S
        while not path.exists():
            if time.monotonic() > deadline:
                raise TimeoutError("mpv did not open its socket")
            time.sleep(0.01)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_PATIENCE_S)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r")
        self._serial = 0
        while self.command("get_property", "time-pos").get("data") is None:
            time.sleep(0.01)

    def __enter__(self) -> Mpv:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        self._socket.close()
        self._process.terminate()
        self._process.wait(_PATIENCE_S)
        self._folder.cleanup()

    def command(self, *words: object) -> dict[str, Any]:
        """Send a command and return its answer."""
        self._serial += 1
        line = json.dumps({"command": words, "request_id": self._serial})
        self._socket.sendall(line.encode() + b"\n")
        while True:
            answer: dict[str, Any] = json.loads(self._lines.readline())
            if answer.get("request_id") == self._serial:
                return answer

    def seek_ms(self, seconds: float) -> float:
        """Seek exactly; milliseconds until mpv has the frame."""
        return self._timed("seek", seconds, "absolute+exact")

    def step_back_ms(self) -> float:
        """Step one frame back; milliseconds until mpv has the frame."""
        return self._timed("frame-back-step")

    def position_s(self) -> float:
        """Time of the frame that is shown."""
        return float(self.command("get_property", "time-pos")["data"])

    def _timed(self, *words: object) -> float:
        start = time.perf_counter()
        # Events of earlier commands come before this command's answer and are read with it.
        self.command(*words)
        while json.loads(self._lines.readline()).get("event") != "playback-restart":
            pass
        return (time.perf_counter() - start) * 1000
