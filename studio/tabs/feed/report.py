"""Reports a video, a comment or a person to the moderators: which rule it breaks, and a note."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from server.content.schemas import CommentView, Profile, VideoView
from server.moderation.rules import NOTE_MAX, ContentType
from server.moderation.schemas import NewFlag, Policies, PolicyNode
from studio.api.errors import ApiError
from studio.messages import Problem
from studio.offline.edits import Edit, EditKind
from studio.tab import Context
from studio.tabs.feed.policy_book import PolicyBook
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.draft_edit import DraftEdit
from studio.widgets.label import Label
from studio.widgets.overlay import Overlay
from studio.widgets.search_field import SearchField
from studio.widgets.state_stack import StateStack

CODE: Final = Qt.ItemDataRole.UserRole
QUOTED: Final = 120


@dataclass(frozen=True)
class Subject:
    """What is reported: `title` asks for it, `about` says what it is."""

    content_type: ContentType
    content_id: UUID
    title: str
    about: str


def of_video(video: VideoView) -> Subject:
    """A video."""
    about = f"“{video.title}” by {video.owner.name}."
    return Subject(ContentType.VIDEO, video.id, "Report this video", about)


def of_person(person: Profile) -> Subject:
    """What a person shows of themselves: their name, handle and biography."""
    about = f"The name, handle or biography of {person.name} (@{person.handle})."
    return Subject(ContentType.PROFILE, person.id, "Report this person", about)


def of_comment(comment: CommentView) -> Subject:
    """A comment."""
    about = f"What {comment.author.name} wrote: “{_cut(comment.body)}”."
    return Subject(ContentType.COMMENT, comment.id, "Report this comment", about)


def _cut(words: str) -> str:
    """The beginning of what somebody wrote, in one line."""
    line = " ".join(words.split())
    return line if len(line) <= QUOTED else f"{line[: QUOTED - 1].rstrip()}…"


class ReportSheet(Overlay):
    """`sent` is emitted when the report is stored; it goes out as soon as there is a connection. A note that
    was typed is there again when the sheet is."""

    sent = Signal()

    def __init__(self, context: Context, window: QWidget, subject: Subject) -> None:
        super().__init__(subject.title, window, 520)
        self._context, self._subject = context, subject
        self._book = PolicyBook(context)
        self._policies: Policies | None = None
        self._nodes: dict[str, PolicyNode] = {}
        worn = style.tokens()
        self.search = SearchField("Find a rule")
        self.list = QListWidget()
        self.list.setAccessibleName("Rules")
        self.list.setMinimumHeight(210)
        self.covers = Label("Choose the rule that it breaks.", "muted", wrap=True)
        self.covers.setMinimumHeight(38)
        self.covers.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.note = DraftEdit("Note for the moderators", self._keep, lines=3)
        self.note.setPlaceholderText("What should the moderators look at? (optional)")
        self.note.submitted.connect(self._submit)
        self.fault = Label("", "danger", wrap=True)
        self.fault.hide()
        self.send = Button("Send the report", kind="primary", icon="flag")
        self.send.setEnabled(False)
        self.cancel = Button("Cancel", kind="quiet")
        self.states = StateStack(self.list)
        self.body.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        self.body.setSpacing(worn.space_3)
        self.body.addWidget(Label(subject.title, "title"))
        told = f"{subject.about} Only the moderators see who reported it."
        self.body.addWidget(Label(told, "muted", wrap=True))
        for each in (self.search, self.states, self.covers, self.note, self.fault):
            self.body.addWidget(each)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.send)
        self.body.addLayout(row)
        self.search.textChanged.connect(self._filter)
        self.list.currentItemChanged.connect(lambda *_: self._choose())
        self.send.clicked.connect(self._send)
        self.cancel.clicked.connect(self.close_now)
        self.states.retried.connect(self.read)
        self.closed.connect(self.deleteLater)

    def read(self) -> None:
        """Show the rules as they were last, and ask the server whether there are others now."""
        if self._policies is None:
            self.states.loading()

        async def fetch() -> Policies:
            kept = await self._book.kept()
            if kept is not None:
                self._show(kept)
            return await self._book.read()

        self._context.tasks.read(fetch, self._show, self._failed, owner=self)

    def open(self) -> None:
        super().open()
        self.search.setFocus()
        self._context.tasks.spawn(self._find_draft(), self)
        self.read()

    def choose(self, code: str) -> None:
        """Choose a rule by its code."""
        for row in range(self.list.count()):
            if self.list.item(row).data(CODE) == code:
                self.list.setCurrentRow(row)

    def wanted_height(self) -> int:
        return max(560, super().wanted_height())

    def _show(self, policies: Policies) -> None:
        if policies == self._policies:
            return
        item = self.list.currentItem()
        chosen = item.data(CODE) if item is not None else ""
        self._policies = policies
        self._nodes = {node.code: node for node in policies.items}
        parents = {node.code.rpartition(".")[0] for node in policies.items}
        self.list.clear()
        for node in policies.items:
            if node.code in parents:
                continue
            above = self._nodes.get(node.code.rpartition(".")[0])
            text = f"{above.title}: {node.title}" if above is not None else node.title
            item = QListWidgetItem(text)
            item.setData(CODE, node.code)
            item.setSizeHint(QSize(0, 34))
            self.list.addItem(item)
        self.states.content()
        self._filter(self.search.text())
        self.choose(chosen)

    def _failed(self, error: ApiError) -> None:
        if self._policies is not None:
            return  # the server looks at the report by the rules that it has then
        self.states.failed(
            Problem(
                what_happened="The rules cannot be read now.",
                what_was_kept="",
                what_to_do=error.what_to_do,
                detail=str(error),
            )
        )

    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for row in range(self.list.count()):
            item = self.list.item(row)
            node = self._nodes[item.data(CODE)]
            words = f"{item.text()} {node.covers}".casefold()
            item.setHidden(not all(word in words for word in wanted))

    def _choose(self) -> None:
        item = self.list.currentItem()
        node = self._nodes.get(item.data(CODE)) if item else None
        self.covers.setText(node.covers if node is not None else "Choose the rule that it breaks.")
        self.send.setEnabled(node is not None)

    def _keep(self, text: str) -> None:
        self._context.tasks.write(partial(self._context.store.save_draft, _draft(self._subject), text))

    async def _find_draft(self) -> None:
        draft = await self._context.tasks.after_writes(
            partial(self._context.store.draft, _draft(self._subject))
        )
        self.note.put_before(draft)

    def _submit(self) -> None:
        if self.send.isEnabled():
            self._send()

    def _send(self) -> None:
        item, note = self.list.currentItem(), self.note.toPlainText().strip()
        if len(note) > NOTE_MAX:
            self.fault.setText(f"The note is {len(note) - NOTE_MAX} characters too long.")
            self.fault.show()
            return
        self.send.setEnabled(False)
        edit = flag_of(self._subject, item.data(CODE), note)
        self._context.tasks.write(
            partial(self._context.outbox.add, edit), self._sent, self._unsent, owner=self
        )

    def _sent(self) -> None:
        self.note.forget()
        self._keep("")
        self.sent.emit()
        self.close_now()

    def _unsent(self) -> None:
        self.send.setEnabled(True)


def _draft(subject: Subject) -> str:
    return f"report:{subject.content_id}"


def flag_of(subject: Subject, policy: str, note: str) -> Edit:
    """The flag as it waits in the outbox."""
    content_type, content_id = subject.content_type, subject.content_id
    flag = NewFlag(content_type=content_type, content_id=content_id, policy=policy, note=note or None)
    wire = flag.model_dump(mode="json", include={"content_type", "content_id", "policy", "note"})
    body = {name: value for name, value in wire.items() if value is not None}
    return Edit(EditKind.FLAG, "POST", "/v1/moderation/flags", body, f"flag:{content_id}")
