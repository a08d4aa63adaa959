"""A disc with the first letters of a name, where there is no picture of a person."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.theme import style
from studio.widgets.painting import fill_rounded


def initials_of(name: str) -> str:
    """One letter, or two where a name has several words; "?" for a name without any."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "?"


class Initials(QWidget):
    """Says nothing that the name beside it does not say, so a screen reader passes it by."""

    def __init__(self, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_name(self, name: str) -> None:
        """Show the letters of another name."""
        self._text = initials_of(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_initials(painter, self.rect().toRectF(), self._text)


@cache
def _font(px: int) -> QFont:
    made = QFont(style.font("body", QFont.Weight.DemiBold))  # a copy: that one is everybody's
    made.setPixelSize(px)
    return made


def paint_initials(painter: QPainter, box: QRectF, text: str) -> None:
    """Paint the disc into a square."""
    fill_rounded(painter, box, "accent_soft", box.height() / 2)
    painter.setFont(_font(max(9, round(box.height() * 0.4))))
    painter.setPen(QColor(style.tokens().color("accent")))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
