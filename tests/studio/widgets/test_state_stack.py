"""Content and what stands in its place."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studio.messages import Problem
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.empty_state import EmptyState, ErrorState
from studio.widgets.skeleton import Skeleton
from studio.widgets.state_stack import StateStack

PROBLEM = Problem(what_happened="No answer.", what_was_kept="All is kept.", what_to_do="Try later.")


@pytest.fixture
def stack(qtbot: QtBot) -> StateStack:
    made = StateStack(QLabel("content"))
    qtbot.addWidget(made)
    made.show()
    return made


def test_quick_load_shows_no_skeleton(stack: StateStack) -> None:
    shown: list[object] = []
    stack._stack.currentChanged.connect(lambda: shown.append(stack.shown()))
    stack.loading()
    stack.content()
    assert shown == []
    assert not stack._patience.isActive()


def test_slow_load_shows_the_skeleton(stack: StateStack, qtbot: QtBot) -> None:
    stack.loading()
    qtbot.waitUntil(lambda: isinstance(stack.shown(), Skeleton))


def test_failure_offers_to_try_again(stack: StateStack, qtbot: QtBot) -> None:
    stack.failed(PROBLEM)
    state = stack.shown()
    assert isinstance(state, ErrorState)
    with qtbot.waitSignal(stack.retried):
        state.findChildren(Button)[0].click()


def test_empty_state_acts(stack: StateStack, qtbot: QtBot) -> None:
    stack.empty("search", "Nothing found", "Try fewer words.", "Clear")
    with qtbot.waitSignal(stack.acted):
        stack.findChildren(Button)[0].click()


def test_old_states_are_not_kept(stack: StateStack, qtbot: QtBot) -> None:
    for _ in range(3):
        stack.empty("search", "Nothing found")
    stack.content()
    qtbot.waitUntil(lambda: len(alive(stack)) == 0)


def alive(stack: StateStack) -> list[EmptyState]:
    QApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
    return stack.findChildren(EmptyState)


def test_skeleton_breathes_only_where_motion_is_wanted(qapp: QApplication, qtbot: QtBot) -> None:
    skeleton = Skeleton()
    qtbot.addWidget(skeleton)
    skeleton.show()
    assert not skeleton.moving()
    skeleton.hide()
    style.apply(qapp, "dark", reduced_motion=False)
    skeleton.show()
    assert skeleton.moving()
    skeleton.hide()
    assert not skeleton.moving()
    style.apply(qapp, "dark", reduced_motion=True)
