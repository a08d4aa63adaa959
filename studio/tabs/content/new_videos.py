"""What is said of files before their upload begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from server.content.rules import CAPTION_MAX, TITLE_MAX
from studio.offline.upload import Upload
from studio.tab import Context
from studio.tabs.content import state
from studio.tabs.content.drop_veil import refuse_drops
from studio.tabs.content.form import CAPTION_HEIGHT
from studio.tabs.content.publishing import Publishing
from studio.tabs.content.state import Draft
from studio.theme import style
from studio.widgets.button import Button, IconButton
from studio.widgets.card import Card
from studio.widgets.form import FormRow
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.length_note import LengthNote
from studio.widgets.scroll_pane import ScrollPane


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
    """`wanted` carries the uploads to begin; `cancelled` = none of them."""

    wanted = Signal(list)
    cancelled = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setAccessibleName("New videos")
        worn = style.tokens()
        self.files: list[_File] = []
        self._title = ElidedLabel("", "heading")
        self._offline = Label("", "muted", wrap=True)
        self.caption = QPlainTextEdit()
        self.caption.setTabChangesFocus(True)
        self.caption.setFixedHeight(CAPTION_HEIGHT)
        self._caption_row = FormRow("Caption", self.caption)
        self.publishing = Publishing(context.ticker.now)
        inside = QWidget()
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
        card.body.addLayout(self._foot())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)
        self.caption.textChanged.connect(self._judge)
        self.publishing.typed.connect(self._judge)

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

    def add(self, uploads: Sequence[Upload]) -> None:
        """Ask about these too; a file that is there already is not asked about twice."""
        known = {each.upload.path for each in self.files}
        for upload in uploads:
            if upload.path not in known:
                self._add(upload)
        self._judge()
        if self.files:
            self.files[0].title.setFocus()
            self.files[0].title.selectAll()

    def _add(self, upload: Upload) -> None:
        file = _File(upload)
        file.title.textEdited.connect(self._judge)
        file.title.returnPressed.connect(self._begin)
        file.drop.clicked.connect(partial(self._leave_out, file))
        self.files.append(file)
        self._list.addWidget(file)
        refuse_drops(file)

    def _leave_out(self, file: _File) -> None:
        self.files.remove(file)
        self._list.removeWidget(file)
        file.hide()
        file.deleteLater()
        if self.files:
            self._judge()
        else:
            self._cancel()

    def _draft(self, title: str) -> Draft:
        return state.normal(
            Draft(
                title=title,
                caption=self.caption.toPlainText(),
                visibility=self.publishing.chosen,
                publish_at=self.publishing.publish_at,
            )
        )

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
        self.begin.setEnabled(right)

    def say_connection(self, *, offline: bool) -> None:
        """Tell that an upload will wait."""
        said = "There is no connection. The upload begins by itself when there is one again."
        self._offline.setText(said if offline else "")
        self._offline.setVisible(offline)

    def _begin(self) -> None:
        self._judge()
        if not self.begin.isEnabled() or not self.files:
            return
        drafts = [(file.upload, self._draft(file.title.text())) for file in self.files]
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
        self._empty()
        self.wanted.emit(uploads)

    def _cancel(self) -> None:
        self._empty()
        self.cancelled.emit()

    def _empty(self) -> None:
        for file in self.files:
            self._list.removeWidget(file)
            file.hide()
            file.deleteLater()
        self.files = []
        self.caption.clear()
        self._caption_row.set_help("")
