"""A list, and beside it what is selected there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from studio.focus_order import REGION
from studio.paged_list import PagedList
from studio.theme import style
from studio.widgets.toast import CLEAR


class ListAndSide(QSplitter):
    """An empty list stands alone, unless one of `pages` is shown beside it; `nothing` says that nothing is
    selected."""

    def __init__(self, listed: PagedList, nothing: QWidget, *pages: QWidget, widths: tuple[int, int]) -> None:
        """`widths` of both in px, to begin with."""
        super().__init__(Qt.Orientation.Horizontal)
        self._nothing = nothing
        self._side = QStackedWidget()
        self._side.setObjectName(CLEAR)  # its buttons are needed when a notice has just come
        self._side.setProperty(REGION, True)
        for page in (nothing, *pages):
            self._side.addWidget(page)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(style.tokens().space_3)
        self.addWidget(listed)
        self.addWidget(self._side)
        self.setSizes(list(widths))
        self.setStretchFactor(0, 1)
        listed.filled.connect(self.fit)

    @property
    def page(self) -> QWidget:
        """What is beside the list."""
        shown = self._side.currentWidget()
        assert shown is not None
        return shown

    def show_page(self, page: QWidget, *, filled: bool = True) -> None:
        """Show one of the pages; `filled` says whether the list has anything in it."""
        self._side.setCurrentWidget(page)
        self.fit(filled)

    def fit(self, filled: bool) -> None:
        """Show the side where there is something to select, or something else than `nothing`."""
        self._side.setVisible(filled or self.page is not self._nothing)

    def restore(self, widths: Iterable[object] | None) -> None:
        """Put back what `sizes` gave; what does not fit is ignored."""
        with suppress(TypeError, ValueError):
            kept = [int(str(width)) for width in widths or ()]
            if len(kept) == self.count() and all(width > 0 for width in kept):
                self.setSizes(kept)
