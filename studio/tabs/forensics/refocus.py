"""The keyboard stays where it is when what has the focus is built anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


@contextmanager
def focus_kept(inside: QWidget) -> Iterator[None]:
    """What takes the place of the widget that has the focus gets it: the one of the same kind and name, else
    the first that can be reached. Whoever is elsewhere is left alone."""
    had = QApplication.focusWidget()
    if had is None or not inside.isAncestorOf(had):
        yield
        return
    kind, name = type(had), had.accessibleName()
    yield
    if had.isVisibleTo(inside):
        return
    reached = [
        each
        for each in inside.findChildren(QWidget)
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isEnabled() and each.isVisibleTo(inside)
    ]
    same = [each for each in reached if type(each) is kind and each.accessibleName() == name]
    for each in [*same, *reached][:1]:
        each.setFocus(Qt.FocusReason.OtherFocusReason)
