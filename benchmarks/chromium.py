"""A headless Chromium from a folder outside the product: its page is driven over a pipe (DevTools protocol).

Linux only: what it costs is read from `/proc`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

PACKED: Final = Path("node_modules/@sparticuz/chromium/bin")
_WAITS: Final = 180.0
"""s for an answer: a hundred frames under load."""
_FLAGS: Final = (
    "--headless", "--no-sandbox", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe",
    "--window-size=360,640", "--force-device-scale-factor=1", "--disable-frame-rate-limit",
    "--disable-gpu-vsync", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows", "--disable-dev-shm-usage",
)  # fmt: skip
_UNPACK: Final = (
    "const [, from, to] = process.argv, fs = require('fs');"
    "fs.writeFileSync(to, require('zlib').brotliDecompressSync(fs.readFileSync(from)), {mode: 0o755});"
)


class Missing(Exception):
    """There is no Chromium to be had, or it does not do what was asked."""


def find(folder: Path) -> Path:
    """`chromium/chromium` in `folder`; unpacked by node at the first time, if it lies there as a package."""
    program = folder / "chromium/chromium"
    packed = folder / PACKED
    if program.is_file():
        return program
    if not (packed / "chromium.br").is_file():
        raise Missing("neither chromium/chromium nor the package @sparticuz/chromium is in the folder")
    program.parent.mkdir(exist_ok=True)
    for name in ("al2023.tar", "swiftshader.tar", "chromium"):
        to = program.parent / name
        try:
            subprocess.run(["node", "-e", _UNPACK, packed / f"{name}.br", to], check=True)
        except (OSError, subprocess.CalledProcessError) as problem:
            raise Missing(f"cannot unpack {name}.br: {problem}") from problem
        if name.endswith(".tar"):
            with tarfile.open(to) as archive:
                archive.extractall(program.parent, filter="data")
            to.unlink()
    return program


class Page:
    """One empty page."""

    def __init__(self, process: subprocess.Popen[bytes], read: int, write: int) -> None:
        self._process, self._read, self._write = process, read, write
        self._session: str | None = None
        self._asked, self._rest = 0, b""

    def open(self) -> None:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(self, method: str, *, browser: bool = True, **params: Any) -> Any:
        """The result of a method of the protocol."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": params}
        if not browser:
            message["sessionId"] = self._session
        data = memoryview(json.dumps(message).encode() + b"\0")
        try:
            while data:
                data = data[os.write(self._write, data) :]
        except BrokenPipeError as problem:
            raise Missing("Chromium ended") from problem
        while (answer := self._message()).get("id") != self._asked:
            pass
        if "error" in answer:
            raise Missing(f"{method}: {answer['error']}")
        return answer["result"]

    def run_script(self, script: str) -> Any:
        """The value of a script, awaited where it is a promise."""
        result = self.ask(
            "Runtime.evaluate", browser=False, expression=script, awaitPromise=True, returnByValue=True
        )
        if problem := result.get("exceptionDetails"):
            raise Missing(f"script: {problem.get('exception', {}).get('description', problem['text'])}")
        return result["result"].get("value")

    def cpu(self) -> dict[str, float]:
        """s of CPU time so far, by the kind of the browser's processes."""
        spent: dict[str, float] = {}
        for process in _tree(self._process.pid):
            with contextlib.suppress(OSError):
                named = re.search(r"--type=([\w-]+)", Path(f"/proc/{process}/cmdline").read_text())
                kind = named[1] if named else "browser"
                user, system = _stat(process)[11:13]
                ticks = int(user) + int(system)
                spent[kind] = spent.get(kind, 0) + ticks / os.sysconf("SC_CLK_TCK")
        return spent

    def _message(self) -> dict[str, Any]:
        until = time.monotonic() + _WAITS
        while b"\0" not in self._rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                raise Missing("Chromium does not answer")
            part = os.read(self._read, 1 << 20)
            if not part:
                raise Missing("Chromium ended")
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextlib.contextmanager
def page(program: Path, flags: Sequence[str]) -> Iterator[Page]:
    """A page of a browser of its own, which ends with the block."""
    if not Path("/proc/self/stat").exists():
        raise Missing("no /proc to read CPU time from")
    to_child, write = os.pipe()
    read, from_child = os.pipe()

    def plug() -> None:
        # Programs take the pipe as files 3 and 4, which the pipe's own may be.
        ends = [os.dup(to_child), os.dup(from_child)]
        while min(ends[-2:]) < 5:
            ends += [os.dup(one) for one in ends[-2:]]
        for at, one in zip((3, 4), ends[-2:], strict=True):
            os.dup2(one, at)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        libraries = f"{os.environ.get('LD_LIBRARY_PATH', '')}:{program.parent / 'lib'}".strip(":")
        process = subprocess.Popen(
            [str(program), *_FLAGS, f"--user-data-dir={home}", *flags],
            env={**os.environ, "HOME": home, "LD_LIBRARY_PATH": libraries},
            pass_fds=(3, 4),
            preexec_fn=plug,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_child)
        os.close(from_child)
        opened = Page(process, read, write)
        try:
            opened.open()
            yield opened
        finally:
            with contextlib.suppress(Missing, OSError):
                opened.ask("Browser.close")
            os.close(read)
            os.close(write)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(int(entry))[1]), []).append(int(entry))
    found = [root]
    for one in found:
        found += children.get(one, [])
    return found


def _stat(process: int) -> list[str]:
    """The fields of `/proc/PID/stat` from the state on."""
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
