"""The rows of the comments: one is made only where there was none, and few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from server.content.schemas import CommentView
from studio.tabs.feed.comment_row import CommentRow
from studio.theme import style
from studio.widgets.button import Button

SLICE: Final = 3
"""So many rows are made or put away before a video that plays has its turn again."""
Line = tuple[CommentView, int, bool]
"""A comment, how deep it stands, and whether what it answers is not here."""


class CommentList(QWidget):
    """`answered`, `deleted`, `reported` and `named` carry a comment, `more_wanted` asks for earlier ones.
    `bereft`: what had the keyboard is gone, and there is nothing beside it."""

    answered = Signal(object)
    deleted = Signal(object)
    reported = Signal(object)
    named = Signal(object)
    more_wanted = Signal()
    bereft = Signal()

    def __init__(
        self, may_delete: Callable[[CommentView], bool], may_report: Callable[[CommentView], bool]
    ) -> None:
        super().__init__()
        self._may_delete, self._may_report = may_delete, may_report
        self._lines: Sequence[Line] = ()
        self._now: datetime | None = None
        self._more = False
        self.rows: dict[UUID, CommentRow] = {}
        self._old: list[CommentRow] = []
        self.setProperty("surface", "clear")
        self.more = Button("Show earlier comments", kind="quiet", parent=self)
        self.more.clicked.connect(self.more_wanted)
        self.more.hide()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._go_on)

    def show_lines(self, lines: Sequence[Line], now: datetime, *, more: bool) -> None:
        """Show these; rows that are here stay. `more` = there are earlier ones."""
        wanted = {line[0].id: line for line in lines}
        self._put_away([row for key, row in self.rows.items() if not row.shows(wanted.get(key))])
        self._lines, self._now, self._more = lines, now, more
        for row in self.rows.values():
            row.tell_time(now)
        self._go_on()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._place()  # rows that were made unseen know their fonts only now

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def _go_on(self) -> None:
        """Make the next rows; what is left waits until the event loop comes round."""
        missing = [line for line in self._lines if line[0].id not in self.rows]
        made = [self._make(line) for line in missing[:SLICE]]
        if len(made) == len(missing):
            self._tell_more()
        self._place()
        for row in made:
            row.show()
        room = SLICE - len(made)
        for row in self._old[:room]:
            row.deleteLater()
        del self._old[:room]
        if len(made) < len(missing) or self._old:
            self._soon.start()

    def _place(self) -> None:
        """Put one below the other. A layout would measure every row anew for each that comes or goes."""
        worn = style.tokens()
        wide, top = self.width() - 2 * worn.space_4, 0
        placed: list[QWidget] = [
            row for line in self._lines if (row := self.rows.get(line[0].id)) is not None
        ]
        for each in placed if self.more.isHidden() else [*placed, self.more]:
            high = each.heightForWidth(wide) if each.hasHeightForWidth() else each.sizeHint().height()
            each.setGeometry(worn.space_4, top, wide, high)
            top += high + worn.space_4
        self.setMinimumHeight(top)

    def _make(self, line: Line) -> CommentRow:
        comment, depth, orphan = line
        assert self._now is not None
        row = CommentRow(
            comment,
            self._now,
            depth=depth,
            orphan=orphan,
            may_delete=self._may_delete(comment),
            may_report=self._may_report(comment),
            parent=self,
        )
        self.rows[comment.id] = row
        row.answered.connect(partial(self.answered.emit, comment))
        row.deleted.connect(partial(self.deleted.emit, comment))
        row.reported.connect(partial(self.reported.emit, comment))
        row.named.connect(partial(self.named.emit, comment))
        return row

    def _put_away(self, gone: Sequence[CommentRow]) -> None:
        self._pass_focus(gone)
        for row in gone:
            del self.rows[row.comment.id]
            row.hide()
        self._old += gone

    def _pass_focus(self, gone: Sequence[CommentRow]) -> None:
        """Leave the keyboard near where it was: where Qt would take it, a letter likes or reports a video."""
        focus = self.window().focusWidget()
        holder = next((row for row in gone if focus is not None and row.isAncestorOf(focus)), None)
        if holder is None:
            return
        placed = [row for line in self._lines if (row := self.rows.get(line[0].id)) is not None]
        at = placed.index(holder)
        near = [row for row in (*placed[at + 1 :], *reversed(placed[:at])) if row not in gone]
        if near:
            near[0].answer.setFocus()
        else:
            self.bereft.emit()

    def _tell_more(self) -> None:
        if not self._more and self.more.hasFocus():
            if self._lines:
                self.rows[self._lines[-1][0].id].answer.setFocus()
            else:
                self.bereft.emit()
        self.more.setVisible(self._more)
