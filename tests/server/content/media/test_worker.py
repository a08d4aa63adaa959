"""The worker's death, delay and babble become refusals; its answers arrive whole."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import av.logging
import pytest

from server.content.media import child, worker
from server.content.media.poster import poster
from server.content.media.probe import probe
from server.content.media.progress import Progress
from server.content.media.results import (
    FileLimits,
    Poster,
    Probe,
    Refused,
    Storyboard,
    Waveform,
    WorkerLimits,
)
from server.content.media.storyboard import storyboard
from server.content.media.waveform import waveform
from server.content.media.worker import run

pytestmark = pytest.mark.crash


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that a test started; all of them must be gone at its end."""
    processes: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[call-overload]
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    yield processes
    assert all(process.returncode is not None for process in processes)


def act(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let the worker be a script that misbehaves."""
    monkeypatch.setattr(worker, "_command", lambda: [sys.executable, "-c", script])


def test_all_tasks_answer_as_they_do_in_this_process(plain: Path) -> None:
    limits = FileLimits()
    assert run(Probe, plain) == probe(plain, limits)
    assert run(Storyboard, plain) == storyboard(plain, limits)
    assert run(Poster, plain) == poster(plain, limits)
    assert run(Waveform, plain) == waveform(plain, limits)


def test_no_decoding_thread_waits_for_the_interpreter(plain: Path) -> None:
    """A log callback of Python's would: then whoever frees a decoder early may wait for ever."""
    request = {"task": "server.content.media.poster:poster", "path": str(plain), "options": {}}
    answer = child.answer(request | {"file_limits": {}, "worker_limits": {}})
    assert "result" in answer
    assert av.logging.get_level() is None


def test_a_refusal_travels_with_its_sentence(tmp_path: Path, plain: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert run(Probe, tmp_path / "a.mp4") == Refused("empty", "The file is empty.")
    long = run(Probe, plain, file_limits=FileLimits(duration_ms=10))
    assert isinstance(long, Refused)
    assert long.code == "too_long"


@pytest.mark.parametrize("megabytes", [16, 128, 256])
def test_too_little_memory_is_a_refusal(plain: Path, megabytes: int) -> None:
    result = run(Probe, plain, limits=WorkerLimits(address_space=megabytes << 20))
    assert isinstance(result, Refused)
    assert result.code == "worker_failed"


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGABRT"])
def test_a_death_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, plain: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    act(monkeypatch, f"import os, signal; os.kill(os.getpid(), signal.{name})")
    result = run(Probe, plain)
    assert isinstance(result, Refused)
    assert result.code == "worker_failed"
    assert str(plain) not in caplog.text


def test_a_worker_killed_from_outside_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, plain: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    act(monkeypatch, "import signal; signal.pause()")
    running = Event()
    real = worker._converse

    def converse(*how: Any) -> object:
        running.set()
        return real(*how)

    monkeypatch.setattr(worker, "_converse", converse)
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(run, Probe, plain)
        running.wait(timeout=30)
        started[0].kill()
        answer = result.result(timeout=30)
    assert isinstance(answer, Refused)
    assert answer.code == "worker_failed"


@pytest.mark.parametrize(
    "script",
    [
        "print('not json')",
        "print('[]')",
        "print('{}')",
        'print(\'{"result": {"frames": 1}}\')',
        "print('{\"refused\": {}}')",
        "",
        "raise SystemExit(3)",
    ],
)
def test_nonsense_is_a_refusal(monkeypatch: pytest.MonkeyPatch, plain: Path, script: str) -> None:
    act(monkeypatch, script)
    result = run(Probe, plain)
    assert isinstance(result, Refused)
    assert result.code == "worker_failed"


def test_babble_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, plain: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    act(monkeypatch, "import sys\nwhile True: sys.stdout.write('x' * 65536)")
    result = run(Probe, plain, limits=WorkerLimits(output=1 << 20))
    assert isinstance(result, Refused)
    assert result.code == "worker_failed"
    assert started[0].returncode != 0


def test_time_runs_out(monkeypatch: pytest.MonkeyPatch, plain: Path) -> None:
    act(monkeypatch, "import signal; signal.pause()")
    result = run(Probe, plain, limits=WorkerLimits(wall_seconds=0.1))
    assert isinstance(result, Refused)
    assert result.code == "timed_out"


def test_cpu_time_runs_out(monkeypatch: pytest.MonkeyPatch, plain: Path) -> None:
    act(
        monkeypatch,
        "from server.content.media.child import restrict, WorkerLimits\n"
        "restrict(WorkerLimits(cpu_seconds=1))\n"
        "while True: pass",
    )
    result = run(Probe, plain)
    assert isinstance(result, Refused)
    assert result.code == "timed_out"


def test_cancel_ends_it(monkeypatch: pytest.MonkeyPatch, plain: Path) -> None:
    act(monkeypatch, "import signal; signal.pause()")
    cancel = Event()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(run, Probe, plain, cancel=cancel)
        cancel.set()
        answer = result.result(timeout=30)
    assert isinstance(answer, Refused)
    assert answer.code == "cancelled"


def test_the_worker_sees_no_secret(monkeypatch: pytest.MonkeyPatch, plain: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    act(
        monkeypatch,
        "import json, os\nprint(json.dumps({'refused': {'code': 'names', 'reason': ' '.join(os.environ)}}))",
    )
    result = run(Probe, plain)
    assert isinstance(result, Refused)
    assert result.code == "names"
    assert "DATABASE_URL" not in result.reason
    assert set(result.reason.split()) <= {
        *("PYTHONPATH", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"),
        *("MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_"),
        *("SYSTEMROOT", "LC_CTYPE"),
    }


def test_the_worker_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Path) -> None:
    target = tmp_path / "written"
    act(
        monkeypatch,
        "import json\n"
        "from server.content.media.child import restrict, WorkerLimits\n"
        "restrict(WorkerLimits())\n"
        "try:\n"
        f"    with open({json.dumps(str(target))}, 'wb', buffering=0) as out: out.write(b'x')\n"
        "except OSError as error:\n"
        "    print(json.dumps({'refused': {'code': 'errno', 'reason': str(error.errno)}}))",
    )
    assert run(Probe, plain) == Refused("errno", "27")
    assert target.stat().st_size == 0


def test_a_fault_in_our_own_code_names_its_place_and_not_the_file(
    plain: Path, caplog: pytest.LogCaptureFixture
) -> None:
    result = run(Probe, plain, file_limits=FileLimits(streams="many"))  # type: ignore[arg-type]
    assert isinstance(result, Refused)
    assert result.code == "worker_failed"
    assert "TypeError at source.py" in caplog.text
    assert str(plain) not in caplog.text


def test_the_frozen_app_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert worker._command() == [sys.executable, worker.FROZEN_FLAG]


def test_how_far_it_is_is_heard_and_is_no_part_of_the_answer(
    monkeypatch: pytest.MonkeyPatch, plain: Path
) -> None:
    told = [json.dumps({"done_bp": done}) for done in (100, 5_000, 99_999)]
    lines = [*told, '{"result": {"a": 1}}']
    act(monkeypatch, f"import sys; sys.stdin.read(); print({chr(10).join(lines)!r})")
    heard: list[int] = []
    assert worker.ask("any", plain, heard=heard.append) == {"a": 1}
    assert heard == [100, 5_000, 10_000]


def test_progress_without_end_is_a_refusal(monkeypatch: pytest.MonkeyPatch, plain: Path) -> None:
    act(monkeypatch, "while True: print('{\"done_bp\": 100}')")
    answer = worker.ask("any", plain, limits=WorkerLimits(output=50_000))
    assert isinstance(answer, Refused)
    assert answer.code == "worker_failed"


def test_progress_only_rises_and_is_told_in_steps() -> None:
    heard: list[int] = []
    progress = Progress(heard.append)
    for done in (50, 100, 150, 90, 4_000, 20_000):
        progress.tell(done)
    assert heard == [100, 4_000, 10_000]
    told: list[int] = []
    assert list(Progress(told.append).over("abcd", 2, 1_000, 9_000)) == list("abcd")
    assert told == [5_000, 9_000], "more than were announced do not go beyond"
