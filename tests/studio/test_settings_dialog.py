"""The settings: a key is cleared, two are swapped in one step, a second one stays; every field has a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QListWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from studio.keys import Keymap
from studio.settings import SERVER_URL, Settings
from studio.settings_dialog import SettingsDialog

OPERATED = (QAbstractButton, QAbstractSpinBox, QComboBox, QKeySequenceEdit, QLineEdit, QListWidget)


@pytest.fixture
def keymap() -> Keymap:
    return Keymap()


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path, keymap: Keymap) -> SettingsDialog:
    made = SettingsDialog(Settings(tmp_path / "settings.json"), keymap)
    qtbot.addWidget(made)
    made.show()
    made.show_page("Keys")
    return made


def named(dialog: QWidget, name: str) -> QWidget:
    (found,) = [w for w in dialog.findChildren(QWidget) if w.accessibleName() == name]
    return found


def press(dialog: SettingsDialog, name: str) -> None:
    button = named(dialog, name)
    assert isinstance(button, QAbstractButton)
    button.click()


def give(dialog: SettingsDialog, action: str, key: str) -> None:
    field = named(dialog, f"Key for: {action}")
    assert isinstance(field, QKeySequenceEdit)
    field.setKeySequence(QKeySequence(key))
    field.editingFinished.emit()


def field_of(dialog: SettingsDialog, action: str) -> str:
    field = named(dialog, f"Key for: {action}")
    assert isinstance(field, QKeySequenceEdit)
    return field.keySequence().toString()


def test_a_key_can_be_taken_away_and_given_back(dialog: SettingsDialog, keymap: Keymap) -> None:
    press(dialog, "Take the key away from: Allow")
    assert keymap.keys("review.allow") == ()
    assert field_of(dialog, "Allow") == ""
    press(dialog, "Reset the key for: Allow")
    assert (keymap.keys("review.allow"), field_of(dialog, "Allow")) == (("A",), "A")


def test_two_keys_are_swapped_in_one_step(dialog: SettingsDialog, keymap: Keymap) -> None:
    give(dialog, "Allow", "R")
    assert keymap.keys("review.allow") == ("A",), "nothing is changed until it is said"
    swap = named(dialog, "Swap the two keys")
    assert swap.isVisible()
    press(dialog, "Swap the two keys")
    assert (keymap.keys("review.allow"), keymap.keys("review.restrict")) == (("R",), ("A",))
    assert (field_of(dialog, "Allow"), field_of(dialog, "Restrict")) == ("R", "A")
    assert not swap.isVisible()


def test_the_second_key_of_an_action_stays(dialog: SettingsDialog, keymap: Keymap) -> None:
    give(dialog, "Confirm", "Y")
    assert keymap.keys("review.confirm") == ("Y", "Enter")


def test_leaving_a_field_as_it_was_changes_nothing(dialog: SettingsDialog, keymap: Keymap) -> None:
    give(dialog, "Confirm", "Return")
    assert keymap.chosen() == {}


def test_a_page_is_opened_by_its_name(dialog: SettingsDialog) -> None:
    dialog.show_page(SERVER_URL.page)
    assert dialog.pages.currentItem().text() == "Connection"
    dialog.show_page("")
    assert dialog.pages.currentItem().text() == "Connection"


def test_everything_that_is_operated_has_a_name(dialog: SettingsDialog) -> None:
    nameless = []
    for row in range(dialog.pages.count()):
        dialog.pages.setCurrentRow(row)
        for widget in dialog.findChildren(QWidget):
            inner = isinstance(widget.parent(), OPERATED) or widget.objectName().startswith("qt_")
            if isinstance(widget, OPERATED) and widget.isVisible() and not inner:
                nameless += [] if widget.accessibleName() else [widget]
    assert nameless == []


def test_tab_goes_from_the_pages_through_the_fields_to_close(dialog: SettingsDialog, qtbot: QtBot) -> None:
    dialog.show_page("Appearance")
    dialog.activateWindow()
    dialog.pages.setFocus()
    walked = []
    for _ in range(12):
        focus = dialog.focusWidget()
        assert focus is not None
        walked.append(focus.accessibleName())
        if walked[-1] == "Close":
            break
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert walked == ["Pages", "Theme", "Reduced motion", "Close"]
