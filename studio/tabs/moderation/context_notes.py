"""Notes of colleagues on the item under review, and a new one; what is typed is kept as it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from server.moderation.rules import NOTE_MAX
from server.moderation.schemas import NoteRow
from studio.tabs.moderation.context_list import ContextList, Entry
from studio.tabs.moderation.queue_peek import note_line
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.draft_edit import DraftEdit
from studio.widgets.label import Label
from studio.widgets.length_note import LengthNote


class NotesTab(QWidget):
    """`added` carries the text of a new note; `keep` is given what is being typed.

    The text stays in the field until `stored` tells that the note is stored.
    """

    added = Signal(str)

    def __init__(self, keep: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName("Notes")
        worn = style.tokens()
        self.list = ContextList("Notes of colleagues")
        self.field = DraftEdit("New note, for colleagues only", keep, lines=2)
        self.field.setPlaceholderText("New note, for colleagues only")
        self.field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field.submitted.connect(self.submit)
        self.add = Button("Add", icon="plus", tip="Add the note (Ctrl+Enter)")
        self.add.clicked.connect(self.submit)
        self.add.setEnabled(False)
        self.length = LengthNote(self.field, NOTE_MAX)
        self.field.textChanged.connect(lambda: self.add.setEnabled(self._sendable()))
        row = QHBoxLayout()
        row.setSpacing(worn.space_1)
        row.addWidget(self.field, 1)
        row.addWidget(self.add, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, worn.space_2)
        column.setSpacing(worn.space_2)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(self.length)

    def show_notes(self, notes: Sequence[NoteRow]) -> None:
        """Show the notes of an item."""
        self.list.clear()
        for note in notes:
            self.list.add(Entry(*note_line(note)))
        if not notes:
            self.list.add(Label("No notes yet.", "muted"))

    def begin(self, text: str) -> None:
        """Go to another item, with what had been typed for it."""
        self.field.setReadOnly(False)
        self.field.replace(text)

    def append(self, who: str, text: str) -> None:
        """Show one's own new note before the server has it."""
        self.list.add(Entry(who, "now", text))

    def submit(self) -> None:
        """Hand the note over."""
        text = self._text()
        if self._sendable() and not self.field.isReadOnly():
            self.field.keep_now()
            self.field.setReadOnly(True)
            self.added.emit(text)

    def stored(self, done: bool) -> None:
        """The note that was handed over is stored, and its draft forgotten; or it is not."""
        if not self.field.isReadOnly():
            return  # another item is shown by now
        self.field.setReadOnly(False)
        if done:
            self.append("You", self._text())
            self.field.forget()

    def _sendable(self) -> bool:
        return bool(self._text()) and not self.length.over

    def _text(self) -> str:
        return self.field.toPlainText().strip()
