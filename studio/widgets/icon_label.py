"""An icon that stands by itself: drawn anew whenever the theme changes."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent

from studio.theme import style
from studio.theme.icons import pixmap
from studio.widgets.label import Label


class IconLabel(Label):
    """`name` of resources/icons in the colour of the token `role`, `size` px square."""

    def __init__(self, name: str, role: str = "text_muted", size: int = 16) -> None:
        super().__init__()
        self._icon, self._role, self._size = name, role, size
        style.theme().changed.connect(self._draw)
        self._draw()

    def set_icon(self, name: str, role: str) -> None:
        """Show another icon, or the same in another colour."""
        self._icon, self._role = name, role
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()  # the screen may have another scale than the one it was made for

    def _draw(self) -> None:
        drawn = pixmap(self._icon, self._role, self._size, self.devicePixelRatioF())
        self.setPixmap(drawn)
