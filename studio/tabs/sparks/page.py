"""The tab's page: the catalogue as a grid, one spark large, and what is known of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QSplitter, QVBoxLayout, QWidget

from server.sparks.rules import SparkState
from server.sparks.schemas import SparkView
from studio.key_binding import bind
from studio.tab import Context
from studio.tabs.sparks.controls import MOST_SEED
from studio.tabs.sparks.deeds import Deeds
from studio.tabs.sparks.details import Details
from studio.tabs.sparks.filters import STATES, Filters
from studio.tabs.sparks.grid import SparkGrid
from studio.tabs.sparks.meters import faults_here
from studio.tabs.sparks.notice import Notice
from studio.tabs.sparks.preview import Preview
from studio.tabs.sparks.reading import Reading
from studio.tabs.sparks.spark_list import SparkList
from studio.tabs.sparks.state import Wanted, counted, wanted_json, wanted_of
from studio.tabs.sparks.topics import EDIT
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.page_header import PageHeader

SIZES: Final = (430, 340, 300)
WIDEST: Final = 180
FILES: Final = "Sparks (*.json)"


class SparksPage(QWidget):
    """Everything of the tab; made with its own dice in tests."""

    def __init__(
        self,
        context: Context,
        *,
        throw: Callable[[], int] = lambda: secrets.randbelow(MOST_SEED),
        **preview: Any,
    ) -> None:
        super().__init__()
        self.setAccessibleName("Sparks")
        self._context = context
        worn = style.tokens()
        may_edit = EDIT in context.me.permissions
        self.reading = Reading(context, self)
        self.header = PageHeader("Sparks")
        self.filters = Filters(may_edit=may_edit)
        self.grid = SparkGrid(context.films, "Sparks", widest=WIDEST)
        self.list = SparkList(self.reading, self.grid, spacing=worn.space_2)
        self.states = self.list.states
        self.refused = Notice()
        self._front = ""
        """The id of the one that was in front when it was last seen, until it is there again."""
        self.preview = Preview(context, throw=throw, **preview)
        self.details = Details(context)
        self.deeds = Deeds(context, self)
        if may_edit:
            self._add_files()
        list_column = QWidget()
        rows = QVBoxLayout(list_column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(worn.space_2)
        rows.addWidget(self.refused)
        rows.addWidget(self.list, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(worn.space_4)
        for each, least in ((list_column, 240), (self.preview, 300), (self.details, 260)):
            each.setMinimumWidth(least)
            self.splitter.addWidget(each)
        self.splitter.setSizes(list(SIZES))
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        page.setSpacing(worn.space_3)
        page.addWidget(self.header)
        page.addWidget(self.filters)
        page.addWidget(self.splitter, 1)
        self.setFocusProxy(self.grid)
        self._connect()
        bind(
            context.keymap,
            self,
            "sparks",
            {
                "sparks.play": self.preview.toggle,
                "sparks.step-back": lambda: self.preview.step(-1),
                "sparks.step-forward": lambda: self.preview.step(1),
                "sparks.dice": self.preview.roll,
                "sparks.lock": self.preview.lock.toggle,
                "sparks.ground": self.preview.next_ground,
                "sparks.mute": self.preview.toggle_sound,
            },
        )

    def _connect(self) -> None:
        self.reading.arrived.connect(self._arrived)
        self.list.emptied.connect(self._emptied)
        self.filters.changed.connect(self._narrow)
        self.filters.down.connect(self.grid.setFocus)
        self.states.retried.connect(self.refresh)
        self.states.acted.connect(self._show_all)
        self.grid.aimed.connect(self._aim)
        self.grid.again.connect(lambda _spark: self.preview.toggle())
        self.details.fault_wanted.connect(self.preview.set_fault)
        self.details.version_wanted.connect(self._play)
        self.preview.measured.connect(self._measured)
        style.theme().changed.connect(self.grid.set_moving)
        for deeds in (self.deeds, *([self.details.admin.deeds] if self.details.admin else [])):
            deeds.changed.connect(self._changed)
            deeds.imported.connect(self.refresh)
        self.deeds.refused.connect(self.refused.say)

    def _add_files(self) -> None:
        self.importing = Button("Import", icon="upload", tip="Take in a spark or a pack of sparks")
        self.importing.clicked.connect(self.ask_import)
        self.exporting = Button("Export", icon="export", tip="Write the published catalogue to a pack")
        self.exporting.clicked.connect(self.ask_export)
        self.header.add_tool(self.importing)
        self.header.add_tool(self.exporting)

    # Reading

    def refresh(self) -> None:
        """Read the catalogue, and try once more to have what did not come of the one in front."""
        self._read()
        self.preview.retry()

    def _read(self) -> None:
        self.list.loading()
        self.reading.read(self.filters.wanted().state)

    def look_at(self, ids: frozenset[str]) -> None:
        """The server says that these have changed; of the one in front everything may be new."""
        self._read()
        current = self.grid.current
        if current is not None and (not ids or any(str(current.id) in each for each in ids)):
            self.details.read()

    def _narrow(self, wanted: Wanted) -> None:
        if wanted.state is not self.reading.state:
            self.grid.fill([])
            self.states.loading()
            self.reading.read(wanted.state)
        else:
            self._show()

    def _arrived(self) -> None:
        self.filters.set_families(self.reading.catalogue.families())
        self._show()

    def _show(self) -> None:
        catalogue, wanted = self.reading.catalogue, self.filters.wanted()
        if not catalogue.read:
            return
        found = catalogue.shown(wanted)
        self.grid.fill(found, self._front)
        self.header.set_subtitle(counted(len(found), len(catalogue)))
        if found:
            self._front = ""
            self.states.content()
            self._aim(self.grid.current)
            return
        self._aim(None)
        if wanted.narrows and len(catalogue):
            text = "Fewer words or filters may find one."
            self.states.empty("search", "No such spark", text, "Show all")
        elif wanted.state is SparkState.PUBLISHED:
            self.list.none_published()
        else:
            self.states.empty("spark", f"No {STATES[wanted.state].lower()}")

    def _emptied(self) -> None:
        self.header.set_subtitle("")
        self._aim(None)

    def _show_all(self) -> None:
        self.filters.put(Wanted(state=self.filters.wanted().state))

    # One spark

    def _aim(self, spark: SparkView | None) -> None:
        if spark is None or self.details.spark != spark:
            self.details.show_spark(spark)
        self._play()

    def _play(self) -> None:
        self.preview.show_spark(self.details.to_play)

    def _measured(self) -> None:
        self.details.show_measured(faults_here(self.preview.figures()))

    def _changed(self, spark: SparkView) -> None:
        self.reading.catalogue.put(spark)
        self._show()

    # Files

    def ask_import(self) -> None:
        """Ask for a file and take it in."""
        dialog = QFileDialog(self, "Import sparks", "", FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.deeds.take_in(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_export(self) -> None:
        """Ask where the catalogue goes."""
        dialog = QFileDialog(self, "Export the sparks", "sparks.json", FILES)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(lambda name: self.deeds.export(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # What is found again

    def save_state(self) -> dict[str, Any]:
        """What is looked for, which one is in front and how it is looked at, and the splitter."""
        current = self.grid.current
        return {
            "splitter": self.splitter.sizes(),
            "filter": wanted_json(self.filters.wanted()),
            "front": str(current.id) if current is not None else self._front,
            "preview": self.preview.save_state(),
        }

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Put back what `save_state` gave; what does not fit is ignored."""
        with suppress(TypeError, ValueError):
            sizes = [int(size) for size in state.get("splitter") or ()]
            if len(sizes) == len(SIZES) and all(size > 0 for size in sizes):
                self.splitter.setSizes(sizes)
        self._front = str(state.get("front") or "")
        if isinstance(preview := state.get("preview"), Mapping):
            self.preview.restore_state(preview)
        if isinstance(said := state.get("filter"), Mapping):
            wanted = wanted_of(said)
            may_edit = EDIT in self._context.me.permissions
            self.filters.put(wanted if may_edit else replace(wanted, state=SparkState.PUBLISHED))
