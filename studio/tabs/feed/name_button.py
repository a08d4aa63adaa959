"""A person's name that leads to their profile."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from server.content.schemas import Author
from studio.theme import style
from studio.widgets.initials import initials_of, paint_initials
from studio.widgets.label import tooltip

GAP = 8
PAD = 3


@cache
def _font(*, underlined: bool) -> QFont:
    made = QFont(style.font("body", QFont.Weight.DemiBold))  # a copy: that one is everybody's
    made.setUnderline(underlined)
    return made


class NameButton(QAbstractButton):
    """The disc, the name and, where there is room, the handle. The mouse and the focus draw a line below it,
    so that it stands flush with what is above and below.

    `ink` and `ring` are for a ground that no theme changes.
    """

    def __init__(self, *, disc: int = 0, ink: str = "", ring: str = "") -> None:
        super().__init__()
        self._disc, self._ink, self._ring = disc, ink, ring
        self._name = self._more = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_person(self, person: Author, *, handle: bool = False) -> None:
        """Show another person."""
        self._name, self._more = person.name, f"  ·  @{person.handle}" if handle else ""
        self.setAccessibleName(f"Profile of {person.name}")
        self.setToolTip(tooltip(f"{person.name} (@{person.handle})"))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(_font(underlined=False))
        text = metrics.horizontalAdvance(self._name + self._more)
        return QSize(self._left() + text + 1, max(self._disc, metrics.height()) + 2 * PAD)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._left() + 24, self.sizeHint().height())

    def _left(self) -> int:
        return self._disc + GAP if self._disc else 0

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._ink or style.tokens().text
        if self._disc:
            disc = QRectF(0, (self.height() - self._disc) / 2, self._disc, self._disc)
            paint_initials(painter, disc, initials_of(self._name))
        painter.setFont(_font(underlined=self.underMouse()))
        painter.setPen(QColor(ink))
        room = QRectF(self._left(), 0, self.width() - self._left(), self.height())
        text = painter.fontMetrics().elidedText(
            self._name + self._more, Qt.TextElideMode.ElideRight, round(room.width()) + 1
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if self.hasFocus():
            wide = painter.fontMetrics().horizontalAdvance(text)
            low = (self.height() + painter.fontMetrics().height()) // 2
            line = QRect(self._left(), min(low, self.height() - 2), wide, 2)
            painter.fillRect(line, QColor(self._ring or style.tokens().focus))
