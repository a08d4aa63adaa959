"""Looks over what is on the screen for text that is cut, widgets that stick out, and sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QRadioButton,
    QTableView,
    QToolButton,
    QWidget,
)

from studio.theme import style
from studio.widgets.chip import Chip
from studio.widgets.label import ElidedLabel

SLACK = 1
HEAD_PADDING = 24


def faults(window: QWidget) -> list[str]:
    """Return what is cut in `window` and the windows over it, each in a line of words."""
    tops = [window, *(each for each in QApplication.topLevelWidgets() if each is not window)]
    found: list[str] = []
    for top in tops:
        if top.isVisible():
            for widget in (top, *top.findChildren(QWidget)):
                if widget.isVisible():
                    found += [f"{told} in {_where(widget)}" for told in _of(widget)]
    return found


def _of(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QHeaderView):
        yield from _titles(widget)
    elif isinstance(widget, QAbstractScrollArea):
        bar = widget.horizontalScrollBar()
        if bar.isVisible() and bar.maximum() > bar.minimum():
            yield f"scrolls sideways by {bar.maximum() - bar.minimum()} px"
    elif isinstance(widget, QLabel):
        yield from _label(widget)
    elif isinstance(widget, QPushButton | QToolButton | QCheckBox | QRadioButton):
        if widget.text() and _lacks(widget, widget.sizeHint()):
            yield f"button “{widget.text()}” is cut"
    elif isinstance(widget, Chip) and _lacks(widget, widget.sizeHint()) and not widget.toolTip():
        yield f"chip “{widget.accessibleName()}” is cut"
    if isinstance(widget, QLabel | QAbstractButton | Chip) and not _inside(widget):
        yield "sticks out"


def _label(label: QLabel) -> Iterator[str]:
    text, room = label.text(), label.contentsRect()
    if not text:
        return
    if isinstance(label, ElidedLabel):
        wide = label.fontMetrics().horizontalAdvance(text)
        if wide > room.width() and not label.toolTip():
            yield f"“{text}” is cut and no tooltip tells it"
    elif label.wordWrap():
        if label.heightForWidth(label.width()) > label.height() + SLACK:
            yield f"“{text}” is cut below"
    else:
        need = label.fontMetrics().size(Qt.TextFlag.TextExpandTabs, text)
        if need.width() > room.width() + SLACK or need.height() > room.height() + SLACK:
            yield f"“{text}” is cut"


def _titles(head: QHeaderView) -> Iterator[str]:
    table = head.parentWidget()
    if not isinstance(table, QTableView) or head.orientation() != Qt.Orientation.Horizontal:
        return
    metrics = QFontMetrics(style.font("caption", QFont.Weight.DemiBold))
    for number in range(head.count()):
        if not head.isSectionHidden(number):
            title = str(head.model().headerData(number, Qt.Orientation.Horizontal) or "")
            if metrics.horizontalAdvance(title) + HEAD_PADDING > head.sectionSize(number) + SLACK:
                yield f"column title “{title}” is cut"


def _lacks(widget: QWidget, need: QSize) -> bool:
    return need.width() > widget.width() + SLACK or need.height() > widget.height() + SLACK


def _inside(widget: QWidget) -> bool:
    """Whether all of it lies within everything it stands in, up to what scrolls."""
    box = QRect(widget.rect())
    here: QWidget = widget
    while not here.isWindow():
        above = here.parentWidget()
        if above is None:
            return True
        box.translate(here.pos())
        area = above.parentWidget()
        if isinstance(area, QAbstractScrollArea) and area.viewport() is above:
            return True
        room = above.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK)
        if not room.contains(box):
            return False
        here = above
    return True


def _where(widget: QWidget) -> str:
    names: list[str] = []
    here: QWidget | None = widget
    while here is not None and len(names) < 3:
        if here.accessibleName():
            names.append(here.accessibleName())
        here = here.parentWidget()
    return " < ".join(names) or type(widget).__name__
