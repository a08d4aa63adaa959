"""A named score from 0 to 10,000 basis points as a bar with its percentage."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import style
from studio.widgets.painting import fill_rounded

_NAME_SHARE: Final = 0.34
_NUMBER: Final = 48
_BAR: Final = 6


def score_tone(score_bp: int) -> str:
    """Return the tone of a risk score: danger from 70 %, warning from 40 %, else success."""
    return "danger" if score_bp >= 7_000 else "warning" if score_bp >= 4_000 else "success"


class ScoreBar(QWidget):
    """`score_bp` None means not analysed, which is shown as such and never as nought."""

    def __init__(self, name: str, score_bp: int | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_score(score_bp)

    def set_score(self, score_bp: int | None) -> None:
        """Show another score; raises ValueError outside 0..10000."""
        if score_bp is not None and not 0 <= score_bp <= 10_000:
            raise ValueError(f"score {score_bp} is outside 0..10000")
        self._score = score_bp
        self.setAccessibleName(f"{self._name}: {self.text()}")
        self.update()

    def text(self) -> str:
        """Return the score in words, rounded to whole percent."""
        return "Not analysed" if self._score is None else f"{(self._score + 50) // 100} %"

    def sizeHint(self) -> QSize:
        return QSize(280, 26)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        worn = style.tokens()
        name_width = int(self.width() * _NAME_SHARE)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(worn.text))
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, name_width - 12)
        painter.drawText(QRectF(0, 0, name_width, self.height()), flags, name)
        painter.setPen(QColor(worn.text_muted))
        if self._score is None:
            rest = QRectF(name_width, 0, self.width() - name_width, self.height())
            painter.drawText(rest, flags, self.text())
            return
        number = QRectF(self.width() - _NUMBER, 0, _NUMBER, self.height())
        painter.drawText(number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.text())
        track = QRectF(name_width, (self.height() - _BAR) / 2, self.width() - name_width - _NUMBER - 4, _BAR)
        fill_rounded(painter, track, "raised", _BAR / 2)
        if self._score:
            track.setWidth(max(_BAR, track.width() * self._score / 10_000))
            fill_rounded(painter, track, score_tone(self._score), _BAR / 2)
