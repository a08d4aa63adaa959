"""The catalogue that was read as a grid, or why there is none; above it, that it is not fresh."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.api.errors import ApiError
from studio.messages import Problem
from studio.tabs.sparks.grid import SparkGrid
from studio.tabs.sparks.reading import Reading
from studio.widgets.label import Label
from studio.widgets.state_stack import StateStack


class SparkList(QWidget):
    """Whoever has it fills the grid. `emptied`: the catalogue cannot be read, and none is shown any more."""

    emptied = Signal()

    def __init__(self, reading: Reading, grid: SparkGrid, *, spacing: int) -> None:
        """`spacing` px are between the grid and what is said above it."""
        super().__init__()
        self._reading, self._grid = reading, grid
        self.states = StateStack(grid)
        self.stale = Label("", "warning", wrap=True)
        self.stale.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(spacing)
        column.addWidget(self.stale)
        column.addWidget(self.states, 1)
        reading.arrived.connect(self.stale.hide)
        reading.failed.connect(self._failed)

    def loading(self) -> None:
        """Say that the catalogue is being read, where none is known."""
        if not self._reading.catalogue.read:
            self.states.loading()

    def grow_old(self, why: str) -> None:
        """Say that what is shown is not refreshed, why, and as of when it is."""
        if self._reading.catalogue.read:
            self.stale.setText(self._reading.old(why))
            self.stale.show()

    def none_published(self) -> None:
        """Say that there are no sparks that could be shown."""
        self.states.empty("spark", "No sparks yet", "What is published appears here.")

    def _failed(self, error: ApiError) -> None:
        if self._reading.catalogue.read:
            self.grow_old(error.what_happened)
            return
        self.stale.hide()
        self._grid.fill([])
        self.emptied.emit()
        self.states.failed(
            Problem(
                what_happened="The sparks cannot be read now.",
                what_was_kept="",
                what_to_do=f"{error.what_happened} {error.to_do_oneself}",
            )
        )
