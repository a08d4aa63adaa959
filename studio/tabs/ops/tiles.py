"""Figures in a row: a title, the figure, what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.tabs.ops.state import Tile
from studio.theme import style
from studio.widgets.label import ElidedLabel, Label

COUNT: Final = 5


class Tiles(QWidget):
    """Shows always as many tiles as there are figures; without figures it says why."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Figures of the server")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(style.tokens().space_3)
        self._tiles = [_Tile() for _ in range(COUNT)]
        for tile in self._tiles:
            self._row.addWidget(tile, 1)
        self._why = Label("", "muted", wrap=True)
        self._row.addWidget(self._why, 1)
        self._why.hide()

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show these figures."""
        self._why.hide()
        for shown, tile in zip(self._tiles, tiles, strict=True):
            shown.show_tile(tile)
            shown.show()

    def say(self, why: str) -> None:
        """Say why there are no figures."""
        for tile in self._tiles:
            tile.hide()
        self._why.setText(why)
        self._why.show()


class _Tile(QFrame):
    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        worn = style.tokens()
        column = QVBoxLayout(self)
        column.setContentsMargins(worn.space_4, worn.space_2, worn.space_4, worn.space_2)
        column.setSpacing(0)
        self._title, self._value = ElidedLabel("", "section"), Label("…", "heading")
        self._note = ElidedLabel("", "caption")
        for label in (self._title, self._value, self._note):
            column.addWidget(label)

    def show_tile(self, tile: Tile) -> None:
        self._title.setText(tile.title)
        self._value.setText(tile.value)
        # An alarm keeps its size: the ink alone changes.
        self._value.setStyleSheet(f"color: {style.tokens().color(tile.tone)}" if tile.tone else "")
        self._note.setText(tile.note)
        self.setAccessibleName(f"{tile.title}: {tile.value}, {tile.note}")
