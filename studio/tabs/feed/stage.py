"""Paints the pages of the feed over its full height, and turns drags, wheels and clicks into steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFont,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.stamps import stamp
from studio.tabs.feed.slot import Slot
from studio.tabs.feed.snap import Drag, Spring, Wheel, decide, resisted
from studio.theme import style
from studio.theme.icons import tinted
from studio.video.view import image_over

GROUND: Final = QColor("#0b0d11")
INK: Final = QColor("#ffffff")
PALE: Final = QColor("#b8bec9")
SIDE: Final = 92
"""Room at each side of the picture: at the right the actions stand, the left keeps it in the middle."""
SCRIM: Final = 210
BELOW: Final = 140
"""With so much room below the picture the words stand there, and cover nothing of it."""
RING: Final = "#8ab8ff"
"""The focus on a dark ground, whatever the theme."""
CLICK_PX: Final = 6
NEARLY: Final = 0.4
"""Of a page's height: nearer than this to its place, 60 % of it is seen and it begins to play."""
FRAME_MS: Final = 16
UNPLAYABLE: Final = "This video cannot be played"
WHAT_NOW: Final = "Go on to the next one, or press here to try again."
COMING: Final = "Loading the video"


@lru_cache(maxsize=8)
def _scrim(width: int, height: int) -> QPixmap:
    image = QPixmap(width, height)
    image.fill(Qt.GlobalColor.transparent)
    fade = QLinearGradient(0, 0, 0, height)
    for at, alpha in ((0.0, 0), (0.2, 14), (0.5, 96), (1.0, 205)):
        fade.setColorAt(at, QColor(0, 0, 0, alpha))
    with QPainter(image) as painter:
        painter.fillRect(image.rect(), fade)
    return image


def waiting(slot: Slot) -> str:
    """What stands there until the first picture comes; a large file takes its time."""
    if not slot.waits:
        return ""
    return f"{COMING}, {slot.come} %" if slot.come else COMING


