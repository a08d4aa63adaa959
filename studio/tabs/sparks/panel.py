"""The tray of sparks that the feed borrows: one is chosen and flies over the video, for now to rehearse."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.sparks.schemas import SparkView
from studio.offline.changes import Changes
from studio.sparks.given import Given, Known
from studio.tab import Context
from studio.tabs.sparks.grid import SparkGrid
from studio.tabs.sparks.reading import Reading
from studio.tabs.sparks.spark_list import SparkList
from studio.tabs.sparks.state import Wanted, known, price
from studio.tabs.sparks.topics import CHANGED
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.panel import Subject
from studio.widgets.search_field import SearchField
from studio.workplace import RESYNC

NOTE: Final = (
    "A rehearsal: only you see it. Sparks cannot be sent yet, so nothing is paid and nobody is told."
)


class TrayPanel(QWidget):
    """A `SparkTray`."""

    chosen = Signal(object)
    aimed = Signal(object)

    title = "Sparks"
    icon = "spark"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setAccessibleName("Tray of sparks")
        self._context = context
        worn = style.tokens()
        self.reading = Reading(context, self)
        self.search = SearchField("Find a spark")
        self.grid = SparkGrid(context.films, "Sparks to choose from", across=3)
        self.list = SparkList(self.reading, self.grid, spacing=worn.space_3)
        self.states = self.list.states
        self.name = ElidedLabel("", "strong")
        self.cost = Label("", "muted")
        self.rehearse = Button("Rehearse", kind="primary", icon="spark")
        self.rehearse.setEnabled(False)
        note = QHBoxLayout()
        note.setSpacing(worn.space_2)
        note.addWidget(IconLabel("info", "text_muted"))
        note.addWidget(Label(NOTE, "muted", wrap=True), 1)
        said = QVBoxLayout()
        said.setSpacing(0)
        said.addWidget(self.name)
        said.addWidget(self.cost)
        foot = QHBoxLayout()
        foot.setSpacing(worn.space_3)
        foot.addLayout(said, 1)
        foot.addWidget(self.rehearse)
        column = QVBoxLayout(self)
        column.setContentsMargins(worn.space_4, 0, worn.space_4, worn.space_4)
        column.setSpacing(worn.space_3)
        column.addLayout(note)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addLayout(foot)
        self.setFocusProxy(self.grid)
        self.reading.arrived.connect(self._show)
        self.list.emptied.connect(lambda: self._aim(None))
        self.states.retried.connect(self.retry)
        self.states.acted.connect(self.search.clear)
        self.search.textChanged.connect(lambda: self._show())
        self.search.down.connect(self.grid.setFocus)
        self.search.returnPressed.connect(self.grid.setFocus)
        self.grid.aimed.connect(self._aim)
        self.grid.chosen.connect(self._choose)
        self.rehearse.clicked.connect(self._choose_current)
        context.changes.subscribe(self.on_changes)
        style.theme().changed.connect(self.grid.set_moving)

    def widget(self) -> QWidget:
        """Return the panel's widget."""
        return self

    def show_subject(self, subject: Subject | None) -> None:
        """The tray is the same for every video."""

    def open(self) -> None:
        """Show what can be chosen, read anew."""
        self.retry()
        self.grid.setFocus()

    def retry(self) -> None:
        """Read the catalogue."""
        self.list.loading()
        self.reading.read()

    def rest(self, resting: bool) -> None:
        """Whether its thumbnails stand still."""
        self.grid.rest(resting)

    def poster(self, spark: Known) -> QImage | None:
        """A still of a spark that is here at once."""
        return self.grid.poster(spark)

    def on_changes(self, changes: Changes) -> None:
        """Sparks were published, retired, or cost something else now."""
        if changes.kinds & {CHANGED, RESYNC} and self.isVisible():
            self.reading.read()

    def given(self, spark: SparkView) -> Given:
        """A rehearsal of one by whoever sits here."""
        return Given(known(spark), self._context.me.name)

    def _show(self) -> None:
        catalogue = self.reading.catalogue
        if not catalogue.read:
            return
        found = catalogue.shown(Wanted(text=self.search.text().strip()))
        self.grid.fill(found)
        if found:
            self.states.content()
        elif len(catalogue):
            text = "Another word may find one: its name, its family or its tier."
            self.states.empty("search", "No such spark", text, "Show all")
        else:
            self.list.none_published()
        self._aim(self.grid.current if found else None)

    def _aim(self, spark: SparkView | None) -> None:
        self.rehearse.setEnabled(spark is not None)
        self.name.setText(spark.name if spark is not None else "")
        self.cost.setText(price(spark.credits) if spark is not None else "")
        self.rehearse.setAccessibleName(f"Rehearse {spark.name}" if spark is not None else "Rehearse")
        if spark is not None:
            self.aimed.emit(self.given(spark))

    def _choose_current(self) -> None:
        if self.grid.current is not None:
            self._choose(self.grid.current)

    def _choose(self, spark: SparkView) -> None:
        self.chosen.emit(self.given(spark))
