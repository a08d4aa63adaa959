"""Text is plain, tooltips are escaped, long lines end in an ellipsis and explain themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.widgets.label import ElidedLabel, Label, tooltip

HOSTILE = "<b>bold</b><img src=x>"


def test_markup_is_shown_and_not_obeyed(qtbot: QtBot) -> None:
    hostile, plain = Label(HOSTILE), Label("bold")
    for label in (hostile, plain):
        qtbot.addWidget(label)
    assert hostile.textFormat() == Qt.TextFormat.PlainText
    assert hostile.sizeHint().width() > 3 * plain.sizeHint().width()


def test_tooltip_escapes() -> None:
    assert "&lt;b&gt;" in tooltip(HOSTILE)
    assert tooltip("") == ""


def test_long_line_explains_itself_only_while_cut(qtbot: QtBot) -> None:
    label = ElidedLabel("a rather long line " * 5)
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert "a rather long line" in label.toolTip()
    label.resize(2000, 20)
    assert label.toolTip() == ""


def test_one_line_stays_one_line(qtbot: QtBot) -> None:
    label = ElidedLabel("first\nsecond")
    qtbot.addWidget(label)
    assert label.text() == "first second"


def test_tone_changes_the_colour(qtbot: QtBot) -> None:
    label = Label("x" * 20)
    qtbot.addWidget(label)
    before = label.grab().toImage()
    label.set_tone("danger")
    assert label.grab().toImage() != before
