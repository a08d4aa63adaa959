"""Why an item stands where it stands: the parts of its priority, in words and bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.tabs.moderation.count_bar import CountBar, line_up
from studio.widgets.label import Label
from studio.widgets.popover import Popover

WIDTH: Final = 420
"""The longest reason, that most of an item's time is gone, has room beside its bar."""


def why_bars(why: Sequence[tuple[str, int]]) -> list[CountBar]:
    """Return a bar for each part of a priority, as long as its share of the largest."""
    most = max((points for _, points in why), default=0) or 1
    bars = [CountBar(label[:1].upper() + label[1:], points / most, f"+{points:,}") for label, points in why]
    line_up(bars)
    return bars


class WhyPopover(Popover):
    """The parts of a priority, their sum, and the place in the queue that follows from it."""

    def __init__(
        self,
        why: Sequence[tuple[str, int]],
        window: QWidget,
        *,
        place: int | None = None,
        of: int = 0,
    ) -> None:
        """`place` is the item's place among `of` open ones in the order of picking, from 1."""
        super().__init__("Why is this first?" if place == 1 else "Why is it here?", window, WIDTH)
        for bar in why_bars(why):
            self.body.addWidget(bar)
        total = QHBoxLayout()
        total.addWidget(Label("Priority", "strong"), 1)
        total.addWidget(Label(f"{sum(points for _, points in why):,}", "strong"))
        self.body.addLayout(total)
        where = f"Number {place:,} of {of:,} in the queue. " if place is not None else ""
        rule = "Of equal priority the item that is due first comes first."
        self.body.addWidget(Label(where + rule, "muted", wrap=True))
        self.closed.connect(self.deleteLater)
