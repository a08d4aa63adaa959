"""The bottom line says what it shows."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio.widgets.button import Button
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import Label
from studio.widgets.status_line import StatusLine


@pytest.fixture
def line(qtbot: QtBot) -> StatusLine:
    made = StatusLine()
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(("edits", "text"), [(1, "1 edit waiting"), (3, "3 edits waiting")])
def test_waiting_edits_lead_to_their_list(line: StatusLine, qtbot: QtBot, edits: int, text: str) -> None:
    line.set_waiting(edits)
    (button,) = line.findChildren(Button)
    assert (button.text(), button.isHidden()) == (text, False)
    with qtbot.waitSignal(line.waiting_opened):
        button.click()


def test_nothing_waiting_shows_nothing(line: StatusLine) -> None:
    line.set_waiting(2)
    line.set_waiting(0)
    assert line.findChildren(Button)[0].isHidden()


def test_state_is_a_word_and_not_only_a_colour(line: StatusLine) -> None:
    line.set_connection("reconnecting")
    assert "Reconnecting" in {label.text() for label in line.findChildren(Label)}


def test_who_am_i(line: StatusLine) -> None:
    line.set_person("Noor", "Moderator")
    assert "Noor · Moderator" in {label.text() for label in line.findChildren(Label)}
    line.set_person("")
    assert "Not signed in" in {label.text() for label in line.findChildren(Label)}


def test_a_lasting_remark_is_an_icon_whose_words_are_its_tooltip(line: StatusLine) -> None:
    line.set_note("Signed in for this session only.")
    (icon,) = [label for label in line.findChildren(IconLabel) if "session" in label.accessibleName()]
    assert "Signed in for this session only." in icon.toolTip()
    assert not icon.isHidden()
    assert "session" not in " ".join(label.text() for label in line.findChildren(Label))
    line.set_note("")
    assert icon.isHidden()
