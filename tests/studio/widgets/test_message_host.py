"""Reports from any thread become toasts and sheets over the window."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt, qInstallMessageHandler, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.messages import Level, Messages, Problem
from studio.widgets.error_sheet import ErrorSheet
from studio.widgets.message_host import MessageHost, log_qt_warnings

PROBLEM = Problem(what_happened="No answer.", what_was_kept="All.", what_to_do="Wait.", detail="line 1")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made


def test_message_of_another_thread_is_shown_on_this_one(window: QWidget, qtbot: QtBot) -> None:
    messages = Messages()
    host = MessageHost(messages, window)
    thread = threading.Thread(target=messages.notify, args=(Level.INFO, "from afar"))
    thread.start()
    qtbot.waitUntil(lambda: bool(host.toasts.toasts()))
    thread.join()
    assert host.toasts.toasts()[0].message.text == "from afar"


def test_second_problem_waits_for_the_first_to_close(window: QWidget) -> None:
    messages = Messages()
    host = MessageHost(messages, window)
    messages.fail(PROBLEM)
    first = host.sheet
    messages.fail(PROBLEM)
    assert host.sheet is first is not None
    first.accept()
    assert host.sheet is not None
    assert host.sheet is not first
    host.sheet.accept()
    assert host.sheet is None


def test_sheet_tells_and_copies_everything(qtbot: QtBot) -> None:
    sheet = ErrorSheet(PROBLEM)
    qtbot.addWidget(sheet)
    sheet.copy()
    assert QGuiApplication.clipboard().text() == "No answer.\n\nAll.\n\nWait.\n\nline 1"
    assert sheet.detail.isHidden()


def test_a_sheet_that_comes_while_one_types_takes_neither_words_nor_enter(
    window: QWidget, qtbot: QtBot
) -> None:
    field = QLineEdit(window)
    field.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    messages = Messages()
    host = MessageHost(messages, window)
    messages.fail(PROBLEM)
    assert host.sheet is not None
    qtbot.keyClicks(QApplication.focusWidget(), "on")
    assert field.text() == "on"
    qtbot.keyClick(host.sheet, Qt.Key.Key_Return)
    assert host.sheet is not None
    qtbot.keyClick(host.sheet, Qt.Key.Key_Escape)
    assert host.sheet is None


@pytest.mark.usefixtures("qapp")
def test_qt_warning_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    before = qInstallMessageHandler(None)
    try:
        log_qt_warnings()
        qWarning("x" * 1000)
    finally:
        qInstallMessageHandler(before)
    assert caplog.messages == ["Qt: " + "x" * 300]
