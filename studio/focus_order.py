"""The way of Tab through a window, as a person reads it; and of F6 from one part of it to the next."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

REGION: Final = "region"
"""The property of a widget that F6 goes to: the rail, the page, what stands beside the page."""


def move(window: QWidget, *, forward: bool) -> bool:
    """Give the focus to the next stop of Tab in `window`, or to the one before; False when there is none.

    Qt's own chain leaves out what lies before the focus proxy of a page.
    """
    found = stops(window)
    if not found:
        return False
    now = window.focusWidget()
    place = found.index(now) if now in found else (-1 if forward else 0)
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    found[(place + (1 if forward else -1)) % len(found)].setFocus(reason)
    return True


def stops(inside: QWidget) -> list[QWidget]:
    """Every control in `inside` that Tab stops at: from the top, and in a row from the left."""
    found: list[QWidget] = []
    for child in _in_order(inside):
        if _stops_at(child):
            found.append(child)
        found += stops(child)
    return found


def next_region(window: QWidget) -> None:
    """Go to the part after the one that has the focus: to where its page wants it, or its first stop."""
    parts = [part for part in _all_in_order(window) if part.property(REGION) and _entry(part) is not None]
    if not parts:
        return
    focus = window.focusWidget()
    holding = [n for n, part in enumerate(parts) if focus is not None and _holds(part, focus)]
    goal = _entry(parts[(max(holding, default=-1) + 1) % len(parts)])
    if goal is not None:
        goal.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _entry(part: QWidget) -> QWidget | None:
    nested = [each for each in part.findChildren(QWidget) if each.property(REGION)]
    own = [stop for stop in stops(part) if not any(_holds(inner, stop) for inner in nested)]
    wanted = [stop for stop in own if stop in _proxies(part)]
    chosen = [stop for stop in own if isinstance(stop, QAbstractButton) and stop.isChecked()]
    return next(iter(wanted or chosen or own), None)


def _proxies(part: QWidget) -> list[QWidget]:
    found = (each.focusProxy() for each in _all_in_order(part))
    return [each for each in found if isinstance(each, QWidget)]


def _holds(part: QWidget, focus: QWidget) -> bool:
    return part is focus or part.isAncestorOf(focus)


def _all_in_order(inside: QWidget) -> list[QWidget]:
    return [each for child in _in_order(inside) for each in (child, *_all_in_order(child))]


def _stops_at(widget: QWidget) -> bool:
    if not widget.isEnabled() or not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return False
    if widget.focusProxy() is not None:
        return False  # its proxy is a stop of its own
    return not _behind_another(widget)


def _behind_another(widget: QWidget) -> bool:
    """Of buttons that exclude each other the checked one is the stop; arrows lead to the rest."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    if group is None or not group.exclusive():
        return False
    checked = group.checkedButton()
    return checked is not None and checked is not widget


def _in_order(parent: QWidget) -> list[QWidget]:
    children = [c for c in parent.children() if isinstance(c, QWidget) and c.isVisible() and not c.isWindow()]
    return sorted(children, key=cmp_to_key(_reading))


def _reading(first: QWidget, second: QWidget) -> int:
    a, b = first.geometry(), second.geometry()
    if a.bottom() < b.top() or b.bottom() < a.top():
        return a.top() - b.top()
    return a.left() - b.left()
