"""A strip of stills from which the poster of a video is chosen; its first cell lets the program choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.tabs.content.state import moment_in
from studio.theme import style
from studio.theme.icons import pixmap
from studio.video.storyboard import Preview
from studio.video.view import image_over
from studio.widgets.painting import fill_rounded

CELL: Final = 56
"""Height of a still in px."""
AUTO: Final = 64
"""Width of the first cell."""
GAP: Final = 4
BAR: Final = 6
FADE: Final = 20
ICON: Final = 18
RADIUS: Final = 4
PAGE: Final = 5


class StillStrip(QWidget):
    """Left and Right choose, Home leads to the first cell, a click to any; the wheel looks further.

    `chosen` is emitted for each choice of the person at the screen, never for `set_choice`.
    """

    chosen = Signal()
    operated_by = frozenset({"Left", "Right", "Home", "End", "PgUp", "PgDown"})

    def __init__(self) -> None:
        super().__init__()
        self._given: Sequence[Preview] = ()
        self._stills: list[tuple[int, QPixmap]] = []
        self._choice: int | None = None
        self._offset = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(CELL + BAR)
        self.setMouseTracking(True)

    @property
    def choice(self) -> int | None:
        """Where the poster is from, in ms from the first frame; None = the program chooses."""
        return self._choice

    @property
    def picture(self) -> QPixmap | None:
        """The still that is chosen, small and perhaps grey."""
        at = self._at()
        return self._stills[at - 1][1] if at else None

    @property
    def grey(self) -> bool:
        """Whether the stills have lost their colours."""
        return bool(self._stills) and self._stills[0][1].toImage().allGray()

    def show_stills(self, given: Sequence[Preview]) -> None:
        """Show others; the choice stays."""
        if given is self._given:
            return  # an upload tells of each part
        self._given = given
        self._stills = [(each.ms, QPixmap.fromImage(image_over(each.pixels))) for each in given]
        self._reveal()

    def set_choice(self, at_ms: int | None) -> None:
        """Mark the still that is nearest."""
        if at_ms != self._choice:
            self._choice = at_ms
            self._reveal()

    def sizeHint(self) -> QSize:
        return QSize(AUTO + 4 * CELL, CELL + BAR)

    # Where things lie

    def _at(self) -> int:
        """The number of the marked cell: 0 for the first one."""
        choice = self._choice
        if choice is None or not self._stills:
            return 0
        times = [ms for ms, _ in self._stills]
        return 1 + min(range(len(times)), key=lambda n: abs(times[n] - choice))

    @property
    def _step(self) -> int:
        shape = self._stills[0][1].size() if self._stills else QSize(16, 9)
        return max(24, round(CELL * shape.width() / shape.height())) + GAP

    def _cell(self, number: int) -> QRect:
        if number == 0:
            return QRect(-self._offset, 0, AUTO, CELL)
        return QRect(AUTO + GAP + (number - 1) * self._step - self._offset, 0, self._step - GAP, CELL)

    @property
    def _length(self) -> int:
        return AUTO + len(self._stills) * self._step

    def _scroll(self, offset: int) -> None:
        self._offset = max(0, min(offset, self._length - self.width()))
        self.update()

    def _reveal(self) -> None:
        cell = self._cell(self._at()).translated(self._offset, 0)
        self._scroll(max(cell.right() + FADE - self.width(), min(self._offset, cell.left() - FADE)))

    # Choosing

    def _choose(self, number: int) -> None:
        number = max(0, min(number, len(self._stills)))
        wanted = self._stills[number - 1][0] if number else None
        if wanted != self._choice:
            self._choice = wanted
            self.chosen.emit()
        self._reveal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        at, last = self._at(), len(self._stills)
        to = {
            Qt.Key.Key_Left: at - 1,
            Qt.Key.Key_Right: at + 1,
            Qt.Key.Key_PageUp: at - PAGE,
            Qt.Key.Key_PageDown: at + PAGE,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if to is None:
            super().keyPressEvent(event)
        else:
            self._choose(to)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if left and (number := self._under(event)) is not None:
            self._choose(number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self._under(event)
        if number is None:
            self.setToolTip("")
        else:
            self.setToolTip(moment_in(self._stills[number - 1][0]) if number else "Choose automatically")

    def wheelEvent(self, event: QWheelEvent) -> None:
        before, turned = self._offset, event.angleDelta()
        self._scroll(before - (turned.x() or turned.y()))
        event.setAccepted(self._offset != before)  # at its end, what is around it scrolls on

    def _under(self, event: QMouseEvent) -> int | None:
        at = event.position().toPoint()
        return next((n for n in range(len(self._stills) + 1) if self._cell(n).contains(at)), None)

    # Painting

    def resizeEvent(self, event: object) -> None:
        self._reveal()

    def paintEvent(self, event: QPaintEvent) -> None:
        worn = style.tokens()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        self._paint_auto(painter, self._cell(0))
        for number, (_, still) in enumerate(self._stills, start=1):
            cell = self._cell(number)
            if cell.right() >= 0 and cell.left() <= self.width():
                painter.drawPixmap(cell, still)
        mark = self._cell(self._at())
        painter.setPen(QPen(QColor(worn.focus if self.hasFocus() else worn.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(mark.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        self._paint_edges(painter)

    def _paint_auto(self, painter: QPainter, cell: QRect) -> None:
        worn = style.tokens()
        fill_rounded(painter, QRectF(cell), "raised", RADIUS)
        icon = pixmap("spark", "text_muted", ICON, self.devicePixelRatioF())
        painter.drawPixmap(cell.center().x() - ICON // 2, cell.y() + 10, icon)
        painter.setFont(style.font("caption"))
        painter.setPen(QColor(worn.text_muted))
        words = QRect(cell.x(), cell.y() + 28, cell.width(), 20)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, "Auto")

    def _paint_edges(self, painter: QPainter) -> None:
        """Where it goes on it fades, and a bar says how far one is."""
        worn = style.tokens()
        beyond = self._length - self.width()
        if beyond <= 0:
            return
        clear = QColor(worn.surface)
        clear.setAlpha(0)
        for shown, left in ((self._offset > 0, True), (self._offset < beyond, False)):
            if not shown:
                continue
            edge = QRect(0 if left else self.width() - FADE, 0, FADE, CELL)
            fall = QLinearGradient(edge.left(), 0, edge.right(), 0)
            fall.setColorAt(0, QColor(worn.surface) if left else clear)
            fall.setColorAt(1, clear if left else QColor(worn.surface))
            painter.fillRect(edge, fall)
        share = self.width() / self._length
        bar = QRectF(self._offset * share, CELL + 3, self.width() * share, BAR - 3)
        fill_rounded(painter, bar, "border", (BAR - 3) / 2)
