"""Shows what arrives in `messages` over one window, and sends Qt's own warnings to the crash log."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from studio.key_binding import is_text_field
from studio.messages import Messages, Problem, Report, log
from studio.widgets.error_sheet import ErrorSheet
from studio.widgets.toast import ToastStack

_QUIET: Final = (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)


class MessageHost(QObject):
    """Toasts for messages, one sheet for a problem: a second problem waits for the first to close."""

    _arrived = Signal(object)

    def __init__(self, messages: Messages, window: QWidget) -> None:
        super().__init__(window)
        self.toasts = ToastStack(window)
        self._waiting: list[Problem] = []
        self.sheet: ErrorSheet | None = None
        self._arrived.connect(self._show, Qt.ConnectionType.AutoConnection)
        leave = messages.listen(self._arrived.emit)
        window.destroyed.connect(leave)

    def _show(self, report: Report) -> None:
        if isinstance(report, Problem):
            self._waiting.append(report)
            self._next_sheet()
        else:
            self.toasts.show_message(report)

    def _next_sheet(self) -> None:
        if self.sheet is not None or not self._waiting:
            return
        window = self.parent()
        self.sheet = ErrorSheet(self._waiting.pop(0), window if isinstance(window, QWidget) else None)
        self.sheet.finished.connect(self._closed)
        typing = is_text_field(QApplication.focusWidget())
        self.sheet.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, typing)
        self.sheet.show()  # not modal: whoever is in the middle of something can finish it

    def _closed(self) -> None:
        if self.sheet is not None:
            self.sheet.deleteLater()
            self.sheet = None
        self._next_sheet()


def log_qt_warnings() -> None:
    """Write Qt's warnings to the crash log instead of the terminal."""

    def hear(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind not in _QUIET:
            log.warning("Qt: %s", text[:300])

    qInstallMessageHandler(hear)
