"""Form rows, confirmations, number fields, progress: the small parts of a page."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QProgressBar
from pytestqt.qtbot import QtBot

from studio.widgets.button import IconButton
from studio.widgets.form import FormRow
from studio.widgets.inline_confirm import InlineConfirm
from studio.widgets.number_field import NumberField
from studio.widgets.progress_row import ProgressRow


def test_fault_is_seen_and_heard_and_goes(qtbot: QtBot) -> None:
    row = FormRow("Email", QLineEdit(), "Your work address.")
    qtbot.addWidget(row)
    assert row.field.accessibleName() == "Email"
    rest = row.grab().toImage()
    row.set_fault("Not an address.")
    assert row.field.accessibleDescription() == "Not an address."
    wrong = row.grab().toImage()
    assert wrong != rest
    row.set_fault("")
    assert row.field.accessibleDescription() == "Your work address."
    assert row.grab().toImage() != wrong


def test_confirm_needs_two_presses(qtbot: QtBot) -> None:
    confirm = InlineConfirm("Reset", "Sure?", "Reset all")
    qtbot.addWidget(confirm)
    confirmed: list[bool] = []
    confirm.confirmed.connect(lambda: confirmed.append(True))
    confirm.first.click()
    assert (confirm.asking(), confirmed) == (True, [])
    confirm.yes.click()
    assert (confirm.asking(), confirmed) == (False, [True])


def test_confirm_starts_on_cancel_and_escape_goes_back(qtbot: QtBot) -> None:
    confirm = InlineConfirm("Reset", "Sure?", "Reset all")
    qtbot.addWidget(confirm)
    with qtbot.waitActive(confirm):
        confirm.show()
        confirm.activateWindow()
    confirm.first.click()
    assert confirm.no.hasFocus()
    QTest.keyClick(confirm.no, Qt.Key.Key_Escape)
    assert not confirm.asking()
    assert confirm.first.hasFocus()


def test_wheel_over_a_number_that_is_not_focused_changes_nothing(qtbot: QtBot) -> None:
    field = NumberField("Duration", 1, 365, 30, unit="days")
    qtbot.addWidget(field)
    field.show()
    field.clearFocus()
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, turn)
    assert field.value() == 30


def test_progress_says_how_far_it_is(qtbot: QtBot) -> None:
    row = ProgressRow("Upload")
    qtbot.addWidget(row)
    row.set_progress(0.25)
    (bar,) = row.findChildren(QProgressBar)
    assert (bar.value(), bar.accessibleName()) == (250, "Upload: 25 %")
    row.set_progress(7.0, "checking")
    assert (bar.value(), bar.accessibleName()) == (1000, "Upload: checking")


def test_unknown_progress_stands_still_under_reduced_motion(qtbot: QtBot) -> None:
    row = ProgressRow("Verify")
    qtbot.addWidget(row)
    row.set_progress(None)
    assert row.findChildren(QProgressBar)[0].maximum() == 1000


def test_cancel_is_told_once(qtbot: QtBot) -> None:
    row = ProgressRow("Upload")
    qtbot.addWidget(row)
    stops: list[bool] = []
    row.cancelled.connect(lambda: stops.append(True))
    (cancel,) = row.findChildren(IconButton)
    cancel.click()
    cancel.click()
    assert stops == [True]
