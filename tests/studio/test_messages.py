"""The sink of messages, the crash log, and what the crash log must never hold."""

from __future__ import annotations

import faulthandler
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import messages
from studio.messages import Level, Message, Messages, Problem, Report, catch_everything, log, open_crash_log

SECRET = "mara@example.org typed this"


class Heard(list[Report]):
    """What a listener was told."""

    def texts(self) -> list[str]:
        return [report.text for report in self if isinstance(report, Message)]


@pytest.fixture
def crash_log(tmp_path: Path) -> Iterator[Path]:
    before = faulthandler.is_enabled()
    open_crash_log(tmp_path)
    yield tmp_path
    for handler in log.handlers[:]:
        log.removeHandler(handler)
        handler.close()
    if before:
        faulthandler.enable()
    else:
        faulthandler.disable()


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test replace the interpreter's hooks and put them back."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)


def fail_with(words: str) -> Exception:
    try:
        raise ValueError(words)
    except ValueError as error:
        return error


def test_every_listener_hears_everything_in_order() -> None:
    sink, first, second = Messages(), Heard(), Heard()
    sink.listen(first.append)
    sink.listen(second.append)
    sink.notify(Level.INFO, "one")
    sink.notify(Level.ERROR, "two", "detail")
    assert first.texts() == ["one", "two"]
    assert first == second


def test_early_reports_wait_for_the_first_listener() -> None:
    sink, heard, later = Messages(), Heard(), Heard()
    sink.notify(Level.WARNING, "before anybody listened")
    sink.listen(heard.append)
    sink.listen(later.append)
    assert heard.texts() == ["before anybody listened"]
    assert later == []


def test_a_listener_that_left_hears_nothing() -> None:
    sink, heard, staying = Messages(), Heard(), Heard()
    leave = sink.listen(heard.append)
    sink.listen(staying.append)
    leave()
    sink.notify(Level.INFO, "one")
    assert (heard, len(staying)) == ([], 1)


def test_undo_travels_with_the_message() -> None:
    sink: Messages = Messages()
    heard: list[Report] = []
    undone: list[str] = []
    sink.listen(heard.append)
    sink.notify(Level.SUCCESS, "Removed", undo=lambda: undone.append("yes"), seconds=10)
    message = heard[0]
    assert isinstance(message, Message)
    assert message.undo is not None
    message.undo()
    assert (undone, message.seconds) == (["yes"], 10)


@pytest.mark.usefixtures("hooks")
def test_uncaught_exception_becomes_a_problem_and_a_log_line(crash_log: Path) -> None:
    sink, heard = Messages(), Heard()
    sink.listen(heard.append)
    catch_everything(sink)
    error = fail_with(SECRET)
    sys.excepthook(type(error), error, error.__traceback__)
    (problem,) = heard
    assert isinstance(problem, Problem)
    assert SECRET in problem.detail, "the person may see their own words"
    written = (crash_log / "crash.log").read_text("utf-8")
    assert "ValueError" in written
    assert "in fail_with" in written
    assert SECRET not in written


@pytest.mark.usefixtures("hooks")
def test_exception_of_another_thread_is_caught(crash_log: Path) -> None:
    sink, heard = Messages(), Heard()
    sink.listen(heard.append)
    catch_everything(sink)

    def fall() -> None:
        raise RuntimeError(SECRET)

    thread = threading.Thread(target=fall)
    thread.start()
    thread.join()
    assert len(heard) == 1
    assert "RuntimeError" in (crash_log / "crash.log").read_text("utf-8")


@pytest.mark.usefixtures("hooks", "crash_log")
def test_leaving_is_no_fault() -> None:
    sink, heard = Messages(), Heard()
    sink.listen(heard.append)
    catch_everything(sink)
    for error in (KeyboardInterrupt(), SystemExit(0)):
        sys.excepthook(type(error), error, None)
    assert heard == []


def test_crash_log_is_bounded(crash_log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3 * messages.LOG_BYTES // 1000 + 600):
        log.error("x" * 1000)
    files = sorted(crash_log.glob("crash.log*"))
    assert len(files) == messages.LOG_FILES
    assert max(file.stat().st_size for file in files) <= messages.LOG_BYTES


def test_a_dying_process_leaves_its_stack(tmp_path: Path) -> None:
    program = (
        "import sys, faulthandler; from pathlib import Path; from studio.messages import open_crash_log\n"
        "open_crash_log(Path(sys.argv[1])); faulthandler._sigsegv()"
    )
    for _ in range(2):
        died = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True
        )
        assert died.returncode < 0
    assert "Segmentation fault" in (tmp_path / "crash-native.log").read_text()
    assert "Segmentation fault" in (tmp_path / "crash-native.log.1").read_text()


def test_core_is_free_of_qt() -> None:
    program = "import sys, studio.messages; sys.exit(any('PySide6' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
