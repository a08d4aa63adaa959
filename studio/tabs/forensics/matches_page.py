"""Matches of all videos, and the one that is selected beside its original."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from server.forensics.banks.rules import MatchVerdict
from server.forensics.schemas import MatchView
from studio.key_binding import bind
from studio.list_and_side import ListAndSide
from studio.paged_list import PagedList
from studio.tab import Context
from studio.tabs.forensics import matches, rows
from studio.tabs.forensics.judging import Judging
from studio.tabs.forensics.match_pane import MatchPane
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.empty_state import EmptyState
from studio.widgets.label import Label
from studio.widgets.popover import Popover
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView

WIDTHS = (450, 650)


class MatchesPage(QWidget):
    """The list narrows to a verdict; to begin with, to what nobody has judged."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.judging = Judging(context, self)
        self.model: RowModel[MatchView] = RowModel(
            rows.found(self.judging.verdict_of),
            row_id=lambda m: m.id,
            search=lambda m: m.bank_name,
            parent=self,
        )
        self.table = TableView(self.model, "Matches", context.keymap)
        self.list = PagedList(
            context,
            self.table,
            self.model,
            path="/v1/forensics/matches",
            row=MatchView,
            nouns=("match", "matches"),
        )
        self.pane, self.pair = MatchPane(context, self.judging), MatchPane(context, self.judging)
        self.nothing = EmptyState("review", "No match selected", "Select a match to see both videos.")
        self.beside = ListAndSide(self.list, self.nothing, self.pane, self.pair, widths=WIDTHS)
        self.state = QComboBox()
        self.state.setAccessibleName("Verdict")
        for each in MatchVerdict:
            self.state.addItem(matches.VERDICTS[each][0], each.value)
        self.state.addItem("Any verdict", None)
        self.two = Button("Compare two videos…", icon="review", tip="Any two, side by side")
        worn = style.tokens()
        top = QHBoxLayout()
        top.setSpacing(worn.space_2)
        top.addWidget(self.state)
        top.addStretch(1)
        top.addWidget(self.two)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, worn.space_3, 0, 0)
        column.setSpacing(worn.space_3)
        column.addLayout(top)
        column.addWidget(self.beside, 1)
        self.state.currentIndexChanged.connect(lambda _: self.apply())
        self.two.clicked.connect(self.ask_two)
        self.table.current.connect(self._select)
        self.list.emptied.connect(self._say_empty)
        self.list.arrived.connect(lambda _: self._arrived())
        self.list.states.acted.connect(lambda: self.state.setCurrentIndex(self.state.count() - 1))
        self.judging.changed.connect(self._judged)
        self.setFocusProxy(self.table)
        bind(context.keymap, self, "review", {"review.panic": self.blank})
        for pane in (self.pane, self.pair):
            pane.compare.blank_wanted.connect(self.blank)

    def refresh(self) -> None:
        """Read the list, or again what is shown of it."""
        if self.list.count:
            self.list.reload()
        else:
            self.apply()

    def apply(self) -> None:
        """Read the list for the verdict that is chosen."""
        state = self.state.currentData()
        self.list.load({"state": state} if state else {})

    def leave(self) -> None:
        """Let go of the videos."""
        self.pane.leave()
        self.pair.leave()

    def blank(self) -> None:
        """Show nothing of any video, or show them again."""
        blank = not self.pane.compare.blank
        for pane in (self.pane, self.pair):
            pane.compare.set_blank(blank)

    def ask_two(self) -> None:
        """Ask which two videos are to be compared."""
        asking = Popover("Compare two videos", self.window(), 380)
        asking.closed.connect(asking.deleteLater)
        fields = []
        for name in ("Id of the first video", "Id of the second video"):
            field = QLineEdit()
            field.setAccessibleName(name)
            field.setPlaceholderText(name)
            asking.body.addWidget(field)
            fields.append(field)
        fault = Label("", "danger", wrap=True)
        done = Button("Compare", kind="primary")
        asking.body.addWidget(fault)
        asking.body.addWidget(done)

        def finish() -> None:
            try:
                left, right = (UUID(field.text().strip()) for field in fields)
            except ValueError:
                fault.setText("An id has 32 hexadecimal digits; it is in the link of a video.")
                return
            asking.close_now()
            self.compare(left, right)

        done.clicked.connect(finish)
        fields[-1].returnPressed.connect(finish)
        asking.open_at(self.two)
        fields[0].setFocus()

    def compare(self, left: UUID, right: UUID) -> None:
        """Show any two videos side by side."""
        self.pane.leave()
        self.pair.show_pair(left, right)
        self.beside.show_page(self.pair)
        self.pair.setFocus(Qt.FocusReason.OtherFocusReason)

    # Inside

    def _say_empty(self) -> None:
        self.beside.show_page(self.nothing, filled=False)
        self.pane.leave()
        if self.state.currentData() == MatchVerdict.PENDING.value:
            text = "What looks like something in a hash bank comes here."
            self.list.states.empty("check", "Nothing to judge", text, "Show all")
        else:
            self.list.states.empty("search", "No such matches")

    def _select(self, name: object) -> None:
        match = self.model.get(name) if isinstance(name, UUID) else None
        if match is not None:
            self.pair.leave()
            self.pane.show_match(match)
            self.beside.show_page(self.pane)
        elif self.beside.page is self.pane:
            self.pane.leave()
            self.beside.show_page(self.nothing, filled=self.list.count > 0)

    def _arrived(self) -> None:
        if self.table.current_id() is None and self.list.count and self.beside.page is self.nothing:
            self.table.selectRow(0)

    def _judged(self, _match: object) -> None:
        self.table.viewport().update()
