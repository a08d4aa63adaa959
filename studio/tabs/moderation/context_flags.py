"""The flags of the item under review; a range that was flagged is one press away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout

from server.moderation.schemas import FlagRow
from studio.tabs.moderation.context_list import ContextList, Entry
from studio.tabs.moderation.queue_peek import flag_line, timecode
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label

IN_A_ROW = 2


class FlagsTab(ContextList):
    """`seek_wanted` carries the millisecond at which a flagged range begins."""

    seek_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__("Flags")

    def show_flags(self, flags: Sequence[FlagRow], titles: Callable[[str], str]) -> None:
        """Show the flags of an item, the newest first."""
        self.clear()
        for flag in flags:
            policy, who, note = flag_line(flag.model_copy(update={"ranges": []}), titles)
            entry = Entry(policy, who, note)
            if flag.ranges:
                entry.lines.addLayout(self._ranges(flag.ranges))
            self.add(entry)
        if not flags:
            self.add(Label("No flag stands.", "muted"))

    def _ranges(self, ranges: Sequence[tuple[int, int]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(style.tokens().space_1)
        for number, (start, end) in enumerate(ranges):
            text = f"{timecode(start)} to {timecode(end)}"
            jump = Button(text, kind="link", icon="marker", tip=f"Go to {timecode(start)}")
            jump.clicked.connect(partial(self.seek_wanted.emit, start))
            grid.addWidget(jump, number // IN_A_ROW, number % IN_A_ROW)
        grid.setColumnStretch(IN_A_ROW, 1)
        return grid
