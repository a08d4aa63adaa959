"""Having a hash bank recognise what is removed: one checkbox, and which bank where there are several."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QSizePolicy, QWidget

from server.forensics.schemas import BankChoice
from studio.theme import style
from studio.widgets.label import tooltip

HINT = "Uploads that look like this video come to the queue. Where the decision is reversed, it is taken out."


class BankBox(QWidget):
    """`chosen` carries the id of the bank, or None. Seen only where there is a bank to add to."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._banks: tuple[BankChoice, ...] = ()
        self._showing = False
        self.box = QCheckBox()
        self.box.setToolTip(tooltip(HINT))
        self.which = QComboBox()
        self.which.setAccessibleName("Hash bank")
        self.which.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.which.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.tokens().space_1)
        row.addWidget(self.box)
        row.addWidget(self.which, 1)
        self.box.toggled.connect(lambda _on: self._tell())
        self.which.currentIndexChanged.connect(lambda _n: self._tell())
        self.hide()

    def set_banks(self, banks: Sequence[BankChoice]) -> None:
        """These are the banks that there are."""
        self._banks = tuple(banks)
        self._showing = True
        self.which.clear()
        for bank in self._banks:
            self.which.addItem(bank.name, bank.id)
        one = len(self._banks) == 1
        text = f"Add to the bank “{self._banks[0].name}”" if one else "Add to the bank"
        self.box.setText(text.replace("&", "&&"))
        self.box.setAccessibleName(text)
        self._showing = False

    def show_choice(self, bank_id: UUID | None, *, offered: bool) -> None:
        """Show what is chosen; `offered` says whether the decision may add to a bank."""
        self._showing = True
        known = [bank.id for bank in self._banks]
        self.setVisible(offered and bool(known))
        self.box.setChecked(bank_id in known)
        if bank_id in known:
            self.which.setCurrentIndex(known.index(bank_id))
        self.which.setVisible(len(known) > 1)
        self.which.setEnabled(self.box.isChecked())
        self._showing = False

    def _tell(self) -> None:
        if not self._showing and self._banks:
            at = max(self.which.currentIndex(), 0)
            self.chosen.emit(self._banks[at].id if self.box.isChecked() else None)
