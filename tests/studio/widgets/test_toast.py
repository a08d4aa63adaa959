"""Notices: their time, their undo, their number."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.messages import Action, Level, Message
from studio.widgets.button import Button, IconButton
from studio.widgets.toast import BELOW, MOST, ToastStack


@pytest.fixture
def toasts(qtbot: QtBot) -> ToastStack:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return ToastStack(window)


def message(text: str = "Removed", **more: object) -> Message:
    return Message(level=Level.SUCCESS, text=text, **more)  # type: ignore[arg-type]


def test_notice_goes_when_its_time_is_spent(toasts: ToastStack) -> None:
    toast = toasts.show_message(message(seconds=10))
    toast.spend(9_900)
    assert toasts.toasts() == [toast]
    toast.spend(100)
    assert toasts.toasts() == []
    assert toasts.isHidden()


def test_time_stands_still_while_the_focus_is_on_it(toasts: ToastStack) -> None:
    toast = toasts.show_message(message(seconds=1))
    toast.findChildren(IconButton)[0].setFocus()
    toast.spend(5_000)
    assert toasts.toasts() == [toast]


def test_an_undo_that_does_nothing_any_more_goes_whoever_is_reading_it(toasts: ToastStack) -> None:
    offered = [True]
    toast = toasts.show_message(message(undo=lambda: None, seconds=1, offered=lambda: offered[0]))
    toast.findChildren(IconButton)[0].setFocus()
    toast.spend(5_000)
    assert toasts.toasts() == [toast]
    offered[0] = False
    toast.spend(100)
    assert toasts.toasts() == []


def test_undo_takes_back_once_and_closes(toasts: ToastStack) -> None:
    undone: list[str] = []
    toasts.show_message(message(undo=lambda: undone.append("x"), seconds=10))
    toasts.toasts()[0].findChildren(Button)[0].click()
    assert undone == ["x"]
    assert toasts.toasts() == []


def test_newest_undo_first(toasts: ToastStack) -> None:
    undone: list[str] = []
    toasts.show_message(message(undo=lambda: undone.append("first")))
    toasts.show_message(message(undo=lambda: undone.append("second")))
    toasts.show_message(message("no undo"))
    assert [toasts.undo_last() for _ in range(3)] == [True, True, False]
    assert undone == ["second", "first"]


def test_the_oldest_gives_way(toasts: ToastStack) -> None:
    for number in range(MOST + 2):
        toasts.show_message(message(str(number)))
    assert [t.message.text for t in toasts.toasts()] == [str(n) for n in range(2, MOST + 2)]


def test_stack_stays_in_the_corner(toasts: ToastStack) -> None:
    toasts.show_message(message())
    window = toasts.parentWidget()
    assert window is not None
    window.resize(1200, 800)
    QApplication.processEvents()
    assert window.rect().contains(toasts.geometry())
    assert window.width() - toasts.geometry().right() < 24


def test_a_notice_offers_what_can_be_done_next(toasts: ToastStack) -> None:
    done: list[str] = []
    offer = Action("Show in folder", lambda: done.append("shown"))
    toast = toasts.show_message(message(action=offer))
    [button] = [each for each in toast.findChildren(Button) if each.text() == "Show in folder"]
    button.click()
    assert done == ["shown"]
    assert toasts.toasts() == [toast]


def test_they_stand_above_a_time_bar(toasts: ToastStack) -> None:
    bar = QWidget(toasts.parentWidget())
    bar.setObjectName(BELOW)
    bar.setGeometry(500, 560, 390, 100)
    bar.show()
    toasts.show_message(message())
    assert toasts.geometry().bottom() <= bar.geometry().top()
    bar.hide()
    toasts.show_message(message())
    assert toasts.geometry().bottom() > bar.geometry().top()
