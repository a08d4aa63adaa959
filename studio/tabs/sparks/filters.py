"""Narrows the catalogue: words, tier, family, price, and for whoever makes sparks their state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from server.sparks.engine.format.spark import Tier
from server.sparks.rules import SparkState
from studio.sparks.look import WORDS
from studio.tabs.sparks.state import BANDS, Wanted, family_words
from studio.theme import style
from studio.widgets.search_field import SearchField

TYPING_MS: Final = 60
TIERS: Final = (None, *Tier)
STATES: Final = {
    SparkState.PUBLISHED: "Published",
    SparkState.DRAFT: "Drafts",
    SparkState.RETIRED: "Retired",
}


class Filters(QWidget):
    """`changed` carries the `Wanted`; typing is gathered for a moment. `down`: on to what was found."""

    changed = Signal(object)
    down = Signal()

    def __init__(self, *, may_edit: bool) -> None:
        super().__init__()
        self.search = SearchField("Find a spark")
        self.search.setMinimumWidth(120)
        # By their places: of an enumeration Qt gives back a bare text.
        self.tier = _box("Tier", [(WORDS[tier] if tier else "All tiers", None) for tier in TIERS])
        self.family = _box("Family", [("All families", "")])
        self.price = _box("Price in credits", [("All prices", None)])
        for number, (title, _, _) in enumerate(BANDS):
            self.price.addItem(title, number)
        self.state = _box("State", [(title, None) for title in STATES.values()])
        self.state.setVisible(may_edit)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.tokens().space_2)
        row.addWidget(self.search, 1)
        for each in (self.tier, self.family, self.price, self.state):
            row.addWidget(each)
            each.currentIndexChanged.connect(lambda _n: self._tell())
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_MS)
        self._timer.timeout.connect(self._tell)
        self.search.textChanged.connect(lambda _text: self._timer.start())
        self.search.returnPressed.connect(self._go_down)
        self.search.down.connect(self._go_down)

    def wanted(self) -> Wanted:
        """What is set now."""
        return Wanted(
            text=self.search.text().strip(),
            tier=TIERS[self.tier.currentIndex()],
            family=self.family.currentData() or "",
            price=self.price.currentData(),
            state=tuple(STATES)[self.state.currentIndex()],
        )

    def put(self, wanted: Wanted) -> None:
        """Set all of it, and tell once."""
        self.blockSignals(True)
        self.search.setText(wanted.text)
        self.tier.setCurrentIndex(TIERS.index(wanted.tier))
        if wanted.family and self.family.findData(wanted.family) < 0:  # nothing may have been read yet
            self.family.addItem(family_words(wanted.family), wanted.family)
        self.family.setCurrentIndex(max(0, self.family.findData(wanted.family)))
        self.price.setCurrentIndex(0 if wanted.price is None else wanted.price + 1)
        self.state.setCurrentIndex(tuple(STATES).index(wanted.state))
        self.blockSignals(False)
        self._tell()

    def set_families(self, families: Sequence[str]) -> None:
        """Offer these; the one that is set stays, so that a list that is read anew does not jump."""
        now = self.family.currentData() or ""
        offered = sorted({*families, now} - {""})
        if offered == [self.family.itemData(n) for n in range(1, self.family.count())]:
            return
        self.family.blockSignals(True)
        self.family.clear()
        self.family.addItem("All families", "")
        for name in offered:
            self.family.addItem(family_words(name), name)
        self.family.setCurrentIndex(max(0, self.family.findData(now)))
        self.family.blockSignals(False)

    def focus(self) -> None:
        """Go to the field with its text selected."""
        self.search.setFocus()
        self.search.selectAll()

    def _go_down(self) -> None:
        self._tell()
        self.down.emit()

    def _tell(self) -> None:
        self._timer.stop()
        self.changed.emit(self.wanted())


def _box(name: str, items: Sequence[tuple[str, object]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for title, value in items:
        box.addItem(title, value)
    return box
