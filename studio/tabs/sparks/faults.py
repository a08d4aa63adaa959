"""What stands in the way of a publication, each with its moment; a chosen one is shown on the preview."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.tabs.sparks.state import Fault
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label


class FaultList(QFrame):
    """`chosen` carries the `Fault` that was pressed."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.setAccessibleName("What stands in the way")
        worn = style.tokens()
        self.faults: list[Fault] = []
        self._here = False
        self.buttons: list[Button] = []
        self._title = Label("", "strong", wrap=True)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(worn.space_2)
        column = QVBoxLayout(self)
        column.setContentsMargins(worn.space_3, worn.space_3, worn.space_3, worn.space_3)
        column.setSpacing(worn.space_2)
        column.addWidget(self._title)
        column.addLayout(self._rows)
        self.hide()

    def show_faults(self, found: Sequence[Fault], *, here: bool) -> None:
        """List these; `here` = by what this computer measured."""
        if list(found) == self.faults and here is self._here and self.isHidden() is not bool(found):
            return
        self.faults, self.buttons, self._here = list(found), [], here
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        count = len(found)
        things = "One thing stands" if count == 1 else f"{count} things stand"
        self._title.setText(
            f"{things} in the way" + (", by what this computer measured" if here else " of it")
        )
        rows = [self._row(each) for each in found]
        for row in rows:
            self._rows.addWidget(row)
        self.setVisible(bool(found))
        for row in rows:
            row.show()  # not a moment later, as a layout would: until then there is an empty card

    def _row(self, fault: Fault) -> QWidget:
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_1)
        column.addWidget(Label(fault.message, "danger", wrap=True))
        if fault.second is not None:
            where = " and where" if fault.region is not None else ""
            button = Button(f"Show at {fault.second:.2f} s{where}", kind="link", icon="eye")
            button.clicked.connect(lambda _checked=False, one=fault: self.chosen.emit(one))
            self.buttons.append(button)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return row