class Stage(QWidget):
    """Three pages above one another, of which one is in place.

    `stepped` asks for another page (1 next, -1 previous); whoever grants it calls `settle`. `arrived` says
    that the page is seen well enough to play; `pressed` is a click.
    """

    stepped = Signal(int)
    arrived = Signal()
    pressed = Signal()
    moved = Signal()

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.setProperty("surface", "stage")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(420, 360)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Video feed")
        self._now = now
        self._told_problem = ""
        self._pages: tuple[Slot | None, Slot | None, Slot | None] = (None, None, None)
        self._ways = (False, False)
        self._offset = 0.0
        self._drag: Drag | None = None
        self._pressed_at = QPointF()
        self._spring: Spring | None = None
        self._since = 0.0
        self._arrived = True
        self._painted = False
        self._wheel = Wheel()
        self.held = False
        """Whether the person has paused it: then it says so in the middle."""
        self.loading = False
        """Whether the feed itself is on its way: then the shape of a page is painted."""
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(FRAME_MS)
        self._clock.timeout.connect(self._animate)

    @property
    def offset(self) -> float:
        """How far the page in the middle is from its place, in px."""
        return self._offset

    @property
    def resting(self) -> bool:
        """Whether nothing moves."""
        return self._spring is None and self._drag is None

    def set_pages(
        self, previous: Slot | None, current: Slot | None, following: Slot | None, *, ways: tuple[bool, bool]
    ) -> None:
        """Paint these; `ways` says whether one can go back and on, also where there is no slot."""
        self._pages, self._ways = (previous, current, following), ways
        self._fit()
        self.update()

    def describe(self, what: str) -> None:
        """Tell a screen reader what is in place, and what stands there in painted words. One that fails is
        spoken at once: whoever does not see it would wait for it."""
        slot = self._pages[1]
        problem = slot.problem if slot is not None and slot.picture is None else ""
        said = [f"{UNPLAYABLE}. {problem} {WHAT_NOW}" if problem else self._state(slot)]
        described = ". ".join(part for part in (what, *said) if part)
        if described != self.accessibleDescription():
            self.setAccessibleDescription(described)  # whoever listens is told of the change
        if problem != self._told_problem:
            self._told_problem = problem
            if problem:
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, described))

    def _state(self, slot: Slot | None) -> str:
        if slot is not None and slot.waits:
            return COMING
        return "Paused" if slot is not None and self.held else ""

    def settle(self, step: int) -> None:
        """Bring the page that is now in the middle to its place from where it was before the step."""
        velocity = self._velocity
        self._velocity = 0.0
        self._go_from(self._offset + step * self.height(), velocity)

    _velocity = 0.0

    def picture_rect(self, slot: Slot | None = None) -> QRect:
        """Where the picture of a page lies when the page is in place; the one in the middle by default."""
        shown = slot or self._pages[1]
        room = QSize(max(1, self.width() - 2 * SIDE), max(1, self.height()))
        shape = shown.size if shown is not None else QSize(9, 16)
        size = shape.scaled(room, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
        return QRect(
            (self.width() - size.width()) // 2,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )

    def has_room_below(self, rect: QRect) -> bool:
        """Whether the words fit below a picture that lies at `rect`."""
        return self.height() - rect.bottom() >= BELOW

    def update_picture(self) -> None:
        """The picture in place is another one; nothing around it is painted anew."""
        self.update(self.picture_rect().translated(0, round(self._offset)))

    # Moving

    def _go_from(self, offset: float, velocity: float) -> None:
        self._arrived = False
        if style.duration(1) == 0 or not self.isVisible():
            self._stop()
            return
        # From out of sight it comes as if it had begun a frame ago: what is painted first shows some of it.
        lead = FRAME_MS / 1000 if abs(offset) >= self.height() else 0.0
        self._spring, self._since = Spring(offset, velocity), self._now() - lead
        self._clock.start()
        self._animate()

    def _animate(self) -> None:
        if self._spring is None:
            return
        self._offset = self._spring.at(self._now() - self._since)
        if self._offset == 0.0:
            self._stop()
            return
        if not self._arrived and abs(self._offset) <= NEARLY * self.height():
            self._arrive()
        self._moved()

    def _stop(self) -> None:
        self._clock.stop()
        self._spring, self._offset = None, 0.0
        self._moved()
        if not self._arrived:
            self._arrive()

    def _arrive(self) -> None:
        self._arrived = True
        self.arrived.emit()

    def _moved(self) -> None:
        self.moved.emit()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._clock.stop()
            self._spring = None
            self._pressed_at = event.position()
            self._drag = Drag(event.position().y(), self._now(), self._offset)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            wanted = self._drag.move(event.position().y(), self._now())
            back, on = self._ways
            self._offset = resisted(wanted, previous=back, following=on)
            self._moved()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is None:
            return
        travelled = (event.position() - self._pressed_at).manhattanLength()
        if travelled < CLICK_PX and abs(self._offset) < CLICK_PX:
            self._stop()
            self.pressed.emit()
            return
        velocity = drag.velocity(self._now())
        step = decide(self._offset, velocity, self.height())
        back, on = self._ways
        if step and (on if step > 0 else back):
            self._velocity = velocity
            self.stepped.emit(step)
        else:
            self._go_from(self._offset, velocity)

    def wheelEvent(self, event: QWheelEvent) -> None:
        step = self._wheel.turn(event.angleDelta().y(), self._now())
        if step:
            self.stepped.emit(step)
        event.accept()

    # Painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self.moved.emit()

    def _fit(self) -> None:
        ratio = self.devicePixelRatioF()
        for slot in self._pages:
            if slot is not None:
                slot.set_fit((self.picture_rect(slot).size().toSizeF() * ratio).toSize())

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._paint_ground(painter, event.region())
            for place, slot in zip((-1, 0, 1), self._pages, strict=True):
                top = round(place * self.height() + self._offset)
                if slot is not None and -self.height() < top < self.height():
                    painter.save()
                    painter.translate(0, top)
                    self._paint_page(painter, slot, present=place == 0)
                    painter.restore()
            if self.loading:
                self._paint_ghost(painter)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(RING), 2))
                painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        present = self._pages[1]
        if present is not None and present.picture is not None:
            present.painted_now(present.picture)
            if not self._painted:
                self._painted = True
                QTimer.singleShot(0, partial(stamp, "feed"))

    def _paint_ground(self, painter: QPainter, region: QRegion) -> None:
        """Paint what lies around the pictures; as a rule nothing of it is asked for."""
        for place, slot in zip((-1, 0, 1), self._pages, strict=True):
            if slot is not None:
                top = round(place * self.height() + self._offset)
                region = region.subtracted(QRegion(self.picture_rect(slot).translated(0, top)))
        if not region.isEmpty():
            painter.setClipRegion(region)
            painter.fillRect(self.rect(), GROUND)
            painter.setClipping(False)

    def _paint_page(self, painter: QPainter, slot: Slot, *, present: bool) -> None:
        rect = self.picture_rect(slot)
        picture = slot.picture
        if picture is None:
            painter.fillRect(rect, QColor("#14171d"))
            self._paint_words(painter, rect, waiting(slot), slot.problem)
            return
        image = image_over(picture.pixels)
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform,
            image.size() != rect.size() * self.devicePixelRatioF(),
        )
        painter.drawImage(rect, image)
        if not self.has_room_below(rect):
            self._paint_scrim(painter, rect)
        if present:
            self._paint_progress(painter, rect, slot.share)
            if self.held:
                self._paint_held(painter, rect)

    def _paint_ghost(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rect = self.picture_rect()
        painter.setBrush(QColor("#14171d"))
        painter.drawRect(rect)
        painter.setBrush(QColor("#232833"))
        for up, share in ((78, 0.34), (52, 0.62), (28, 0.5)):
            bar = QRectF(rect.left() + 16, rect.bottom() - up, (rect.width() - 32) * share, 12)
            painter.drawRoundedRect(bar, 6, 6)
        for disc in range(6):
            top = rect.bottom() - 62 - disc * 70
            painter.drawEllipse(QRectF(rect.right() + 24, top, 44, 44))

    def _paint_scrim(self, painter: QPainter, rect: QRect) -> None:
        """Darken where the words stand: they must be read on snow, too."""
        room = QRect(rect.left(), rect.bottom() - SCRIM, rect.width(), SCRIM + 1)
        painter.save()
        painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(room, _scrim(room.width(), room.height()))
        painter.restore()

    def _paint_progress(self, painter: QPainter, rect: QRect, share: float) -> None:
        line = QRect(rect.left(), rect.bottom() - 2, rect.width(), 3)
        painter.fillRect(line, QColor(255, 255, 255, 60))
        line.setWidth(round(rect.width() * share))
        painter.fillRect(line, QColor(255, 255, 255, 215))

    def _paint_held(self, painter: QPainter, rect: QRect) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 130))
        centre = rect.center()
        painter.drawEllipse(centre, 38, 38)
        painter.setBrush(INK)
        corners = (QPoint(-10, -15), QPoint(-10, 15), QPoint(17, 0))
        painter.drawPolygon([centre + corner for corner in corners])

    def _paint_words(self, painter: QPainter, rect: QRect, waiting: str, problem: str) -> None:
        wide = QRect(24, rect.top(), self.width() - 48, rect.height())
        centre = wide.center().y()
        if problem:
            icon = tinted("alert-triangle", "#f5b54a", 30, self.devicePixelRatioF())
            painter.drawPixmap(QPoint(wide.center().x() - 15, centre - 62), icon)
        painter.setPen(INK if problem else PALE)
        painter.setFont(style.font("title", QFont.Weight.DemiBold) if problem else style.font("body"))
        title = UNPLAYABLE if problem else waiting
        painter.drawText(
            QRect(wide.left(), centre - 22, wide.width(), 24), Qt.AlignmentFlag.AlignCenter, title
        )
        if problem:
            painter.setPen(PALE)
            painter.setFont(style.font("body"))
            flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
            room = QRect(self.width() // 2 - 200, centre + 8, 400, 90)
            painter.drawText(room, flags, f"{problem} {WHAT_NOW}")
