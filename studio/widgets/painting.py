"""The few shapes that painted widgets share."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.theme import style

SHADOW: Final = 12
"""How far a shadow reaches, in px."""


def fill_rounded(painter: QPainter, box: QRectF, role: str, radius: float, border: str = "") -> None:
    """Fill `box` with token colour `role`, rounded by `radius` px, with a 1 px border if named."""
    worn = style.tokens()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(worn.color(role)))
    if border:
        painter.setPen(QPen(QColor(worn.color(border)), 1))
        box = box.adjusted(0.5, 0.5, -0.5, -0.5)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(box, radius, radius)


def shadow(painter: QPainter, box: QRectF, radius: float) -> None:
    """Darken softly around `box`, so that what floats is seen to float on a ground of its own colour.

    A few faint shapes on one another cost next to nothing, where a blur effect would paint its
    widget anew each time.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 4))
    for step in range(1, SHADOW + 1):
        grown = box.adjusted(2 - step, 3 - step, step - 2, min(step + 2, SHADOW))
        painter.drawRoundedRect(grown, radius + step, radius + step)


def focus_ring(painter: QPainter, box: QRectF, radius: float) -> None:
    """Draw the 2 px ring of the widget that has the focus, inside `box`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(style.tokens().focus), 2))
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), radius, radius)
