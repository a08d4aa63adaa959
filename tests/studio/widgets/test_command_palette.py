"""The palette: commands by letters, found things when they come, keyboard all the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.command_palette import FAILED, NOTHING, SEARCHING, Command, CommandPalette

Found = Callable[[Sequence[Command] | None], None]


class Window(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []
        self.below = QLineEdit()
        QVBoxLayout(self).addWidget(self.below)
        self.palette_ = CommandPalette(self)
        self.palette_.set_commands([self.command(n) for n in ("Refresh", "Restrict", "Settings")])

    def command(self, text: str) -> Command:
        return Command(id=text, text=text, run=lambda: self.ran.append(text))


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.below.setFocus()
    return made


def shown(palette: CommandPalette) -> list[str]:
    model = palette.list.model()
    return [model.index(n, 0).data() for n in range(model.rowCount())]


def test_letters_and_enter_run_a_command_and_give_the_focus_back(window: Window) -> None:
    window.palette_.open()
    QTest.keyClicks(window.palette_.field, "set")
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Return)
    assert window.ran == ["Settings"]
    assert window.palette_.isHidden()
    assert window.below.hasFocus()


def test_arrows_choose_and_stop_at_the_ends(window: Window) -> None:
    window.palette_.open()
    for _ in range(9):
        QTest.keyClick(window.palette_.field, Qt.Key.Key_Down)
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Up)
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Return)
    assert window.ran == ["Restrict"]


def test_escape_closes_without_running(window: Window) -> None:
    window.palette_.open()
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Escape)
    assert (window.palette_.isHidden(), window.ran) == (True, [])


def test_found_things_come_in_their_own_section(window: Window, qtbot: QtBot) -> None:
    asked: list[str] = []

    def search(text: str, found: Found) -> None:
        asked.append(text)
        found([window.command("clip_1.mp4")])

    window.palette_.set_providers([("Videos", search)])
    window.palette_.open()
    QTest.keyClicks(window.palette_.field, "clip")
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == ["clip"], "asked once, when typing paused"
    assert shown(window.palette_) == ["Videos", "clip_1.mp4"]


def test_the_field_promises_what_can_be_found(window: Window) -> None:
    assert window.palette_.field.placeholderText() == "Type a command"
    window.palette_.set_providers([("Videos", lambda text, found: found([]))])
    assert "a title" in window.palette_.field.placeholderText()
    window.palette_.set_providers([])
    assert window.palette_.field.placeholderText() == "Type a command"


def test_a_late_answer_to_an_old_question_is_dropped(window: Window, qtbot: QtBot) -> None:
    answers: list[tuple[str, Found]] = []
    window.palette_.set_providers([("Videos", lambda text, found: answers.append((text, found)))])
    window.palette_.open()
    window.palette_.field.setText("old")
    qtbot.waitUntil(lambda: len(answers) == 1)
    window.palette_.field.setText("new")
    qtbot.waitUntil(lambda: len(answers) == 2)
    answers[0][1]([window.command("of the old question")])
    assert shown(window.palette_) == [SEARCHING]
    answers[1][1]([window.command("of the new one")])
    assert shown(window.palette_) == ["Videos", "of the new one"]


def test_searching_finding_nothing_and_failing_are_told_apart(window: Window, qtbot: QtBot) -> None:
    answers: list[Found] = []
    window.palette_.set_providers([("Videos", lambda text, found: answers.append(found))])
    window.palette_.open()
    window.palette_.field.setText("zzz")
    assert shown(window.palette_) == [SEARCHING]
    qtbot.waitUntil(lambda: len(answers) == 1)
    assert shown(window.palette_) == [SEARCHING]
    answers[0]([])
    assert shown(window.palette_) == [NOTHING]
    window.palette_.field.setText("zzzz")
    qtbot.waitUntil(lambda: len(answers) == 2)
    answers[1](None)
    assert shown(window.palette_) == [FAILED]


def test_providers_given_anew_replace_the_old_ones(window: Window, qtbot: QtBot) -> None:
    asked: list[str] = []
    for _ in range(2):
        window.palette_.set_providers([("Videos", lambda text, found: asked.append(text))])
    window.palette_.open()
    window.palette_.field.setText("clip")
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == ["clip"]
    window.palette_.set_providers([])
    window.palette_.field.setText("clips")
    assert shown(window.palette_) == [NOTHING]


def test_an_answer_does_not_move_the_choice(window: Window) -> None:
    window.palette_.open()
    window.palette_.set_providers([("Videos", lambda text, found: None)])
    window.palette_.field.setText("re")
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Down)
    window.palette_._take(window.palette_._asked, "Videos", [window.command("reel.mp4")])
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Return)
    assert window.ran == ["Restrict"]


def test_tab_stays_inside(window: Window) -> None:
    window.palette_.open()
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Tab)
    assert window.palette_.isAncestorOf(window.focusWidget())


def test_click_beside_closes(window: Window) -> None:
    window.palette_.open()
    QTest.mouseClick(window.palette_, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert window.palette_.isHidden()
