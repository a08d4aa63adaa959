"""One running task: what it is, how far it is, a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from studio.theme import style
from studio.widgets.button import IconButton
from studio.widgets.label import ElidedLabel, Label


class ProgressRow(QWidget):
    """Emits `cancelled` once when the person stops the task; without `may_stop` it is only looked at."""

    cancelled = Signal()

    def __init__(self, title: str, parent: QWidget | None = None, *, may_stop: bool = True) -> None:
        super().__init__(parent)
        worn = style.tokens()
        self._title = title
        self._state = Label("", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._cancel = IconButton("x", f"Stop: {title}", tip="Stop")
        self._cancel.clicked.connect(self._stop)
        room = self._cancel.sizePolicy()
        room.setRetainSizeWhenHidden(may_stop)
        self._cancel.setSizePolicy(room)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(worn.space_2)
        words = QHBoxLayout()
        words.addWidget(ElidedLabel(title), 1)
        words.addWidget(self._state)
        column = QVBoxLayout()
        column.setSpacing(worn.space_1)
        column.addLayout(words)
        column.addWidget(self._bar)
        row.addLayout(column, 1)
        row.addWidget(self._cancel)
        self._cancel.setVisible(may_stop)
        self.set_progress(0.0)

    def set_progress(self, fraction: float | None, text: str = "") -> None:
        """Show progress 0..1, or with None that there is some but nobody knows how much."""
        # Qt's busy bar is animated without end, so reduced motion gets an empty one.
        busy = fraction is None and not style.theme().reduced_motion
        self._bar.setRange(0, 0 if busy else 1000)
        if fraction is not None:
            self._bar.setValue(round(1000 * min(1.0, max(0.0, fraction))))
        self._state.setText(text or ("" if fraction is None else f"{round(fraction * 100)} %"))
        self._bar.setAccessibleName(f"{self._title}: {self._state.text() or 'running'}")

    def finish(self, text: str) -> None:
        """Show that the task has ended."""
        self.set_progress(1.0, text)
        self._bar.setProperty("state", "done")
        self._bar.style().unpolish(self._bar)
        self._bar.style().polish(self._bar)
        self._cancel.hide()

    def _stop(self) -> None:
        self._cancel.setEnabled(False)
        self._state.setText("Stopping")
        self.cancelled.emit()
