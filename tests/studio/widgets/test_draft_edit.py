"""Nothing typed is lost, and nothing is handed over twice."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.draft_edit import DraftEdit


class Form(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []
        self.edit = DraftEdit("Facts", self.kept.append, text="old")
        self.other = QLineEdit()
        layout = QVBoxLayout(self)
        layout.addWidget(self.edit)
        layout.addWidget(self.other)


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form()
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.edit.setFocus()
    return made


def test_pause_in_typing_hands_over_once(form: Form, qtbot: QtBot) -> None:
    QTest.keyClicks(form.edit, "abc")
    assert form.kept == []
    qtbot.waitUntil(lambda: bool(form.kept))
    assert form.kept == ["abcold"]


def test_leaving_the_field_hands_over_at_once(form: Form) -> None:
    QTest.keyClicks(form.edit, "a")
    form.other.setFocus()
    assert form.kept == ["aold"]


def test_closing_the_window_hands_over_at_once(form: Form) -> None:
    QTest.keyClicks(form.edit, "a")
    form.close()
    assert form.kept == ["aold"]


def test_unchanged_text_is_not_handed_over(form: Form) -> None:
    form.other.setFocus()
    form.edit.setPlainText("old")
    form.edit.keep_now()
    assert form.kept == []


def test_another_text_keeps_the_typed_one_first(form: Form) -> None:
    QTest.keyClicks(form.edit, "a")
    form.edit.replace("of the next item")
    form.edit.keep_now()
    assert form.kept == ["aold"]


def test_a_draft_that_is_found_late_stands_before_what_was_typed_meanwhile(form: Form) -> None:
    form.edit.forget()
    QTest.keyClicks(form.edit, "new")
    form.edit.put_before("found")
    QTest.keyClicks(form.edit, "er")
    assert form.edit.toPlainText() == "found\nnewer"
    form.edit.keep_now()
    assert form.kept == ["found\nnewer"]


def test_a_draft_that_is_found_is_not_handed_over_again(form: Form) -> None:
    form.edit.forget()
    form.edit.put_before("found")
    form.edit.keep_now()
    assert (form.edit.toPlainText(), form.kept) == ("found", [])
