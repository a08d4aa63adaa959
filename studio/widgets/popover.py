"""A small surface beside what opened it; Esc or a click elsewhere closes it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.theme import style
from studio.widgets.label import Label


class Popover(QWidget):
    """Fill `body`, then `open_at` a widget. Lives as long as its parent."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAccessibleName(title)
        worn = style.tokens()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(worn.space_4, worn.space_3, worn.space_4, worn.space_4)
        self.body.setSpacing(worn.space_2)
        self.body.addWidget(Label(title, "strong"))

    def open_at(self, anchor: QWidget) -> None:
        """Show below `anchor`, moved so that all of it is on the anchor's screen."""
        self.adjustSize()
        place = anchor.mapToGlobal(QPoint(0, anchor.height() + 6))
        screen = anchor.screen().availableGeometry()
        if place.y() + self.height() > screen.bottom():
            place.setY(anchor.mapToGlobal(QPoint(0, -self.height() - 6)).y())
        place.setX(max(screen.left(), min(place.x(), screen.right() - self.width())))
        self.move(place)
        self.show()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = style.tokens()
        painter.setBrush(QColor(worn.overlay))
        painter.setPen(QPen(QColor(worn.border), 1))
        painter.drawRoundedRect(
            self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), worn.radius, worn.radius
        )
