"""`?`: every key that works here, by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.keys import Action, Keymap, Scope
from studio.theme import style
from studio.widgets.button import IconButton
from studio.widgets.label import Label
from studio.widgets.overlay import Overlay

_COLUMN: Final = 300
"""Least width of a column in px; a small window gets fewer columns."""


def lines(keymap: Keymap, actions: Sequence[Action]) -> list[tuple[str, str]]:
    """Return (text, keys) of actions; numbered families (`tab.1` to `tab.9`) become one line."""
    told: list[tuple[str, str]] = []
    for _name, group in groupby(actions, key=_family):
        members = [action for action in group if keymap.keys(action.id)]
        if len(members) > 2:
            first, last = members[0], members[-1]
            told.append(
                (
                    f"{first.text} … {last.id.rpartition('.')[2]}",
                    f"{keymap.shown(first.id)} … {keymap.shown(last.id)}",
                )
            )
        else:
            told.extend((action.text, keymap.shown(action.id)) for action in members)
    return told


def _family(action: Action) -> str:
    head, _dot, tail = action.id.rpartition(".")
    return head if tail.isdigit() else action.id


class KeyOverlay(Overlay):
    """Made anew from the key map each time it opens, so it cannot be out of date."""

    def __init__(self, keymap: Keymap, window: QWidget) -> None:
        super().__init__("Keys", window, 980)
        self._keymap = keymap
        self._scopes: tuple[Scope, ...] = ()
        self._count = 1
        worn = style.tokens()
        self.body.setContentsMargins(worn.space_5, worn.space_4, worn.space_4, worn.space_4)
        self.body.setSpacing(worn.space_3)
        top = QHBoxLayout()
        top.addWidget(Label("Keys", "heading"))
        top.addSpacing(worn.space_2)
        top.addWidget(
            Label("Letters rest while you type in a text field. In a review, Esc leaves it.", "muted"), 1
        )
        close = IconButton("x", "Close", tip="Close (Esc)")
        close.clicked.connect(self.close_now)
        top.addWidget(close)
        self.body.addLayout(top)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.viewport().setAutoFillBackground(False)
        self.body.addWidget(self._area, 1)

    def show_keys(self, scopes: Iterable[Scope]) -> None:
        """Open with the groups of `scopes`."""
        self._scopes = tuple(scopes)
        self._fill()
        self.open()

    def _fill(self) -> None:
        self._count = self._columns()
        self._area.setWidget(self._groups(self._scopes))

    def _columns(self) -> int:
        return max(1, min(3, (self._over.width() - 48) // _COLUMN))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isVisible() and self._count != self._columns():
            self._fill()

    def wanted_height(self) -> int:
        shown = self._area.widget()
        return 96 + (shown.sizeHint().height() if shown else 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self._area.verticalScrollBar()
        steps = {Qt.Key.Key_Down: 40, Qt.Key.Key_Up: -40, Qt.Key.Key_PageDown: 300, Qt.Key.Key_PageUp: -300}
        if event.key() in steps:
            bar.setValue(bar.value() + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _groups(self, scopes: Iterable[Scope]) -> QWidget:
        page = QWidget()
        page.setProperty("surface", "clear")
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, style.tokens().space_2, 0)
        row.setSpacing(style.tokens().space_6)
        columns = [QVBoxLayout() for _ in range(self._count)]
        filled = [0] * self._count
        groups = self._keymap.groups(scopes)
        told = {group: lines(self._keymap, actions) for group, actions in groups.items()}
        for group, pairs in sorted(told.items(), key=lambda item: -len(item[1])):
            shortest = filled.index(min(filled))
            columns[shortest].addLayout(self._group(group, pairs))
            columns[shortest].addSpacing(style.tokens().space_4)
            filled[shortest] += len(pairs) + 2
        for column in columns:
            column.addStretch(1)
            row.addLayout(column, 1)
        return page

    def _group(self, title: str, pairs: Sequence[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        grid.addWidget(Label(title, "section"), 0, 0, 1, 2)
        for number, (text, keys) in enumerate(pairs, start=1):
            grid.addWidget(Label(text), number, 0)
            grid.addWidget(Label(keys, "key"), number, 1, Qt.AlignmentFlag.AlignRight)
        return grid
