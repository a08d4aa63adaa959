"""Run media work on an untrusted file in a process of its own that may crash without harm.

The server never decodes a user's file itself: a decoder that is tricked into crashing, hanging or
filling memory ends a worker, and the caller gets `Refused("worker_failed", ...)`. The worker's environment
holds no secret, no file grows by its hand, and it answers through a pipe of bounded size.

This contains a decoder that breaks, not one that an attacker commands: the worker runs as the server's
user, who may read, delete and shorten what the server may, keys.json and the database too, and reach the
network. Against that, give the server an account or a container of its own, and the keys from elsewhere.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import server
from server.content.media.results import FileLimits, Refused, WorkerLimits

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FROZEN_FLAG = "--media-worker"
TOLD = re.compile(rb'\{"done_bp": (\d{1,5})\}\r?\n')
"""A line by which a worker says how far it is."""
_CANCEL_POLL_S = 0.05
_FAILED = Refused("worker_failed", "The video could not be examined: reading it stopped the isolated reader.")
_TIMED_OUT = Refused("timed_out", "The video could not be examined: reading it took too long.")
_CANCELLED = Refused("cancelled", "The examination was cancelled.")
_log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT", bound="DataclassInstance")


def run(
    task: type[ResultT],
    path: Path,
    *,
    file_limits: FileLimits = FileLimits(),
    limits: WorkerLimits = WorkerLimits(),
    cancel: Event | None = None,
    **options: int | None,
) -> ResultT | Refused:
    """Make a `task` (the type of result wanted) of the file at `path` in a worker process; `options` are
    those of the task. As `ask` otherwise. A result of a domain above content names its function in `TASK`.
    """
    name = task.__name__.lower()
    answer = ask(
        getattr(task, "TASK", f"server.content.media.{name}:{name}"),
        path,
        file_limits=file_limits,
        limits=limits,
        cancel=cancel,
        heard=None,
        **options,
    )
    if isinstance(answer, Refused):
        return answer
    try:
        return task(**_values(task, answer))
    except (ValueError, TypeError, LookupError) as error:
        return _failed(name, f"no answer that can be understood ({type(error).__name__})")


def ask(
    task: str,
    path: Path,
    *,
    file_limits: FileLimits = FileLimits(),
    limits: WorkerLimits = WorkerLimits(),
    cancel: Event | None = None,
    heard: Callable[[int], None] | None = None,
    **options: int | str | None,
) -> dict[str, Any] | Refused:
    """Have a worker process call `task`, "module:function" of the server, with the path, the limits of the
    file and `options`; the fields of the dataclass that it answers, as JSON has them.

    `heard` is told in another thread how far it is, in basis points; only of a task that takes `progress`.

    Blocks the calling thread until the worker ends, `limits.wall_seconds` have passed or `cancel`
    is set; the worker is gone when this returns. Never raises for anything that the file does.
    """
    request = {
        "task": task,
        "path": os.path.abspath(path),
        "options": options,
        "tells": heard is not None,
        "file_limits": asdict(file_limits),
        "worker_limits": asdict(limits),
    }
    process = subprocess.Popen(
        _command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
    )
    with process:
        try:
            written = _converse(process, json.dumps(request).encode(), limits, cancel, heard or _unheard)
        finally:
            # Before waiting: whatever went wrong, the worker must not outlive this call.
            process.kill()
    if isinstance(written, Refused):
        return written
    return _answer(task, written, process.returncode)


def _command() -> list[str]:
    """How to start `child.main`: the frozen app starts itself, a checkout starts the module."""
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG]
    return [sys.executable, "-P", "-m", "server.content.media.child"]


def _environment() -> dict[str, str]:
    """Only what an interpreter needs: no key, no database address. Matrix libraries get one thread and the
    allocator two arenas, since each more would reserve memory that counts as used; it gives back what is
    freed of more than a MiB, that is pictures: kept for later they made 40 % of an analysis's peak."""
    return {
        **{name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
        "PYTHONPATH": str(Path(server.__path__[0]).parent),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": str(1 << 20),
    }


def _unheard(done_bp: int) -> None:
    pass


def _converse(
    process: subprocess.Popen[bytes],
    request: bytes,
    limits: WorkerLimits,
    cancel: Event | None,
    heard: Callable[[int], None],
) -> bytes | Refused:
    """Hand over the request and wait for what the worker writes, or for a reason to give up."""
    deadline = time.monotonic() + limits.wall_seconds
    written: list[bytes] = []
    pipe = (process, request, limits.output, written, heard)
    talk = Thread(target=_talk, args=pipe, name="media-worker-pipe")
    talk.start()
    try:
        while talk.is_alive():
            if cancel is not None and cancel.is_set():
                return _CANCELLED
            left = deadline - time.monotonic()
            if left <= 0:
                return _TIMED_OUT
            talk.join(left if cancel is None else min(left, _CANCEL_POLL_S))
        return written[0] if written and len(written[0]) <= limits.output else _FAILED
    finally:
        if talk.is_alive():
            process.kill()
            talk.join()


def _talk(
    process: subprocess.Popen[bytes],
    request: bytes,
    most: int,
    written: list[bytes],
    heard: Callable[[int], None],
) -> None:
    """Write the request, hear how far it is, read one byte more than is accepted at most, see it end."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(request)
        process.stdin.close()
    except BrokenPipeError:
        pass
    read, answer = 0, [b""]
    while read <= most and (line := process.stdout.readline(most + 1 - read)):
        read += len(line)
        if found := TOLD.fullmatch(line):
            heard(min(int(found[1]), 10_000))
        else:
            answer.append(line)
    if read > most:
        process.kill()
    process.wait()
    written.append(b"".join(answer) if read <= most else b"\0" * (most + 1))


def _answer(task: str, written: bytes, returncode: int) -> dict[str, Any] | Refused:
    """What the worker wrote; its death or its confusion as a refusal."""
    if returncode:
        _log.warning("media worker for %s ended with status %s", task, returncode)
        return _TIMED_OUT if returncode == -_SIGXCPU else _FAILED
    try:
        answer = json.loads(written)
        if "result" in answer:
            return dict(answer["result"])
        if "refused" in answer:
            return Refused(**answer["refused"])
        return _failed(task, answer["failed"])
    except (ValueError, TypeError, LookupError) as error:
        return _failed(task, f"no answer that can be understood ({type(error).__name__})")


def _failed(task: str, why: str) -> Refused:
    _log.warning("media worker for %s failed: %s", task, why)
    return _FAILED


def _values(task: type[ResultT], sent: dict[str, Any]) -> dict[str, Any]:
    """The fields of the result with what JSON cannot carry restored: bytes and tuples."""
    values = dict(sent)
    for field in fields(task):
        if field.type == "bytes":
            values[field.name] = base64.b64decode(values[field.name])
        elif isinstance(values[field.name], list):
            values[field.name] = tuple(values[field.name])
    return values


_SIGXCPU: int = getattr(signal, "SIGXCPU", 0)
