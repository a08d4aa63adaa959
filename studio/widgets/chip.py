"""A small coloured word: a severity, a state, a deadline, as a widget or painted into a cell."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import style
from studio.theme.icons import pixmap
from studio.widgets.painting import fill_rounded

HEIGHT: Final = 22
_PADDING: Final = 9
_ICON: Final = 13

TONES: Final = (
    "critical",
    "high",
    "medium",
    "low",
    "accent",
    "success",
    "warning",
    "danger",
    "info",
    "neutral",
)
"""Token colours that a chip may wear; each has a `_soft` background except the last."""


def chip_font() -> QFont:
    """Return the font of chips."""
    return style.font("caption", QFont.Weight.DemiBold)


def chip_width(text: str, icon: str = "") -> int:
    """Return the width in px that a chip needs."""
    return QFontMetrics(chip_font()).horizontalAdvance(text) + 2 * _PADDING + (_ICON + 4 if icon else 0)


def paint_chip(painter: QPainter, box: QRect, text: str, tone: str, icon: str = "") -> None:
    """Paint a chip at the left of `box`, centred in its height, elided to its width.

    Raises KeyError for a tone that is not in `TONES`.
    """
    if tone not in TONES:
        raise KeyError(tone)
    ink, ground = ("text_muted", "raised") if tone == "neutral" else (tone, f"{tone}_soft")
    width = min(chip_width(text, icon), box.width())
    area = QRectF(box.x(), box.y() + (box.height() - HEIGHT) / 2, width, HEIGHT)
    painter.save()
    fill_rounded(painter, area, ground, HEIGHT / 2)
    inner = area.adjusted(_PADDING, 0, -_PADDING, 0)
    if icon:
        picture = pixmap(icon, ink, _ICON, painter.device().devicePixelRatio())
        painter.drawPixmap(
            QRectF(inner.x(), inner.y() + (HEIGHT - _ICON) / 2, _ICON, _ICON).toRect(), picture
        )
        inner.adjust(_ICON + 4, 0, 0, 0)
    painter.setFont(chip_font())
    painter.setPen(QColor(style.tokens().color(ink)))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(inner.width()) + 1)
    painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()


class Chip(QWidget):
    """One chip. Colour never stands alone: the word says the same."""

    def __init__(
        self, text: str, tone: str = "neutral", icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.set(text, tone, icon)

    def set(self, text: str, tone: str = "neutral", icon: str = "") -> None:
        """Show another word, tone and icon."""
        self._text, self._tone, self._icon = text, tone, icon
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(chip_width(self._text, self._icon), HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(48, self.sizeHint().width()), HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(QPainter(self), self.rect(), self._text, self._tone, self._icon)
