"""The check that looks over every picture finds what it is meant to find, and nothing in a good window."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.keys import Keymap
from studio.scenes.clipping import faults
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.table import Column, RowModel
from studio.widgets.table_view import TableView

LONG = "Deceptive deepfake of a real person, once more and at length"


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(400, 300)
    QVBoxLayout(made)
    return made


def told(window: QWidget, widget: QWidget) -> str:
    layout = window.layout()
    assert layout is not None
    layout.addWidget(widget)
    window.show()
    return " | ".join(faults(window))


def test_a_good_window_has_none(window: QWidget) -> None:
    inside = QWidget()
    row = QHBoxLayout(inside)
    for widget in (Label("Title", "title"), Chip("Critical", "critical"), Button("Claim", icon="review")):
        row.addWidget(widget)
    assert told(window, inside) == ""
    assert told(window, Label(LONG, wrap=True)) == ""
    assert told(window, ElidedLabel(LONG)) == ""


@pytest.mark.parametrize("widget", [Label, Button])
def test_cut_text_is_found(window: QWidget, widget: type[Label | Button]) -> None:
    cut = widget(LONG)
    cut.setFixedWidth(60)
    assert "is cut" in told(window, cut)


def test_lines_that_are_cut_below_are_found(window: QWidget) -> None:
    label = Label(LONG, wrap=True)
    label.setFixedSize(120, 18)
    assert "cut below" in told(window, label)


def test_what_sticks_out_is_found(window: QWidget) -> None:
    holder = QWidget()
    holder.setFixedSize(60, 30)
    label = Label("somewhere", parent=holder)
    label.setGeometry(20, 0, 120, 30)
    assert "sticks out" in told(window, holder)


def test_what_is_scrolled_to_does_not_stick_out(window: QWidget) -> None:
    area, inside = QScrollArea(), QWidget()
    inside.setFixedSize(100, 900)
    Label("far below", parent=inside).setGeometry(0, 850, 90, 20)
    area.setWidget(inside)
    assert told(window, area) == ""


def test_tables_are_looked_over_too(window: QWidget) -> None:
    columns = [Column[int](id=str(n), title="A title", width=30 if n else 500, text=str) for n in range(2)]
    model = RowModel[int](columns, row_id=lambda n: n, search=str)
    table = TableView(model, "Things", Keymap())
    model.setParent(table)
    found = told(window, table)
    assert "scrolls sideways" in found
    assert "column title “A title” is cut" in found
