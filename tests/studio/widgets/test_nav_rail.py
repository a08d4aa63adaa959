"""The rail: choosing by hand and by program, keyboard, badges, narrow and wide."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.widgets.nav_rail import NARROW, WIDE, NavEntry, NavRail

ENTRIES = [
    NavEntry(id=name, title=name.title(), icon="flag", section="All") for name in ("one", "two", "three")
]


@pytest.fixture
def rail(qtbot: QtBot) -> NavRail:
    made = NavRail("Studio")
    qtbot.addWidget(made)
    made.set_entries(ENTRIES)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def buttons(rail: NavRail) -> list[QPushButton]:
    return list(rail._buttons.values())


def test_choice_by_program_is_silent(rail: NavRail) -> None:
    heard: list[str] = []
    rail.chosen.connect(heard.append)
    rail.choose("two")
    assert heard == []
    assert [b.isChecked() for b in buttons(rail)] == [False, True, False]


def test_arrows_move_the_choice(rail: NavRail) -> None:
    heard: list[str] = []
    rail.chosen.connect(heard.append)
    rail.choose("one")
    buttons(rail)[0].setFocus()
    QTest.keyClick(buttons(rail)[0], Qt.Key.Key_Down)
    assert heard == ["two"]


def test_badge_is_said_too(rail: NavRail) -> None:
    rail.set_badge("one", 12)
    assert buttons(rail)[0].accessibleName() == "One, 12 waiting"
    rail.set_badge("one", 0)
    assert buttons(rail)[0].accessibleName() == "One"


def test_narrow_keeps_the_names(rail: NavRail) -> None:
    widths = []
    rail.collapsed_changed.connect(lambda _on: widths.append(rail.width()))
    rail.set_collapsed(True)
    assert buttons(rail)[0].accessibleName() == "One"
    assert "One" in buttons(rail)[0].toolTip()
    rail.set_collapsed(False)
    assert (rail.minimumWidth(), widths and rail.maximumWidth()) == (WIDE, WIDE)
    assert NARROW < WIDE


def test_another_role_sees_other_tabs(rail: NavRail) -> None:
    rail.set_badge("one", 5)
    rail.set_entries(ENTRIES[1:])
    assert rail.entries() == ["two", "three"]
    with pytest.raises(KeyError):
        rail.choose("one")


def test_tools_are_pressed_and_never_the_open_tab(rail: NavRail) -> None:
    pressed: list[str] = []
    rail.tool_pressed.connect(pressed.append)
    rail.set_tools([NavEntry(id="settings", title="Settings", icon="settings", key="Ctrl+,")])
    rail.choose("one")
    rail.set_entries(ENTRIES)
    (tool,) = (b for b in rail.findChildren(QPushButton) if b.accessibleName() == "Settings")
    tool.click()
    assert pressed == ["settings"]
    assert "Ctrl+," in tool.toolTip()
    assert not tool.isChecked()
    order = [rail._layout.indexOf(widget) for widget in (*buttons(rail), tool)]
    assert order == sorted(order), "the tools stay at the foot"
