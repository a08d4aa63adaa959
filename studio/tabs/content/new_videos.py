"""What is said of files before their upload begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from server.content.rules import CAPTION_MAX, TITLE_MAX, Visibility
from studio.keeping import Keeping
from studio.offline.upload import Upload
from studio.tab import Context
from studio.tabs.content import state
from studio.tabs.content.drop_veil import refuse_drops
from studio.tabs.content.form import CAPTION_HEIGHT
from studio.tabs.content.kept import NEW, new_of, new_text
from studio.tabs.content.publishing import Publishing
from studio.tabs.content.state import Draft
from studio.theme import style
from studio.widgets.button import Button, IconButton
from studio.widgets.card import Card
from studio.widgets.form import FormRow
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.length_note import LengthNote
from studio.widgets.scroll_pane import ScrollPane

REFUSED: Final = "This computer's disk did not take it, so nothing was begun. What you typed is still here."


class _File(QWidget):
    """A file with the title that its video will have."""

    def __init__(self, upload: Upload) -> None:
        super().__init__()
        self.upload = upload
        self.title = QLineEdit(upload.title)
        self.title.setMaxLength(TITLE_MAX)
        self.row = FormRow("Title", self.title, f"{upload.path.name} · {state.amount(upload.size)}")
        self.title.setAccessibleName(f"Title of {upload.path.name}")
        self.drop = IconButton("x", f"Leave out {upload.path.name}", tip="Leave this file out")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.row, 1)
        line.addWidget(self.drop)


class NewVideosPane(QWidget):
    """`wanted` carries the uploads to begin; `cancelled` = none of them. What is typed stays, also over a
    restart, until `begun` or `cancelled`."""

    wanted = Signal(list)
    cancelled = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setAccessibleName("New videos")
        worn = style.tokens()
        self.files: list[_File] = []
        self._storing = False
        self.keeping = Keeping(context, self, NEW)
        self._kept: dict[UUID, tuple[Upload, Draft]] = {}
        self._title = ElidedLabel("", "heading")
        self._offline = Label("", "muted", wrap=True)
        self._fault = Label("", "danger", wrap=True)
        self._fault.hide()
        self.caption = QPlainTextEdit()
        self.caption.setTabChangesFocus(True)
        self.caption.setFixedHeight(CAPTION_HEIGHT)
        self._caption_row = FormRow("Caption", self.caption)
        self.publishing = Publishing(context.ticker.now)
        self._fields = inside = QWidget()
        inside.setProperty("surface", "clear")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, worn.space_2, 0)
        column.setSpacing(worn.space_3)
        self._list = QVBoxLayout()
        self._list.setSpacing(worn.space_3)
        column.addLayout(self._list)
        column.addWidget(self._caption_row)
        column.addWidget(LengthNote(self.caption, CAPTION_MAX))
        column.addWidget(self.publishing)
        column.addStretch(1)
        card = Card()
        card.setMinimumWidth(340)
        card.body.setSpacing(worn.space_3)
        card.body.addWidget(self._title)
        card.body.addWidget(ScrollPane("Titles, caption and visibility", inside), 1)
        card.body.addWidget(self._offline)
        card.body.addWidget(self._fault)
        card.body.addLayout(self._foot())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)
        self.caption.textChanged.connect(self._typed)
        self.publishing.typed.connect(self._typed)

    def _foot(self) -> QHBoxLayout:
        self.begin = Button("Upload", kind="primary", icon="upload")
        self.cancel = Button("Cancel", kind="quiet")
        self.begin.clicked.connect(self._begin)
        self.cancel.clicked.connect(self._cancel)
        row = QHBoxLayout()
        row.addWidget(self.begin)
        row.addWidget(self.cancel)
        row.addStretch(1)
        return row

    @property
    def filled(self) -> bool:
        """Whether there is a file whose upload has not begun."""
        return bool(self.files)

    def kept(self) -> list[Upload]:
        """The files about which was typed before the program ended; `add` brings back what."""
        for found in map(new_of, self.keeping.kept().values()):
            if found is not None:
                self._kept[found[0].id] = found
        return [upload for upload, _ in self._kept.values()]

    def add(self, uploads: Sequence[Upload]) -> None:
        """Ask about these too; a file that is there already is not asked about twice."""
        known = {each.upload.path for each in self.files}
        for upload in uploads:
            if upload.path not in known:
                self._add(upload)
        self._judge()

    def take_focus(self) -> None:
        """Begin with the first title."""
        if self.files:
            self.files[0].title.setFocus()
            self.files[0].title.selectAll()

    def _add(self, upload: Upload) -> None:
        file = _File(upload)
        if upload.id in self._kept:
            typed = self._kept[upload.id][1]
            file.title.setText(typed.title)
            self.caption.setPlainText(typed.caption)
            self.publishing.show_values(typed.visibility, typed.publish_at)
        file.title.textEdited.connect(self._typed)
        file.title.returnPressed.connect(self._begin)
        file.drop.clicked.connect(partial(self._leave_out, file))
        self.files.append(file)
        self._list.addWidget(file)
        refuse_drops(file)

    def _leave_out(self, file: _File) -> None:
        self._drop(file)
        if self.files:
            self._judge()
        else:
            self._cancel()

    def _drop(self, file: _File) -> None:
        self.files.remove(file)
        self._list.removeWidget(file)
        file.hide()
        file.deleteLater()
        if self._kept.pop(file.upload.id, None) is not None:
            self.keeping.keep(f"{NEW}{file.upload.id}", "")

    def _draft(self, title: str) -> Draft:
        return Draft(
            title=title,
            caption=self.caption.toPlainText(),
            visibility=self.publishing.chosen,
            publish_at=self.publishing.publish_at,
        )

    def _typed(self) -> None:
        for file in self.files:
            typed = file.upload, self._draft(file.title.text())
            if self._kept.get(file.upload.id) != typed:
                self._kept[file.upload.id] = typed
                self.keeping.keep(f"{NEW}{file.upload.id}", new_text(*typed))
        self._say_fault("")
        self._judge()

    def _judge(self) -> None:
        many = len(self.files) > 1
        self._title.setText(f"{len(self.files)} new videos" if many else "New video")
        self.begin.setText(f"Upload {len(self.files)} videos" if many else "Upload")
        self.begin.setAccessibleName(self.begin.text())
        now, right = self._context.ticker.now(), True
        for file in self.files:
            found = state.faults(self._draft(file.title.text()), now)
            file.row.set_fault(found.get("title", ""))
            file.drop.setVisible(many)
            self._caption_row.set_fault(found.get("caption", ""))
            self.publishing.set_fault(found.get("publish_at", ""))
            right = right and not found
        if many and self._caption_row.field.accessibleDescription() == "":
            self._caption_row.set_help("The same for all of them; it can be changed later.")
        self.begin.setEnabled(right and not self._storing)

    def say_connection(self, *, offline: bool) -> None:
        """Tell that an upload will wait."""
        said = "There is no connection. The upload begins by itself when there is one again."
        self._offline.setText(said if offline else "")
        self._offline.setVisible(offline)

    def _begin(self) -> None:
        self._judge()
        if not self.begin.isEnabled() or not self.files:
            return
        drafts = [(file.upload, state.normal(self._draft(file.title.text()))) for file in self.files]
        uploads = [
            replace(
                upload,
                title=draft.title,
                caption=draft.caption,
                visibility=draft.visibility,
                publish_at=draft.publish_at,
            )
            for upload, draft in drafts
        ]
        self._set_storing(True)
        self._say_fault("")
        self.keeping.keep_now()  # kept after the uploads, it would be asked about again
        self.wanted.emit(uploads)

    def begun(self, uploads: Sequence[Upload]) -> None:
        """These are remembered elsewhere now, and asked about no more."""
        self._set_storing(False)
        gone = {each.id for each in uploads}
        for file in [each for each in self.files if each.upload.id in gone]:
            self._drop(file)
        self.keeping.keep_now()
        if not self.files:
            self._empty()

    def refused(self) -> None:
        """None of them could be remembered; what was typed stays."""
        self._set_storing(False)
        self._say_fault(REFUSED)
        self.begin.setFocus()

    def _set_storing(self, storing: bool) -> None:
        self._storing = storing
        self._fields.setEnabled(not storing)
        self.cancel.setEnabled(not storing)
        self._judge()

    def _say_fault(self, text: str) -> None:
        self._fault.setText(text)
        self._fault.setVisible(bool(text))

    def _cancel(self) -> None:
        self._empty()
        self.cancelled.emit()

    def _empty(self) -> None:
        for file in list(self.files):
            self._drop(file)
        self.caption.clear()
        self.publishing.show_values(Visibility.PUBLIC, None)
        self._caption_row.set_help("")
        self._say_fault("")
