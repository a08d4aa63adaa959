"""The time bar: what is flagged, cached, marked, and where the playhead stands."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from studio.theme import style
from studio.video.playhead import Course, Playhead, Range, percent, timecode

GUTTER = 112  # room for lane names, left of every time axis
_EDGE = 10
_BAR = 22
_LANE = 16
_LOWEST = 3
_READ_OUT = 3  # ranges at one place that a screen reader is told of


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Maps media time to x: the same for the time bar and the waveform under it."""

    width: int
    duration_ms: int

    @property
    def left(self) -> int:
        """x of the start of the video."""
        return GUTTER

    @property
    def span(self) -> int:
        """Length of the video in pixels."""
        return max(self.width - GUTTER - _EDGE, 1)

    def x(self, ms: float) -> float:
        """x of a media time."""
        return self.left + self.span * ms / max(self.duration_ms, 1)

    def ms(self, x: float) -> float:
        """Media time at x, clamped to the video."""
        share = min(max((x - self.left) / self.span, 0.0), 1.0)
        return share * self.duration_ms


class Timeline(QAbstractSlider):
    """Click or drag to scrub, arrow keys to step; its accessible value is the frame number.

    It paints a Playhead and owns nothing of it: `scrubbed` says where the person wants to go.
    """

    scrubbed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Time bar")
        self.setPageStep(10)
        self._head: Playhead | None = None
        self._hover: float | None = None
        self._still: tuple[tuple[object, ...], QPixmap] | None = None
        self.actionTriggered.connect(self._moved_by_key)

    def sizeHint(self) -> QSize:
        lanes = len(self._head.lanes) if self._head else 0
        return QSize(400, 2 * _EDGE + _BAR + _LANE * lanes + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(GUTTER + 120, self.sizeHint().height())

    def set_playhead(self, head: Playhead | None) -> None:
        """Paint this state from now on."""
        resized = len(head.lanes if head else ()) != len(self._head.lanes if self._head else ())
        self._head = head
        self.setEnabled(head is not None)
        self.blockSignals(True)
        self.setRange(0, head.count - 1 if head else 0)
        self.setValue(head.frame if head else 0)
        self.blockSignals(False)
        if head is not None and not head.playing:
            self.setAccessibleDescription(self._described(head))
        if resized:
            self.updateGeometry()
        self.update()

    def axis(self) -> TimeAxis:
        """The time axis as laid out now."""
        return TimeAxis(self.width(), self._length())

    def range_at(self, point: QPointF) -> Range | None:
        """The flagged range under a point of the widget."""
        if self._head is None:
            return None
        axis = self.axis()
        for row, lane in enumerate(self._head.lanes):
            for flagged in lane.ranges:
                if self._range_rect(axis, row, flagged).adjusted(-1, -2, 1, 2).contains(point):
                    return flagged
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._head is None:
            return
        self.setSliderDown(True)
        flagged = self.range_at(event.position())
        self._go(flagged.start_ms if flagged else self.axis().ms(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = event.position().x()
        if self.isSliderDown():
            self._go(self.axis().ms(self._hover))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            flagged = self.range_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), _describe(flagged) if flagged else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(style.font("caption"))
            painter.drawPixmap(0, 0, self._lanes_drawn())
            if self._head is not None:
                self._paint_cached(painter, self._head)
                self._paint_selection(painter, self._head)
                self._paint_marks(painter, self._head)
                self._paint_hover(painter)
                self._paint_needle(painter, self._head)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(style.tokens().focus), 2))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _lanes_drawn(self) -> QPixmap:
        """The bar and the lanes, drawn once: they stand still while the video plays."""
        head, ratio = self._head, self.devicePixelRatioF()
        lanes = head.lanes if head is not None else None
        drawn_for = (self.size(), ratio, style.tokens(), self._length())
        if self._still is None or self._still[0][:-1] != drawn_for or self._still[0][-1] is not lanes:
            made = QPixmap(self.size() * ratio)
            made.setDevicePixelRatio(ratio)
            made.fill(Qt.GlobalColor.transparent)
            with QPainter(made) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setFont(style.font("caption"))
                self._paint_bar(painter)
                if head is not None:
                    self._paint_lanes(painter, head)
            self._still = (*drawn_for, lanes), made
        return self._still[1]

    def _described(self, head: Playhead) -> str:
        """Where the head stands, and what was found there."""
        here = [
            f"{flagged.label}{_score(flagged)}"
            for lane in head.lanes
            for flagged in lane.ranges
            if flagged.start_ms <= head.ms <= flagged.end_ms
        ]
        where = f"{timecode(head.ms)} of {timecode(self._length())}"
        return ". ".join([where, *here[:_READ_OUT]])

    def _length(self) -> int:
        return self._head.table.duration_ms if self._head else 0

    def _go(self, ms: float) -> None:
        if self._head is not None:
            self.scrubbed.emit(self._head.table.at_ms(ms))

    def _moved_by_key(self, _action: int) -> None:
        self.scrubbed.emit(self.sliderPosition())

    def _bar_rect(self) -> QRectF:
        axis = self.axis()
        return QRectF(axis.left, _EDGE, axis.span, _BAR)

    def _range_rect(self, axis: TimeAxis, row: int, flagged: Range) -> QRectF:
        """Where a range can be pointed at."""
        left, right = axis.x(flagged.start_ms), axis.x(flagged.end_ms)
        top = _EDGE + _BAR + 6 + row * _LANE
        return QRectF(left, top + 3, max(right - left, 4), _LANE - 6)

    def _x_of_frame(self, head: Playhead, frame: int) -> float:
        at = head.table.ms_of(frame) if frame < head.count else head.table.duration_ms
        return self.axis().x(at)

    def _paint_bar(self, painter: QPainter) -> None:
        worn = style.tokens()
        bar = self._bar_rect()
        painter.setPen(QPen(QColor(worn.border), 1))
        painter.setBrush(QColor(worn.sunken))
        painter.drawRoundedRect(bar, 5, 5)
        if self._head is not None:
            painter.setPen(QColor(worn.text_muted))
            gutter = QRectF(_EDGE, _EDGE, GUTTER - 2 * _EDGE, _BAR)
            painter.drawText(gutter, Qt.AlignmentFlag.AlignVCenter, "Time")

    def _paint_cached(self, painter: QPainter, head: Playhead) -> None:
        colour = QColor(style.tokens().success)
        for first, last in head.cached:
            left, right = self._x_of_frame(head, first), self._x_of_frame(head, last + 1)
            painter.fillRect(QRectF(left, _EDGE + _BAR - 4, right - left, 3), colour)

    def _paint_selection(self, painter: QPainter, head: Playhead) -> None:
        if head.mark_in is None and head.mark_out is None:
            return
        left = self._x_of_frame(head, head.mark_in or 0)
        after = head.count if head.mark_out is None else head.mark_out + 1
        right = self._x_of_frame(head, after)
        colour = QColor(style.tokens().accent)
        soft = QColor(colour)
        soft.setAlpha(60)
        painter.fillRect(QRectF(left, _EDGE, right - left, _BAR), soft)
        painter.setPen(QPen(colour, 2))
        for x, inward, placed in ((left, 5, head.mark_in), (right, -5, head.mark_out)):
            if placed is not None:
                top, bottom = _EDGE + 1, _EDGE + _BAR - 1
                corners = ((x + inward, top), (x, top), (x, bottom), (x + inward, bottom))
                painter.drawPolyline(QPolygonF([QPointF(*corner) for corner in corners]))

    def _paint_lanes(self, painter: QPainter, head: Playhead) -> None:
        worn = style.tokens()
        axis = self.axis()
        metrics = painter.fontMetrics()
        for row, lane in enumerate(head.lanes):
            top = _EDGE + _BAR + 6 + row * _LANE
            painter.setPen(QColor(worn.text_muted))
            name = metrics.elidedText(lane.name, Qt.TextElideMode.ElideRight, GUTTER - 2 * _EDGE)
            gutter = QRectF(_EDGE, top, GUTTER - 2 * _EDGE, _LANE)
            painter.drawText(gutter, Qt.AlignmentFlag.AlignVCenter, name)
            painter.fillRect(QRectF(axis.left, top + _LANE / 2 - 0.5, axis.span, 1), QColor(worn.border))
            painter.setPen(Qt.PenStyle.NoPen)
            if lane.course is not None:
                self._paint_course(painter, axis, top, lane.course)
            for flagged in lane.ranges:
                painter.setBrush(QColor(_heat(flagged)))
                box = self._range_rect(axis, row, flagged)
                box.setTop(box.bottom() - _high(flagged, box.height()))
                painter.drawRoundedRect(box, 3, 3)

    def _paint_course(self, painter: QPainter, axis: TimeAxis, top: float, course: Course) -> None:
        """A bar for each step, as high as its score; what is not known has none."""
        for n, score_bp in enumerate(course.values):
            if score_bp is not None:
                start_ms = course.start_ms + n * course.step_ms
                left, right = axis.x(start_ms), axis.x(start_ms + course.step_ms)
                high = max((_LANE - 4) * score_bp / 10_000, 1)
                painter.setBrush(QColor(_heat_of(score_bp)))
                painter.drawRect(QRectF(left, top + _LANE - 2 - high, max(right - left - 0.5, 1), high))

    def _paint_marks(self, painter: QPainter, head: Playhead) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(style.tokens().info))
        for mark in head.marks:
            x = self._x_of_frame(head, mark.frame)
            flag = [(x, _EDGE + 8.0), (x - 5, _EDGE - 1.0), (x + 5, _EDGE - 1.0)]
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in flag]))

    def _paint_hover(self, painter: QPainter) -> None:
        axis = self.axis()
        if self._hover is None or not axis.left <= self._hover <= axis.left + axis.span:
            return
        worn = style.tokens()
        painter.setPen(QPen(QColor(worn.text_faint), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(self._hover, _EDGE), QPointF(self._hover, self.height() - _EDGE))
        text = timecode(round(axis.ms(self._hover)))
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        left = min(self._hover + 6, self.width() - width - 2)
        plate = QRect(round(left), _EDGE + 2, width, _BAR - 7)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.overlay))
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(QColor(worn.text))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_needle(self, painter: QPainter, head: Playhead) -> None:
        worn = style.tokens()
        x = self.axis().x(head.table.seconds_of(head.frame) * 1000)
        painter.setPen(QPen(QColor(worn.text), 2))
        painter.drawLine(QPointF(x, _EDGE - 2), QPointF(x, self.height() - _EDGE + 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.text))
        painter.drawEllipse(QPointF(x, _EDGE - 3), 4, 4)


def _weight(flagged: Range) -> int:
    """A report without a score counts as high."""
    return 7_500 if flagged.score_bp is None else flagged.score_bp


def _heat(flagged: Range) -> str:
    """Colour by score."""
    return _heat_of(_weight(flagged))


def _high(flagged: Range, most: float) -> float:
    """Height by score, too: not everybody tells the colours apart."""
    return max(most * _weight(flagged) / 10_000, _LOWEST)


def _heat_of(score_bp: int) -> str:
    worn = style.tokens()
    if score_bp >= 9_000:
        return worn.critical
    if score_bp >= 7_000:
        return worn.high
    return worn.medium if score_bp >= 4_000 else worn.low


def _describe(flagged: Range) -> str:
    """Tool tip of a range: Qt reads markup in tool tips, so the label is escaped."""
    span = f"{timecode(flagged.start_ms)} to {timecode(flagged.end_ms)}"
    return f"<qt>{escape(flagged.label)} ({span}{_score(flagged)})</qt>"


def _score(flagged: Range) -> str:
    return "" if flagged.score_bp is None else f", score {percent(flagged.score_bp)}"
