"""Own SVG icons, tinted from the current theme each time they are painted."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from studio.theme import style


@lru_cache(maxsize=256)
def _source(name: str) -> bytes:
    return resources.path(f"icons/{name}.svg").read_bytes()


@lru_cache(maxsize=1024)
def _tinted(name: str, color: str, width: int, height: int, scale: float) -> QPixmap:
    """Draw at the left: a button asks for a wide icon to keep its text at a distance."""
    renderer = QSvgRenderer(QByteArray(_source(name).replace(b"currentColor", color.encode())))
    image = QPixmap(round(width * scale), round(height * scale))
    image.fill(Qt.GlobalColor.transparent)
    side = min(image.width(), image.height())
    top = (image.height() - side) / 2
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, top, side, side))
    painter.end()
    image.setDevicePixelRatio(scale)
    return image


def pixmap(name: str, role: str, size: int, scale: float = 1.0) -> QPixmap:
    """Return icon `name` in token colour `role`, `size` px square at device pixel ratio `scale`.

    Raises FileNotFoundError for an unknown icon and KeyError for an unknown colour.
    """
    return _tinted(name, style.tokens().color(role), size, size, scale)


def tinted(name: str, color: str, size: int, scale: float = 1.0) -> QPixmap:
    """As `pixmap`, in a colour that is the same in every theme: what is painted over video."""
    return _tinted(name, color, size, size, scale)


class _Engine(QIconEngine):
    """Looks the colour up when painting, so a change of theme needs no icon to be set again."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        scale = painter.device().devicePixelRatio()
        painter.drawPixmap(rect, self.scaledPixmap(rect.size(), mode, state, scale))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        role = "text_disabled" if mode == QIcon.Mode.Disabled else self._role
        color = style.tokens().color(role)
        return _tinted(self._name, color, size.width(), size.height(), scale)


def icon(name: str, role: str = "text_muted") -> QIcon:
    """Return icon `name` in token colour `role`; sharp at every scale, it follows the theme.

    Raises FileNotFoundError for an unknown icon and KeyError for an unknown colour, both here and
    not when it is first painted.
    """
    _source(name)
    style.tokens().color(role)
    return QIcon(_Engine(name, role))
