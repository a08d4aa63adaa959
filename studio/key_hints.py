"""Whatever shows a key follows the key map."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.keys import Keymap
from studio.widgets.label import tooltip

W = TypeVar("W", bound=QWidget)


class _Follower(QObject):
    """Dies with its parent, and the connection with it."""

    def __init__(self, parent: QObject, show: Callable[[], object]) -> None:
        super().__init__(parent)
        self._show = show

    def show(self) -> None:
        self._show()


def follow(keymap: Keymap, owner: QObject, show: Callable[[], object]) -> None:
    """Call `show` now and after every change of keys, for as long as `owner` lives."""
    keymap.changed.connect(_Follower(owner, show).show)
    show()


def hint(keymap: Keymap, widget: W, action: str) -> W:
    """Give `widget` the name of `action` with its key for a tooltip, and keep it right."""
    follow(keymap, widget, lambda: widget.setToolTip(tooltip(keymap.tooltip(action))))
    return widget
