"""Has sparks baked by a process of its own: the client's own threads would make the video stutter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, Self

import studio
from studio.sparks.baker import COUNT, get, put
from studio.sparks.order import Order

PATIENCE_S: Final = 180.0
"""Of a baker of which nothing was heard for so long nothing will be; its process is ended."""
Told = Callable[[float], object]
"""Hears how far it is, 0 to 1, on any thread."""
Take = Callable[[int, bytes], object]
"""Takes, on any thread, a flipbook of the next pictures of a sketch, and how many it will have."""


def ignore(_count: int, _flipbook: bytes) -> None:
    """Wait for the whole film."""


class Unbaked(Exception):
    """It could not be baked; its text says why, for the log and for whoever made the spark."""


class Oven(Protocol):
    """Where sparks are baked."""

    def bake(self, order: Order, content: bytes, told: Told, take: Take = ignore) -> bytes:
        """Bake one; blocks. Raises Unbaked."""
        ...

    def give_up(self, order: Order) -> None:
        """Bake this one no further, if it is being baked: `bake` raises Unbaked soon, but for what takes a
        moment only. Any thread may call, and does not wait."""
        ...

    def close(self) -> None:
        """End it; what is being baked is given up."""
        ...


class Bakery:
    """An `Oven` in another process, which starts with the first order and ends when it is closed."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None
        self._one = threading.Lock()
        self._closed = threading.Event()
        self._now: Order | None = None
        self._number = 0
        self._writing = threading.Lock()

    def bake(self, order: Order, content: bytes, told: Told, take: Take = ignore) -> bytes:
        with self._one:
            try:
                process = self._started()
                with _Watch(process, self._patience_s) as watch:
                    self._order(process, order, content)
                    return _answer(process, told, take, watch)
            except (OSError, EOFError, ValueError) as error:
                self._end()
                raise Unbaked(f"the baker did not start, or ended: {error}") from error
            finally:
                self._now = None

    def give_up(self, order: Order) -> None:
        if self._now != order or not self._writing.acquire(blocking=False):
            return
        try:
            process = self._process
            if self._now == order and process is not None and process.stdin is not None:
                with suppress(OSError, ValueError):  # it has ended, which `bake` hears as well
                    put(process.stdin, b"X", str(self._number).encode())
        finally:
            self._writing.release()

    def close(self) -> None:
        self._closed.set()
        process = self._process
        if process is not None:
            with suppress(OSError):
                process.kill()  # whoever waits for it hears that at once
        with self._one:
            self._end()

    def _order(self, process: subprocess.Popen[bytes], order: Order, content: bytes) -> None:
        said = {"kind": order.kind.value, "sha256": order.sha256, "seed": order.seed, "sender": order.sender}
        assert process.stdin is not None
        with self._writing:
            self._number += 1
            self._now = order
            put(process.stdin, b"O", json.dumps({**said, "number": self._number}).encode())
            put(process.stdin, b"C", content)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._closed.is_set():
            raise Unbaked("the bakery is closed")
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                _command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
            )
            if self._closed.is_set():  # while it started: whoever closes has not seen it
                self._end()
                raise Unbaked("the bakery is closed")
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(OSError):
                process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            process.wait()


class _Watch:
    """Ends a baker of which nothing is heard; on a busy computer there is a picture now and then, too."""

    def __init__(self, process: subprocess.Popen[bytes], patience_s: float) -> None:
        self._process, self._patience_s = process, patience_s
        self._heard, self._over = 0, threading.Event()
        threading.Thread(target=self._look, name="spark-baker-watch", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()

    def hear(self) -> None:
        """Something was heard."""
        self._heard += 1

    def _look(self) -> None:
        last = 0
        while not self._over.wait(self._patience_s):
            if self._heard == last:
                self._process.kill()
                return
            last = self._heard


def _answer(process: subprocess.Popen[bytes], told: Told, take: Take, watch: _Watch) -> bytes:
    assert process.stdout is not None
    while (answer := get(process.stdout)) is not None:
        letter, data = answer
        watch.hear()
        if letter == b"P":
            told(int(data) / 1000)
        elif letter == b"F":
            take(COUNT.unpack_from(data)[0], data[COUNT.size :])
        elif letter == b"R":
            return data
        else:
            raise Unbaked(data.decode("utf-8", "replace"))
    raise EOFError("without an answer")


def _command() -> list[str]:
    module = ["-m", "studio.sparks.baker"]
    return [sys.executable, *module] if getattr(sys, "frozen", False) else [sys.executable, "-P", *module]


def _environment() -> Mapping[str, str]:
    """One thread for matrices: the other core is for the video."""
    return {
        **os.environ,
        "PYTHONPATH": str(Path(studio.__path__[0]).parent),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENCV_FOR_THREADS_NUM": "1",
    }
