"""What stands where content would be: nothing yet, nothing found, or a failure with a way on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.messages import Problem
from studio.theme import style
from studio.theme.icons import pixmap
from studio.widgets.button import Button
from studio.widgets.label import Label, Tone
from studio.widgets.painting import fill_rounded

_DISC = 56
_ICON = 26
_WIDTH = 400


class EmptyState(QWidget):
    """Icon, title, one sentence and perhaps one button; `acted` is emitted when it is pressed."""

    acted = Signal()

    def __init__(
        self,
        icon: str,
        title: str,
        text: str = "",
        action: str = "",
        *,
        tone: str = "neutral",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        worn = style.tokens()
        outer = QHBoxLayout(self)
        column = QWidget()
        column.setMaximumWidth(_WIDTH)
        outer.addStretch(1)
        outer.addWidget(column, 100)
        outer.addStretch(1)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, worn.space_5, 0, worn.space_5)
        layout.setSpacing(worn.space_2)
        center = Qt.AlignmentFlag.AlignHCenter
        layout.addStretch(3)
        layout.addWidget(Disc(icon, tone), 0, center)
        layout.addSpacing(worn.space_2)
        lines: tuple[tuple[str, Tone], ...] = ((title, "title"), (text, "muted"))
        for words, label_tone in lines:
            if words:
                label = Label(words, label_tone, wrap=True)
                label.setAlignment(Qt.AlignmentFlag.AlignCenter)
                layout.addWidget(label)
        if action:
            button = Button(action, kind="primary" if tone == "neutral" else "")
            button.clicked.connect(self.acted)
            layout.addSpacing(worn.space_2)
            layout.addWidget(button, 0, center)
        layout.addStretch(4)


class ErrorState(EmptyState):
    """A failure in place of the content that could not be loaded."""

    def __init__(self, problem: Problem, action: str = "Try again", parent: QWidget | None = None) -> None:
        text = " ".join(part for part in (problem.what_was_kept, problem.what_to_do) if part)
        super().__init__("alert-triangle", problem.what_happened, text, action, tone="danger", parent=parent)


class Disc(QWidget):
    """An icon on a soft disc of its tone."""

    def __init__(self, icon: str, tone: str) -> None:
        super().__init__()
        self._icon = icon
        self._ink, self._ground = ("text_muted", "raised") if tone == "neutral" else (tone, f"{tone}_soft")
        self.setFixedSize(_DISC, _DISC)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill_rounded(painter, self.rect().toRectF(), self._ground, _DISC / 2)
        at = (_DISC - _ICON) // 2
        painter.drawPixmap(at, at, pixmap(self._icon, self._ink, _ICON, self.devicePixelRatioF()))
