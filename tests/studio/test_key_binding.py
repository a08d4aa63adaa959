"""What a key press reaches, with the focus on a canvas, a text field and a button."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.key_binding import bind
from studio.keys import ACTIONS, BY_ID, Action, Keymap, Scope, typed

BOUND = [(a, key) for a in ACTIONS for key in a.keys]
OpenDesk = Callable[[Scope], "Desk"]


class Desk(QWidget):
    """One scope with a canvas, a text field, a button and a list; it writes down what keys did."""

    def __init__(self, keymap: Keymap, scope: Scope) -> None:
        super().__init__()
        self.did: list[str] = []
        self.canvas, self.field = QWidget(), QLineEdit()
        self.button, self.list = QPushButton("Press"), QListWidget()
        self.list.addItems(["one", "two", "three"])
        self.canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.clicked.connect(lambda: self.did.append("button"))
        layout = QVBoxLayout(self)
        for child in (self.canvas, self.field, self.button, self.list):
            layout.addWidget(child)
        self.actions_by_id = bind(
            keymap, self, scope, {a.id: self._handler(a) for a in ACTIONS if a.scope == scope}
        )

    def _handler(self, action: Action) -> Callable[..., None]:
        def done(down: bool | None = None) -> None:
            self.did.append(action.id if down is None else f"{action.id} {'down' if down else 'up'}")

        return done


def press(widget: QWidget, key: str) -> None:
    combination = QKeySequence(key)[0]  # type: ignore[index]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())


@pytest.fixture
def keymap() -> Keymap:
    return Keymap()


@pytest.fixture
def open_desk(qtbot: QtBot, keymap: Keymap) -> OpenDesk:
    def opened(scope: Scope) -> Desk:
        desk = Desk(keymap, scope)
        qtbot.addWidget(desk)
        with qtbot.waitActive(desk):
            desk.show()
            desk.activateWindow()
        desk.canvas.setFocus()
        return desk

    return opened


@pytest.mark.parametrize(("action", "key"), BOUND, ids=lambda v: getattr(v, "id", v))
def test_key_acts_on_the_canvas(open_desk: OpenDesk, action: Action, key: str) -> None:
    desk = open_desk(action.scope)
    press(desk.canvas, key)
    expected = [f"{action.id} down", f"{action.id} up"] if action.hold else [action.id]
    assert desk.did == expected


@pytest.mark.parametrize(("action", "key"), BOUND, ids=lambda v: getattr(v, "id", v))
def test_text_field_keeps_its_keys(open_desk: OpenDesk, action: Action, key: str) -> None:
    desk = open_desk(action.scope)
    desk.field.setFocus()
    press(desk.field, key)
    assert desk.did == ([] if typed(action.id, key) else [action.id])


@pytest.mark.parametrize("key", ["A", "1", "[", ";", "?", "B", "X", "N"])
def test_letters_are_typed_into_the_text_field(open_desk: OpenDesk, key: str) -> None:
    desk = open_desk("review")
    desk.field.setFocus()
    QTest.keyClicks(desk.field, key)
    assert desk.field.text() == key
    assert desk.did == []


def test_read_only_text_is_no_text_field(open_desk: OpenDesk) -> None:
    desk = open_desk("review")
    desk.field.setReadOnly(True)
    desk.field.setFocus()
    press(desk.field, "A")
    assert desk.did == ["review.allow"]


def test_focused_button_keeps_space_and_leaves_the_rest(open_desk: OpenDesk) -> None:
    desk = open_desk("review")
    desk.button.setFocus()
    press(desk.button, "Space")
    press(desk.button, "A")
    press(desk.button, "Return")
    assert desk.did == ["button", "review.allow", "button"]


def test_focused_list_keeps_its_arrows(open_desk: OpenDesk) -> None:
    desk = open_desk("review")
    desk.list.setFocus()
    desk.list.setCurrentRow(2)
    press(desk.list, "Home")
    press(desk.list, "N")
    assert desk.list.currentRow() == 0
    assert desk.did == ["review.next"]


def test_keys_follow_a_remap_at_once(open_desk: OpenDesk, keymap: Keymap) -> None:
    desk = open_desk("review")
    keymap.remap("review.allow", ["Q"])
    press(desk.canvas, "A")
    press(desk.canvas, "Q")
    assert desk.did == ["review.allow"]
    assert desk.actions_by_id["review.allow"].toolTip() == "Allow (Q)"


def test_hold_ends_when_the_focus_leaves(open_desk: OpenDesk) -> None:
    desk = open_desk("review")
    QTest.keyPress(desk.canvas, Qt.Key.Key_B)
    assert desk.did == ["review.reveal down"]
    desk.field.setFocus()
    assert desk.did == ["review.reveal down", "review.reveal up"]


def test_hold_ends_when_the_window_is_left(open_desk: OpenDesk, qtbot: QtBot) -> None:
    desk = open_desk("review")
    QTest.keyPress(desk.canvas, Qt.Key.Key_B)
    other = QWidget()
    qtbot.addWidget(other)
    with qtbot.waitActive(other):
        other.show()
        other.activateWindow()
    assert desk.did == ["review.reveal down", "review.reveal up"]


@pytest.mark.parametrize(
    ("began", "ended"),
    [
        (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier),
        (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier),
        (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier),
    ],
)
def test_hold_ends_with_its_key_whatever_modifier_came_or_went(
    open_desk: OpenDesk, keymap: Keymap, began: Qt.KeyboardModifier, ended: Qt.KeyboardModifier
) -> None:
    keymap.remap("review.reveal", ["B", "Shift+B"])
    desk = open_desk("review")
    QTest.keyPress(desk.canvas, Qt.Key.Key_B, began)
    QTest.keyRelease(desk.canvas, Qt.Key.Key_B, ended)
    assert desk.did == ["review.reveal down", "review.reveal up"]


def test_another_key_going_up_ends_no_hold(open_desk: OpenDesk) -> None:
    desk = open_desk("review")
    QTest.keyPress(desk.canvas, Qt.Key.Key_B)
    QTest.keyRelease(desk.canvas, Qt.Key.Key_Shift)
    assert desk.did == ["review.reveal down"]


def test_hold_ends_when_a_menu_opens(open_desk: OpenDesk) -> None:
    desk = open_desk("review")
    QTest.keyPress(desk.canvas, Qt.Key.Key_B)
    # A menu takes the keys without taking the focus: Qt tells of it in this way alone.
    QApplication.sendEvent(desk.canvas, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.PopupFocusReason))
    assert desk.did == ["review.reveal down", "review.reveal up"]


@pytest.mark.parametrize("left", ["hide", "disable"])
def test_hold_ends_when_its_page_is_left(open_desk: OpenDesk, left: str) -> None:
    desk = open_desk("review")
    QTest.keyPress(desk.canvas, Qt.Key.Key_B)
    desk.hide() if left == "hide" else desk.setEnabled(False)
    assert desk.did == ["review.reveal down", "review.reveal up"]


@pytest.mark.parametrize("key", ["A", "B"], ids=["pressed", "held"])
def test_a_key_outside_the_scope_widget_does_nothing(open_desk: OpenDesk, qtbot: QtBot, key: str) -> None:
    desk = open_desk("review")
    window = QWidget()
    outside = QPushButton("outside", window)
    desk.setParent(window)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    outside.setFocus()
    press(outside, key)
    assert desk.did == []


def test_text_field_that_had_the_focus_already_keeps_its_keys(qtbot: QtBot, keymap: Keymap) -> None:
    window = QWidget()
    field = QLineEdit(window)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    field.setFocus()
    did: list[str] = []
    bind(keymap, window, "review", {"review.confirm": lambda: did.append("confirm")})
    press(field, "Return")
    assert did == []


def test_handler_of_another_scope_is_refused(qapp: QApplication, keymap: Keymap) -> None:
    widget = QWidget()
    with pytest.raises(KeyError):
        bind(keymap, widget, "queue", {"review.allow": lambda: None})


def test_only_the_listed_actions_repeat(open_desk: OpenDesk) -> None:
    desk = open_desk("review")
    repeating = {name for name, action in desk.actions_by_id.items() if action.autoRepeat()}
    assert repeating == {a.id for a in ACTIONS if a.repeats and a.id in desk.actions_by_id}
    assert BY_ID["review.step-forward"].repeats
