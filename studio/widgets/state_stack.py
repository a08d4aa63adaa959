"""Shows content, or why there is none: loading, empty, failed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from studio.messages import Problem
from studio.widgets.empty_state import EmptyState, ErrorState
from studio.widgets.skeleton import Skeleton

PATIENCE_MS: Final = 150
"""A load quicker than this shows no skeleton: a flash of grey is worse than nothing."""


class StateStack(QWidget):
    """`retried` is emitted by the button of a failure, `acted` by that of an empty state."""

    retried = Signal()
    acted = Signal()

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._skeleton = Skeleton()
        self._instead: QWidget | None = None
        self._stack = QStackedLayout(self)
        self._stack.addWidget(content)
        self._stack.addWidget(self._skeleton)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(lambda: self._show(self._skeleton))

    def loading(self) -> None:
        """Say that content is on its way; what is shown stays for `PATIENCE_MS`."""
        self._patience.start()

    def content(self) -> None:
        """Show the content."""
        self._show(self._content)

    def empty(self, icon: str, title: str, text: str = "", action: str = "") -> None:
        """Show that there is nothing, and perhaps what to do about it."""
        state = EmptyState(icon, title, text, action)
        state.acted.connect(self.acted)
        self._show_instead(state)

    def failed(self, problem: Problem) -> None:
        """Show that loading failed."""
        state = ErrorState(problem)
        state.acted.connect(self.retried)
        self._show_instead(state)

    def shown(self) -> QWidget | None:
        """Return what is visible."""
        return self._stack.currentWidget()

    def _show_instead(self, state: EmptyState) -> None:
        self._stack.addWidget(state)
        self._show(state)
        self._instead = state

    def _show(self, widget: QWidget) -> None:
        self._patience.stop()
        self._stack.setCurrentWidget(widget)
        if self._instead is not None and self._instead is not widget:
            self._instead.deleteLater()
            self._instead = None
