"""The marks that go with the decision as evidence: jump to one, say what it shows, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.moderation.schemas import MarkBody, MarkRow
from studio.key_hints import follow
from studio.keys import Keymap
from studio.tabs.moderation.context_list import ContextList, Entry
from studio.tabs.moderation.review_state import place_of, without_mark
from studio.theme import style
from studio.video.playhead import timecode
from studio.widgets.button import Button, IconButton
from studio.widgets.draft_edit import DraftLine
from studio.widgets.label import Label


class EvidenceTab(QWidget):
    """Shows own marks and those of earlier decisions. `changed` carries all own marks after an edit.

    `note_left`: the note of a mark is finished, and the keyboard may go elsewhere.

    A note is handed on as it is typed, so marks that are shown again leave the fields in place.
    """

    changed = Signal(object)
    seek_wanted = Signal(int)
    range_wanted = Signal()
    note_left = Signal()

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self.setAccessibleName("Evidence")
        self._keymap = keymap
        self._marks: tuple[MarkBody, ...] = ()
        self._earlier: Sequence[MarkRow] = ()
        self.list = ContextList("Marks")
        self.attach = Button(
            "Attach the stretch between in and out",
            icon="mark-in",
            tip="Attach it now, to note what it shows or to mark another.",
        )
        self.attach.clicked.connect(self.range_wanted)
        self.attach.hide()
        worn = style.tokens()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(worn.space_1, 0, worn.space_3, worn.space_3)
        foot.addWidget(self.attach)
        column.addLayout(foot)

    def show_marks(self, marks: Sequence[MarkBody], earlier: Sequence[MarkRow]) -> None:
        """Show one's own marks, and those that earlier decisions on the item kept."""
        same = [place_of(mark) for mark in marks] == [place_of(mark) for mark in self._marks]
        notes_stand = [mark.note for mark in marks] == [mark.note for mark in self._marks]
        if same and notes_stand and earlier == self._earlier and self.list.entries():
            return
        self.keep_now()
        self._marks, self._earlier = tuple(marks), earlier
        self.list.clear()
        for mark in self._marks:
            self.list.add(self._own(mark))
        if not self._marks:
            how = Label("", "muted", wrap=True)
            follow(self._keymap, how, lambda: how.setText(_how_to_mark(self._keymap)))
            self.list.add(how)
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
            if place_of(own) == place_of(mark) and (field := entry.findChild(DraftLine)) is not None:
                field.setFocus()
                self.list.ensureWidgetVisible(field)

    def keep_now(self) -> None:
        """Hand over what has been typed last."""
        for entry in self.list.entries():
            for field in entry.findChildren(DraftLine):
                field.keep_now()

    def _own(self, mark: MarkBody) -> Entry:
        start = mark.ms if mark.in_ms is None else mark.in_ms
        jump = IconButton("chevron-right", f"Go to {mark_text(mark)}")
        jump.clicked.connect(partial(self.seek_wanted.emit, start or 0))
        drop = IconButton("x", f"Take back {mark_text(mark)}")
        drop.clicked.connect(lambda: self.changed.emit(without_mark(self._marks, mark)))
        entry = Entry(mark_text(mark), tools=(jump, drop))
        field = DraftLine(f"What {mark_text(mark)} shows", partial(self._say, mark), text=mark.note or "")
        field.setPlaceholderText("What it shows; Enter or Esc leaves the field")
        field.returnPressed.connect(self.note_left)
        entry.lines.addWidget(field)
        return entry

    def _say(self, mark: MarkBody, note: str) -> None:
        said = mark.model_copy(update={"note": note.strip() or None})
        marks = tuple(said if place_of(each) == place_of(mark) else each for each in self._marks)
        if marks != self._marks:
            self._marks = marks
            self.changed.emit(marks)


def mark_text(mark: MarkBody) -> str:
    """Where a mark is."""
    if mark.in_ms is not None and mark.out_ms is not None:
        return f"{timecode(mark.in_ms)} to {timecode(mark.out_ms)}"
    frame = "" if mark.frame is None else f" · frame {mark.frame + 1}"
    return f"{timecode(mark.ms or 0)}{frame}"


def _how_to_mark(keymap: Keymap) -> str:
    note, first, last = (keymap.shown(f"review.{name}") for name in ("note", "mark-in", "mark-out"))
    return f"Mark the frame on screen ({note}), or a stretch between in ({first}) and out ({last})."
