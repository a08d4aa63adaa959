"""Says, while files are held over the tab, that they can be let go here."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studio.theme import style
from studio.theme.icons import pixmap

_ICON = 40
_EDGE = 12


def refuse_drops(inside: QWidget) -> None:
    """Have no field in `inside` take files as text: they are meant for the tab."""
    for each in (inside, *inside.findChildren(QWidget)):
        each.setAcceptDrops(False)


class DropVeil(QWidget):
    """Covers its parent; shown and hidden by whoever takes the files."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Drop the files to upload them")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        parent.installEventFilter(self)
        self.hide()

    def appear(self) -> None:
        """Cover what is there."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        worn = style.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(worn.window)
        ground.setAlphaF(0.97)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(QColor(worn.accent), 2, Qt.PenStyle.DashLine))
        frame = QRectF(self.rect()).adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        painter.drawRoundedRect(frame, worn.radius_large, worn.radius_large)
        middle = self.rect().center()
        picture = pixmap("upload", "accent", _ICON, self.devicePixelRatioF())
        painter.drawPixmap(middle.x() - _ICON // 2, middle.y() - _ICON, picture)
        painter.setFont(style.font("title"))
        painter.setPen(QColor(worn.text))
        words = QRectF(frame.x(), middle.y() + 8, frame.width(), 40)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, "Drop the videos to upload them")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        parent = self.parentWidget()
        if event.type() == QEvent.Type.Resize and parent is not None:
            self.setGeometry(parent.rect())
        return False
