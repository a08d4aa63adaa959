"""Who gave which spark, and how often: drawn once, since it is painted again with every picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from studio.sparks.given import Given
from studio.sparks.look import LIGHTS
from studio.theme import style
from studio.theme.icons import tinted

HEIGHT: Final = 44
DISC: Final = 32
PAD: Final = 6
MOST_WIDE: Final = 300
GROUND: Final = QColor(10, 12, 16, 190)
INK: Final = QColor("#ffffff")
PALE: Final = QColor("#c6ccd6")


@dataclass(frozen=True, slots=True)
class Banner:
    """A plate as a picture, and its height in px on the screen."""

    pixmap: QPixmap
    height: int


def banner(given: Given, count: int, room: int, scale: float) -> Banner:
    """The plate of one flight; of a combo with its number."""
    title, below = lines(given)
    strong, small = style.font("body", QFont.Weight.DemiBold), style.font("caption")
    number = f"x{count}" if count > 1 else ""
    big = style.font("heading", QFont.Weight.DemiBold)
    beside = QFontMetrics(big).horizontalAdvance(number) + 14 if number else 0
    words = max(QFontMetrics(strong).horizontalAdvance(title), QFontMetrics(small).horizontalAdvance(below))
    fixed = PAD + DISC + 10 + 16
    words = min(words + 1, min(MOST_WIDE, room) - fixed - beside)
    width = fixed + words + beside
    picture = _canvas(width, HEIGHT, scale)
    light = QColor(LIGHTS[given.spark.tier])
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plate = QRectF(0.5, 0.5, width - 1, HEIGHT - 1)
        painter.setPen(QPen(light, 1))
        painter.setBrush(GROUND)
        painter.drawRoundedRect(plate, HEIGHT / 2, HEIGHT / 2)
        disc = QRectF(PAD, (HEIGHT - DISC) / 2, DISC, DISC)
        soft = QColor(light)
        soft.setAlpha(56)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(soft)
        painter.drawEllipse(disc)
        icon = tinted("spark", light.name(), 18, scale)
        painter.drawPixmap(round(disc.x() + 7), round(disc.y() + 7), icon)
        left = PAD + DISC + 10
        for text, font, ink, top in ((title, strong, INK, 5), (below, small, PALE, 22)):
            painter.setFont(font)
            painter.setPen(ink)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, words)
            painter.drawText(QRectF(left, top, words + 2, 18), Qt.AlignmentFlag.AlignVCenter, shown)
        if number:
            _paint_number(painter, QRectF(width - beside - 4, 0, beside, HEIGHT), number, light, big)
    return Banner(picture, HEIGHT)


def lines(given: Given) -> tuple[str, str]:
    """Who and what; of a rehearsal that it is one."""
    if given.rehearsal:
        return given.spark.name, "Rehearsal: only you see it"
    return given.sender, given.spark.name


def to_come(count: int) -> str:
    """How many more are to come, in words."""
    return f"{count} more to come"


@lru_cache(maxsize=32)
def waiting_plate(count: int, scale: float) -> Banner:
    """Says how many more are to come."""
    text = to_come(count)
    font = style.font("caption", QFont.Weight.DemiBold)
    width, height = QFontMetrics(font).horizontalAdvance(text) + 24, 26
    picture = _canvas(width, height, scale)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(QRectF(0, 0, width, height), height / 2, height / 2)
        painter.setFont(font)
        painter.setPen(INK)
        painter.drawText(QRectF(0, 0, width, height), Qt.AlignmentFlag.AlignCenter, text)
    return Banner(picture, height)


def _paint_number(painter: QPainter, box: QRectF, text: str, light: QColor, font: QFont) -> None:
    painter.setFont(font)
    painter.setPen(QColor(0, 0, 0, 170))
    painter.drawText(box.translated(1, 1.5), Qt.AlignmentFlag.AlignVCenter, text)
    painter.setPen(light)
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)


def _canvas(width: int, height: int, scale: float) -> QPixmap:
    picture = QPixmap(round(width * scale), round(height * scale))
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    return picture
