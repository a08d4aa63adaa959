"""One comment: who, when, what, and what can be done about it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.content.schemas import CommentView
from studio.tabs.feed.name_button import NameButton
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.inline_confirm import InlineConfirm
from studio.widgets.label import Label

INDENT = 20


class CommentRow(QWidget):
    """`answered`, `deleted` and `reported` are wishes, `named` asks for the profile of who wrote it; `orphan`
    = what it answers has not been read."""

    answered = Signal()
    deleted = Signal()
    reported = Signal()
    named = Signal()

    def __init__(
        self,
        comment: CommentView,
        now: datetime,
        *,
        depth: int,
        orphan: bool,
        may_delete: bool,
        may_report: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.comment = comment
        self._line = comment, depth, orphan
        self.setAccessibleName(f"Comment by {comment.author.name}")
        worn = style.tokens()
        top = QHBoxLayout()
        top.setSpacing(worn.space_2)
        name = NameButton()
        name.set_person(comment.author)
        name.clicked.connect(self.named)
        top.addWidget(name)
        top.addStretch(1)
        self._when = Label(ago(now, comment.created_at), "caption")
        top.addWidget(self._when)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(depth * INDENT, 0, 0, 0)
        rows.setSpacing(2)
        rows.addLayout(top)
        if orphan:
            rows.addWidget(Label("Answers an earlier comment", "caption"))
        rows.addWidget(Label(comment.body, wrap=True))
        self.answer = Button("Answer", kind="link")
        self.answer.setAccessibleName(f"Answer {comment.author.name}")
        self.answer.clicked.connect(self.answered)
        foot = QHBoxLayout()
        foot.setSpacing(worn.space_3)
        foot.addWidget(self.answer)
        if may_delete:
            self.delete = InlineConfirm("Delete", "For good?", "Delete")
            self.delete.first.setProperty("kind", "link")
            self.delete.first.setAccessibleName("Delete this comment")
            self.delete.confirmed.connect(self.deleted)
            foot.addWidget(self.delete)
        if may_report:
            self.report = Button("Report", kind="link")
            self.report.setAccessibleName(f"Report the comment by {comment.author.name}")
            self.report.clicked.connect(self.reported)
            foot.addWidget(self.report)
        foot.addStretch(1)
        rows.addLayout(foot)

    def shows(self, line: tuple[CommentView, int, bool] | None) -> bool:
        """Whether this is what it shows already."""
        return line == self._line

    def tell_time(self, now: datetime) -> None:
        """Say how long ago it was."""
        when = ago(now, self.comment.created_at)
        if when != self._when.text():
            self._when.setText(when)


def ago(now: datetime, then: datetime) -> str:
    """How long ago, as short as it can be said."""
    seconds = max(0, int((now - then).total_seconds()))
    for size, letter in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {letter}"
    return "now"
