"""Popovers stay over the page of what opened them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.popover import ROOM, Popover


@pytest.mark.parametrize("at", [QPoint(10, 10), QPoint(330, 250), QPoint(330, 130)])
@pytest.mark.parametrize("lines", [2, 9])
def test_it_never_leaves_the_page(qtbot: QtBot, at: QPoint, lines: int) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    page = QWidget(window)
    page.setProperty(ROOM, True)
    page.setGeometry(100, 20, 480, 340)
    anchor = Button("Why here?", parent=page)
    anchor.move(at)
    window.show()
    popover = Popover("Why?", window, 240)
    for number in range(lines):
        popover.body.addWidget(Label(f"Reason {number}"))
    popover.open_at(anchor)
    assert QRect(page.geometry()).contains(popover.surface.geometry())
