"""The gallery as a whole: pictures are made, everything has a name, nothing is cut off, focus shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPropertyAnimation, Qt, QVariantAnimation
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio import gallery
from studio.gallery_pieces import controls_page
from studio.theme import style
from studio.widgets.label import ElidedLabel, Label

INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTabBar,
)
PARTS = (QScrollBar, QHeaderView)
"""What Qt builds inside other widgets and names itself."""


@pytest.fixture(params=sorted(gallery.PAGES))
def page(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[QWidget]:
    made = gallery.PAGES[request.param]()
    qtbot.addWidget(made)
    gallery.picture(made)
    yield made
    made.close()


def is_part(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    inner = isinstance(parent, QAbstractSpinBox | QComboBox) or widget.objectName().startswith("qt_")
    return isinstance(widget, PARTS) or inner or bool(parent and is_part(parent))


def unnamed(root: QWidget) -> list[str]:
    """Every interactive widget that a screen reader could not call by a name."""
    found = []
    for widget in root.findChildren(QWidget):
        if isinstance(widget, INTERACTIVE) and not is_part(widget):
            seen = QAccessible.queryAccessibleInterface(widget)
            if seen is None or not seen.text(QAccessible.Text.Name).strip():
                found.append(f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}")
    return found


def test_the_walk_finds_a_nameless_widget(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    QLineEdit(root)
    assert unnamed(root) == ["QLineEdit in QWidget"]


def test_every_interactive_widget_has_a_name(page: QWidget) -> None:
    assert unnamed(page) == []


def test_no_text_is_cut_off(page: QWidget) -> None:
    cut = []
    for label in page.findChildren(Label):
        if isinstance(label, ElidedLabel) or not label.isVisible() or not label.text():
            continue
        room = label.contentsRect()
        if label.wordWrap():
            missing = label.heightForWidth(label.width()) > label.height()
        else:
            missing = label.fontMetrics().horizontalAdvance(label.text()) > room.width()
        if missing or label.fontMetrics().height() > room.height():
            cut.append(label.text())
    assert cut == []


def test_no_button_is_cut_off(page: QWidget) -> None:
    small = [
        button.accessibleName()
        for button in page.findChildren(QAbstractButton)
        if button.isVisible() and not is_part(button) and button.property("kind") != "inset"
        if button.width() < button.minimumSizeHint().width()
        or button.height() < button.minimumSizeHint().height()
    ]
    assert small == []


def test_text_is_always_plain(page: QWidget) -> None:
    assert {label.textFormat() for label in page.findChildren(Label)} <= {Qt.TextFormat.PlainText}


def test_nothing_moves_under_reduced_motion(page: QWidget) -> None:
    running = QVariantAnimation.State.Running
    moving = [a for a in page.findChildren(QVariantAnimation) if a.state() == running and a.duration()]
    assert moving == []
    assert page.findChildren(QPropertyAnimation) == []


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
def test_pictures_are_written(qapp: QApplication, tmp_path: Path, theme: style.Choice) -> None:
    files = gallery.render(tmp_path, theme)
    assert [file.name for file in files] == [f"{name}-{theme}.png" for name in gallery.PAGES]
    for file in files:
        image = QImage(str(file))
        colors = {
            image.pixel(x, y) for x in range(0, image.width(), 12) for y in range(0, image.height(), 12)
        }
        assert len(colors) > 8, f"{file.name} is blank"
    style.apply(qapp, "dark", reduced_motion=True)


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
def test_focus_can_be_seen_on_every_control(qapp: QApplication, qtbot: QtBot, theme: style.Choice) -> None:
    style.apply(qapp, theme, reduced_motion=True)
    page = controls_page()
    qtbot.addWidget(page)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    invisible = []
    for widget in page.findChildren(QWidget):
        if not (widget.focusPolicy() & Qt.FocusPolicy.TabFocus) or not widget.isVisible() or is_part(widget):
            continue
        if not widget.isEnabled():
            continue
        page.setFocus()
        if (focused := page.focusWidget()) is not None:
            focused.clearFocus()
        rest = widget.grab().toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if widget.grab().toImage() == rest:
            invisible.append(f"{type(widget).__name__} {widget.accessibleName()}")
    style.apply(qapp, "dark", reduced_motion=True)
    assert invisible == []
