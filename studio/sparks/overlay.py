"""Paints the sparks in the air over a playing video, and who gave them; keys and mouse go through it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QImage,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from studio.sparks.banner import Banner, banner, to_come, waiting_plate
from studio.sparks.flights import Flights
from studio.sparks.given import Given
from studio.sparks.order import SIZE
from studio.sparks.queue import Flight

EDGE: Final = 16
GAP: Final = 8
SOFT: Final = 0.16
"""Of its width a spark fades at each side over a picture that is wider."""
TOP: Final = 72
"""px from the top: there the banners begin, below the sound of the video and above what most sparks show."""


class SparkOverlay(QWidget):
    """Lies over the stage of the feed; `place` says where the picture of the video is."""

    def __init__(self, flights: Flights, parent: QWidget) -> None:
        super().__init__(parent)
        self.flights, self._below = flights, parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Sparks over the video")
        self._film = QRect()
        self._banners: dict[Flight, tuple[int, Banner]] = {}
        self._told: dict[Flight, int] = {}
        self._told_waits = 0
        flights.changed.connect(self._follow)
        self.hide()

    @property
    def film_rect(self) -> QRect:
        """Where films are painted: upright, as high as there is room for."""
        return self._film

    def place(self, over: QRect) -> None:
        """Lie over this part of the parent."""
        self.setGeometry(over)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # A picture wider than a spark gets it at its full height, in the middle.
        size = QSize(*SIZE).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        at = QPoint((self.width() - size.width()) // 2, (self.height() - size.height()) // 2)
        self._film = QRect(at, size)
        ratio = self.devicePixelRatioF()
        self.flights.size = (max(8, round(size.width() * ratio)), max(8, round(size.height() * ratio)))
        # What darkens or tints all of a spark would end at a line in the middle of a wide video.
        self.flights.edge = round(SOFT * size.width() * ratio) if size.width() < self.width() - GAP else 0

    def _follow(self) -> None:
        seen = self.flights.seen
        self.setVisible(bool(seen))
        flying = {each.flight for each in seen}
        self._banners = {flight: kept for flight, kept in self._banners.items() if flight in flying}
        self._told = {flight: count for flight, count in self._told.items() if flight in flying}
        for each in seen:
            if self._told.get(each.flight) != each.flight.count:
                self._told[each.flight] = each.flight.count
                self._say(spoken(each.flight.given, each.flight.count))
        if (waits := self.flights.queue.waits) != self._told_waits:
            self._told_waits = waits
            if waits:
                self._say(to_come(waits))
        # Not itself: what is below is painted anew anyway, and where that has another picture too, both would
        # be painted twice.
        self._below.update(self.geometry())

    def _say(self, what: str) -> None:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, what))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if self.flights.backdrop.scrim > 0.0:
                painter.fillRect(self.rect(), QColor.fromRgbF(0.0, 0.0, 0.0, self.flights.backdrop.scrim))
            for each in self.flights.seen:
                if each.under is not None:
                    self._paint_picture(painter, each.under, each.under_opacity * (1.0 - each.opacity))
                if each.image is not None and each.image is not each.under:
                    self._paint_picture(painter, each.image, each.opacity)
            painter.setOpacity(1.0)
            top = TOP
            for each in self.flights.seen:
                shown = self._banner(each.flight)
                # Who and what can be read at once; only with a picture that goes does it go.
                stays = each.flight.began is None or each.under is not None
                painter.setOpacity(1.0 if stays else each.opacity)
                painter.drawPixmap(EDGE, top, shown.pixmap)
                top += shown.height + GAP
            painter.setOpacity(1.0)
            if self.flights.queue.waits:
                plate = waiting_plate(self.flights.queue.waits, self.devicePixelRatioF())
                painter.drawPixmap(EDGE, top, plate.pixmap)

    def _paint_picture(self, painter: QPainter, image: QImage, opacity: float) -> None:
        painter.setOpacity(opacity)
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform,
            image.size() != self._film.size() * self.devicePixelRatioF(),
        )
        painter.drawImage(self._film, image)

    def _banner(self, flight: Flight) -> Banner:
        count, known = self._banners.get(flight, (0, None))
        if known is None or count != flight.count:
            known = banner(flight.given, flight.count, self.width() - 2 * EDGE, self.devicePixelRatioF())
            self._banners[flight] = flight.count, known
        return known


def spoken(given: Given, count: int = 1) -> str:
    """What a screen reader says when one flies, and of a combo each time it is given again."""
    what = f"{given.spark.name}, {count} times" if count > 1 else given.spark.name
    if given.rehearsal:
        return f"Rehearsal: {what}. Nobody else sees it."
    return f"{given.sender} gave {what}"
