"""The matches of a video beside its scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.forensics.banks.rules import MatchVerdict
from server.forensics.schemas import MatchView
from studio.tabs.forensics import matches
from studio.tabs.forensics.evidence import Place
from studio.tabs.forensics.refocus import focus_kept
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.label import ElidedLabel, Label

FIRST: Final = 10
"""Matches that are shown to begin with: each costs five milliseconds."""


class MatchSection(QWidget):
    """`compare_wanted` carries a `MatchView`, `place_wanted` a `Place`. Hidden without a match."""

    compare_wanted = Signal(object)
    place_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Matches")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(style.tokens().space_3)
        self._shown: tuple[MatchView, ...] = ()
        self._whole = False
        self.hide()

    def show_matches(self, found: Sequence[MatchView]) -> None:
        """Show these, those that are not judged first; of many the first alone, until all are asked for."""
        shown = tuple(sorted(found, key=lambda m: (m.verdict is not MatchVerdict.PENDING, m.bits)))
        if shown == self._shown:
            return
        self._shown = shown
        self._whole = self._whole and bool(shown)
        with focus_kept(self):
            self._build()
        self.setVisible(bool(shown))

    def show_all(self) -> None:
        """Show the others, too."""
        self._whole = True
        with focus_kept(self):
            self._build()

    def _build(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (gone := item.widget()) is not None:
                gone.hide()
                gone.deleteLater()
        made: list[QWidget] = [Label("Recognised", "section")] if self._shown else []
        made += [self._match(match) for match in (self._shown if self._whole else self._shown[:FIRST])]
        if not self._whole and len(self._shown) > FIRST:
            more = Button(f"Show all {len(self._shown)}", kind="quiet")
            more.clicked.connect(lambda: self.show_all())
            made.append(more)
        for each in made:
            self._column.addWidget(each)
            each.show()  # now: what is not seen takes no focus

    def _match(self, match: MatchView) -> QWidget:
        worn = style.tokens()
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_1)
        word, tone, icon = matches.look(match)
        made.setAccessibleName(f"{word}: {match.bank_name}")
        head = QHBoxLayout()
        head.setSpacing(worn.space_2)
        head.addWidget(Chip(word, tone, icon))
        head.addWidget(ElidedLabel(match.bank_name, "strong"), 1)
        head.addWidget(Chip(*matches.VERDICTS[match.verdict]))
        column.addLayout(head)
        parts = [matches.distance(match), matches.changes(match)]
        said = ", ".join(part for part in parts if part)
        column.addWidget(Label(f"{said}. {matches.where(match)}.", "caption", wrap=True))
        acts = QHBoxLayout()
        acts.setSpacing(worn.space_1)
        compare = Button("Compare", kind="link", icon="review", tip="The original beside this video")
        compare.setAccessibleName(f"Compare with {match.bank_name}")
        compare.clicked.connect(partial(self._compare, match))
        at = matches.short(match.start_ms)
        go = Button(at, kind="link", icon="marker", tip=f"Go to {at}, where it begins")
        go.setAccessibleName(f"{word}: go to {at}")
        go.clicked.connect(partial(self._go, match.start_ms))
        acts.addWidget(compare)
        acts.addWidget(go)
        acts.addStretch(1)
        column.addLayout(acts)
        return made

    def _compare(self, match: MatchView, _checked: bool = False) -> None:
        self.compare_wanted.emit(match)

    def _go(self, ms: int, _checked: bool = False) -> None:
        self.place_wanted.emit(Place(ms))
