"""The dialog of a failure: what happened, what was kept, what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from studio.messages import Problem
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button
from studio.widgets.empty_state import Disc
from studio.widgets.label import Label


class ErrorSheet(QDialog):
    """Details stay folded; copying takes all of it for whoever helps.

    It comes while somebody works by keys: no button is at Enter's call, and Escape closes it.
    """

    def __init__(self, problem: Problem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problem = problem
        self.setWindowTitle("Something went wrong")
        self.setAccessibleName(problem.what_happened)
        self.setMinimumWidth(520)
        worn = style.tokens()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_5, worn.space_5, worn.space_5, worn.space_4)
        layout.setSpacing(worn.space_4)
        top = QHBoxLayout()
        top.setSpacing(worn.space_4)
        top.addWidget(Disc("alert-triangle", "danger"), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(worn.space_3)
        words.addWidget(Label(problem.what_happened, "title", wrap=True))
        for heading, text in (("What was kept", problem.what_was_kept), ("What to do", problem.what_to_do)):
            if text:
                part = QVBoxLayout()
                part.setSpacing(2)
                part.addWidget(Label(heading, "section"))
                part.addWidget(Label(text, wrap=True))
                words.addLayout(part)
        top.addLayout(words, 1)
        layout.addLayout(top)
        self.detail = QPlainTextEdit(problem.detail)
        self.detail.setReadOnly(True)
        self.detail.setAccessibleName("Details")
        self.detail.setMinimumHeight(160)
        self.detail.hide()
        layout.addWidget(self.detail, 1)
        layout.addLayout(self._buttons())
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(style.tokens().space_2)
        if self._problem.detail:
            self._unfold = Button("Show details", kind="quiet", icon="chevron-down")
            self._unfold.clicked.connect(self._fold)
            copy = Button("Copy", kind="quiet", icon="copy")
            copy.clicked.connect(self.copy)
            row.addWidget(self._unfold)
            row.addWidget(copy)
        row.addStretch(1)
        close = Button("Close", kind="primary")
        close.clicked.connect(self.accept)
        row.addWidget(close)
        return row

    def _fold(self) -> None:
        self.detail.setVisible(self.detail.isHidden())
        self._unfold.setText("Show details" if self.detail.isHidden() else "Hide details")
        self.adjustSize()

    def copy(self) -> None:
        """Put the whole problem on the clipboard as text."""
        told = self._problem
        parts = (told.what_happened, told.what_was_kept, told.what_to_do, told.detail)
        clipboard.put("\n\n".join(part for part in parts if part))
