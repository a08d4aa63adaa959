"""Text on the screen: always plain, so that what a person typed is never read as markup."""

from __future__ import annotations

import html
from typing import Final, Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

Tone = Literal[
    "",
    "muted",
    "faint",
    "caption",
    "strong",
    "title",
    "heading",
    "display",
    "section",
    "key",
    "danger",
    "success",
    "warning",
]

_WISH: Final = 560
"""An elided line asks for no more px than this: it may have more, but must not widen its window."""


def tooltip(text: str) -> str:
    """Return `text` for `setToolTip`, which alone in Qt cannot be told to take it as plain."""
    return f'<span style="white-space: pre-wrap">{html.escape(text)}</span>' if text else ""


class Label(QLabel):
    """Plain text in one of the tones of the style sheet."""

    def __init__(
        self, text: str = "", tone: Tone = "", *, wrap: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setText(text)
        self.setProperty("tone", tone)

    def set_tone(self, tone: Tone) -> None:
        """Change the tone; nothing is polished anew when it is the same."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)


class ElidedLabel(Label):
    """One line that ends in an ellipsis where the room ends; the whole text is its tooltip."""

    def __init__(self, text: str = "", tone: Tone = "", *, parent: QWidget | None = None) -> None:
        super().__init__(text, tone, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        return super().sizeHint().boundedTo(QSize(_WISH, 4096))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("…") * 3, super().minimumSizeHint().height())

    def setText(self, text: str) -> None:
        super().setText(text.replace("\n", " "))
        self._explain()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._explain()

    def _explain(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        self.setToolTip(tooltip(self.text()) if cut else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        box = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, self.alignment() | Qt.AlignmentFlag.AlignVCenter, text)
