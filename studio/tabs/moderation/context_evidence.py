"""The marks that go with the decision as evidence: jump to one, say what it shows, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from server.moderation.rules import NOTE_MAX
from server.moderation.schemas import MarkBody, MarkRow
from studio.keys import Keymap
from studio.tabs.moderation.context_list import ContextList, Entry
from studio.tabs.moderation.review_state import without_mark
from studio.video.playhead import timecode
from studio.widgets.button import Button, IconButton
from studio.widgets.label import Label


class EvidenceTab(QWidget):
    """Shows own marks and those of earlier decisions. `changed` carries all own marks after an edit."""

    changed = Signal(object)
    seek_wanted = Signal(int)
    range_wanted = Signal()

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self.setAccessibleName("Evidence")
        self._hint = (
            f"Mark the frame on screen ({keymap.shown('review.note')}), or a stretch between in "
            f"({keymap.shown('review.mark-in')}) and out ({keymap.shown('review.mark-out')})."
        )
        self._marks: tuple[MarkBody, ...] = ()
        self._earlier: Sequence[MarkRow] = ()
        self.list = ContextList("Marks")
        self.attach = Button("Attach the stretch between in and out", icon="mark-in")
        self.attach.clicked.connect(self.range_wanted)
        self.attach.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 1)
        column.addWidget(self.attach)

    def show_marks(self, marks: Sequence[MarkBody], earlier: Sequence[MarkRow]) -> None:
        """Show one's own marks, and those that earlier decisions on the item kept."""
        self._marks, self._earlier = tuple(marks), earlier
        self.list.clear()
        for mark in self._marks:
            self.list.add(self._own(mark))
        if not self._marks:
            self.list.add(Label(self._hint, "muted", wrap=True))
        if earlier:
            self.list.add(Label("Of earlier decisions", "section"))
        for row in earlier:
            self.list.add(Entry(mark_text(row), f"@{row.author_handle}", row.note or ""))

    def offer_range(self, offered: bool) -> None:
        """Say whether there is a stretch that could be attached."""
        self.attach.setVisible(offered)

    def focus_note(self, mark: MarkBody) -> None:
        """Go to the note of one's own mark."""
        for entry, own in zip(self.list.entries(), self._marks, strict=False):
            if own == mark and (field := entry.findChild(QLineEdit)) is not None:
                field.setFocus()
                self.list.ensureWidgetVisible(field)

    def _own(self, mark: MarkBody) -> Entry:
        start = mark.ms if mark.in_ms is None else mark.in_ms
        jump = IconButton("chevron-right", f"Go to {mark_text(mark)}")
        jump.clicked.connect(partial(self.seek_wanted.emit, start or 0))
        drop = IconButton("x", f"Take back {mark_text(mark)}")
        drop.clicked.connect(lambda: self.changed.emit(without_mark(self._marks, mark)))
        entry = Entry(mark_text(mark), tools=(jump, drop))
        field = QLineEdit(mark.note or "")
        field.setAccessibleName(f"What {mark_text(mark)} shows")
        field.setPlaceholderText("What it shows")
        field.setMaxLength(NOTE_MAX)
        field.editingFinished.connect(lambda: self._say(mark, field.text().strip()))
        entry.lines.addWidget(field)
        return entry

    def _say(self, mark: MarkBody, note: str) -> None:
        if note != (mark.note or ""):
            said = mark.model_copy(update={"note": note or None})
            self.changed.emit(tuple(said if each == mark else each for each in self._marks))


def mark_text(mark: MarkBody) -> str:
    """Where a mark is."""
    if mark.in_ms is not None and mark.out_ms is not None:
        return f"{timecode(mark.in_ms)} to {timecode(mark.out_ms)}"
    frame = "" if mark.frame is None else f" · frame {mark.frame + 1}"
    return f"{timecode(mark.ms or 0)}{frame}"
