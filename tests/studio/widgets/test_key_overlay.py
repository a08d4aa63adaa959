"""The key overlay tells what the key map says now."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from studio.keys import ACTIONS, BY_ID, Keymap
from studio.widgets.key_overlay import KeyOverlay, lines
from studio.widgets.label import Label


def test_numbered_families_are_one_line() -> None:
    family = [BY_ID[f"review.policy.{n}"] for n in range(1, 10)]
    assert lines(Keymap(), family) == [("Shortlist policy 1 … 9", "1 … 9")]


def test_action_without_a_key_is_left_out() -> None:
    keymap = Keymap()
    keymap.remap("review.skip", [])
    assert lines(keymap, [BY_ID["review.skip"], BY_ID["review.hold"]]) == [("Hold", "H")]


@pytest.mark.parametrize("width", [700, 853, 1280])
def test_overlay_fits_a_small_window_and_scrolls_by_key(qtbot: QtBot, width: int) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(width, 400)
    window.show()
    overlay = KeyOverlay(Keymap(), window)
    overlay.show_keys(["global", "queue", "review", "table"])
    (area,) = overlay.findChildren(QScrollArea)
    QApplication.processEvents()
    page = area.widget()
    assert page is not None
    assert page.minimumSizeHint().width() <= area.viewport().width()
    window.resize(700, 400)
    QApplication.processEvents()
    page = area.widget()
    assert page is not None
    assert page.minimumSizeHint().width() <= area.viewport().width(), "it reflows while it is open"
    QTest.keyClick(overlay, Qt.Key.Key_Down)
    assert area.verticalScrollBar().value() == 40


def test_overlay_shows_a_remapped_key_and_every_action(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1200, 800)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    keymap = Keymap()
    overlay = KeyOverlay(keymap, window)
    keymap.remap("review.allow", ["Q"])
    overlay.show_keys(["review"])
    texts = {label.text() for label in overlay.findChildren(Label)}
    assert "Q" in texts
    told = {a.text for a in ACTIONS if a.scope == "review" and "policy" not in a.id}
    assert told <= texts
    QTest.keyClick(overlay, Qt.Key.Key_Escape)
    assert overlay.isHidden()
