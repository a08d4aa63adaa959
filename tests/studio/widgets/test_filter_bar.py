"""Filters: gathered typing, toggles, saved ones."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.button import Button
from studio.widgets.filter_bar import Filter, FilterBar
from studio.widgets.popover import Popover


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 300)
    return made


@pytest.fixture
def bar(window: QWidget, qtbot: QtBot) -> FilterBar:
    made = FilterBar("Filter", [("over", "Over time"), ("mine", "Mine")], {"R&D": Filter("x")}, parent=window)
    made.resize(880, 40)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return made


def test_typing_is_gathered(bar: FilterBar, qtbot: QtBot) -> None:
    told: list[Filter] = []
    bar.changed.connect(told.append)
    QTest.keyClicks(bar.field, "deepfake")
    qtbot.waitUntil(lambda: bool(told))
    assert told == [Filter("deepfake")]


def test_enter_does_not_wait(bar: FilterBar) -> None:
    told: list[Filter] = []
    bar.changed.connect(told.append)
    bar.field.setText("now")
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert told == [Filter("now")]


def test_toggle_tells_at_once(bar: FilterBar) -> None:
    told: list[Filter] = []
    bar.changed.connect(told.append)
    bar.findChildren(Button)[0].click()
    assert told == [Filter("", frozenset({"over"}))]


def test_apply_sets_all_and_ignores_what_is_not_here(bar: FilterBar) -> None:
    bar.apply(Filter("a", frozenset({"mine", "gone"})))
    assert bar.filter() == Filter("a", frozenset({"mine"}))


def test_saved_filter_comes_back_from_the_menu(bar: FilterBar) -> None:
    (action,) = [a for a in bar.menu().actions() if a.text() == "R&&D"]
    action.trigger()
    assert bar.filter() == Filter("x")


def test_filter_is_saved_under_a_name(bar: FilterBar) -> None:
    stored: list[dict[str, Filter]] = []
    bar.saved_changed.connect(stored.append)
    bar.apply(Filter("b"))
    (keep,) = [a for a in bar.menu().actions() if a.text().startswith("Save")]
    keep.trigger()
    (asking,) = bar.window().findChildren(Popover)
    name = asking.findChildren(QLineEdit)[0]
    QTest.keyClicks(name, "Mine")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert stored == [{"R&D": Filter("x"), "Mine": Filter("b")}]
    assert asking.isHidden()


def test_nothing_set_is_nothing_to_save(bar: FilterBar) -> None:
    (keep,) = [a for a in bar.menu().actions() if a.text().startswith("Save")]
    assert not keep.isEnabled()


def test_escape_clears_the_field_first(bar: FilterBar) -> None:
    bar.field.setText("abc")
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.field.text() == ""
