"""Says above a list that it is not up to date, how old it is, and lets one try again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import ElidedLabel
from studio.widgets.painting import fill_rounded
from studio.widgets.time_label import exact

EDGE: Final = 4


class StaleBar(QWidget):
    """Hidden while the list is fresh."""

    retried = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        worn = style.tokens()
        row = QHBoxLayout(self)
        row.setContentsMargins(worn.space_3, worn.space_1, worn.space_2, worn.space_1)
        row.setSpacing(worn.space_2)
        icon = IconLabel("offline", "warning", worn.icon_size)
        self._what = ElidedLabel("", "strong")
        again = Button("Try again", kind="quiet", icon="refresh", tip="Try again (F5)")
        again.clicked.connect(self.retried)
        row.addWidget(icon)
        row.addWidget(self._what, 1)
        row.addWidget(again)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A tinted band with a thick edge: a bordered box would pass for a field to type in."""
        painter, worn = QPainter(self), style.tokens()
        box = self.rect().toRectF()
        fill_rounded(painter, box, "warning_soft", worn.radius_small, "warning")
        painter.setClipRect(QRectF(0, 0, EDGE, box.height()))
        fill_rounded(painter, box, "warning", worn.radius_small)

    def tell(self, what: str, as_of: datetime) -> None:
        """Say why nothing new comes, and since when."""
        self._what.setText(f"{what} This is the queue as of {exact(as_of)}.")
        self.setAccessibleName(self._what.text())
        self.show()
