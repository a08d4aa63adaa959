"""The comments of one video: read page by page, written, answered, and one's own taken back."""

from __future__ import annotations

from collections.abc import Set
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.content.rules import COMMENT_MAX
from server.content.schemas import CommentView, VideoView
from server.kit.wire import Page
from studio.api.errors import ApiError
from studio.offline.store import Store
from studio.tab import Context
from studio.tabs.feed.comment_list import CommentList
from studio.tabs.feed.side_pane import SidePane
from studio.tabs.feed.thread import Thread
from studio.tabs.feed.unread import unread
from studio.theme import style
from studio.widgets.button import Button, IconButton
from studio.widgets.draft_edit import DraftEdit
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.length_note import LengthNote
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.state_stack import StateStack

PAGE: Final = 30
Said = tuple[UUID, UUID | None, str]
"""About which video, in answer to what, and the words."""


class CommentsPane(SidePane):
    """`counted` tells by how much the number changed, `person_wanted` carries somebody who wrote,
    `report_wanted` a comment. Nothing is shown of those who are `blocked`."""

    person_wanted = Signal(object)
    report_wanted = Signal(object)
    counted = Signal(object, int)

    def __init__(self, context: Context, blocked: Set[UUID] = frozenset()) -> None:
        super().__init__("Comments")
        self._context, self._blocked = context, blocked
        self._video: VideoView | None = None
        self._thread = Thread()
        self._parent: CommentView | None = None
        self._sending = False
        self._tried: Said | None = None
        self._tried_id = uuid4()
        self.title = Label("Comments", "title")
        self.close_button = IconButton("x", "Close the comments")
        self.close_button.clicked.connect(self.close_now)
        self.list = CommentList(self._may_delete, self._may_report)
        self.list.reported.connect(self.report_wanted)
        self.list.answered.connect(self.answer)
        self.list.deleted.connect(self._delete)
        self.list.named.connect(lambda comment: self.person_wanted.emit(comment.author))
        self.list.more_wanted.connect(self._read)
        self.states = StateStack(ScrollPane("List of comments", self.list, ground="window"))
        self.states.retried.connect(self._read)
        self.answering = QWidget()
        self.whom = ElidedLabel("", "muted")
        self.stop = IconButton("x", "Do not answer this comment")
        self.stop.clicked.connect(lambda: self.answer(None))
        self.field = DraftEdit("Your comment", self._keep, lines=2)
        self.field.setPlaceholderText("Write a comment; Ctrl+Enter sends it")
        self.field.submitted.connect(self._send)
        self.field.textChanged.connect(self._allow)
        self.list.bereft.connect(self.field.setFocus)
        self.length = LengthNote(self.field, COMMENT_MAX)
        self.fault = Label("", "danger", wrap=True)
        self.send = Button("Send", kind="primary")
        self.send.clicked.connect(self._send)
        self._lay_out()
        self.fault.hide()
        self.answer(None)
        self._allow()
        self.hide()

    def _lay_out(self) -> None:
        worn = style.tokens()
        top = QHBoxLayout()
        top.setContentsMargins(worn.space_4, worn.space_3, worn.space_2, worn.space_2)
        top.addWidget(self.title, 1)
        top.addWidget(self.close_button)
        answering = QHBoxLayout(self.answering)
        answering.setContentsMargins(0, 0, 0, 0)
        answering.addWidget(self.whom, 1)
        answering.addWidget(self.stop)
        foot = QVBoxLayout()
        foot.setContentsMargins(worn.space_4, worn.space_2, worn.space_4, worn.space_3)
        foot.setSpacing(worn.space_2)
        foot.addWidget(self.answering)
        foot.addWidget(self.field)
        foot.addWidget(self.fault)
        last = QHBoxLayout()
        last.addWidget(self.length)
        last.addStretch(1)
        last.addWidget(self.send)
        foot.addLayout(last)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.states, 1)
        column.addLayout(foot)

    @property
    def video_id(self) -> UUID | None:
        """Whose comments these are."""
        return self._video.id if self._video is not None else None

    def open(self, video: VideoView) -> None:
        """Show the comments of a video; what was typed about the one before is kept."""
        self.show()
        if self.video_id != video.id:
            self.field.keep_now()
            self._video, self._thread = video, Thread()
            self.answer(None)
            self.fault.hide()
            self.field.replace("")
            self._context.tasks.spawn(self._find_draft(video.id), self)
            self._fill()
            self._read()

    def take_keys(self) -> None:
        self.field.setFocus()

    def look_again(self) -> None:
        """Somebody is not blocked any more: what they wrote is to be had again."""
        if self.video_id is not None:
            self._thread.cursor = None
            self._read()

    def retry(self) -> None:
        if not self._thread.read:
            self._read()

    def refill(self) -> None:
        """Somebody is blocked, or not any more: what they wrote goes, as far as it is here."""
        if self._thread.read:
            self._fill()

    def close_now(self) -> None:
        """Put it away; what was typed is kept."""
        self.field.keep_now()
        super().close_now()

    def answer(self, comment: CommentView | None) -> None:
        """Answer a comment; None = write one that stands by itself."""
        self._parent = comment
        self.answering.setVisible(comment is not None)
        if comment is not None:
            self.whom.setText(f"Answering {comment.author.name}")
            self.field.setFocus()

    # Reading

    def _read(self) -> None:
        video = self._video
        if video is None:
            return
        if not self._thread.comments:
            self.states.loading()
        params: dict[str, str | int] = {"limit": PAGE}
        if self._thread.cursor is not None:
            params["cursor"] = self._thread.cursor

        async def fetch() -> Page[CommentView]:
            answer = await self._context.api.get(f"/v1/content/videos/{video.id}/comments", params=params)
            return answer.model(Page[CommentView])

        self._context.tasks.read(
            fetch, partial(self._take, video.id), partial(self._failed, video.id), owner=self
        )

    def _take(self, video_id: UUID, page: Page[CommentView]) -> None:
        if video_id == self.video_id:
            self._thread.add(page.items, page.next_cursor)
            self._fill()

    def _failed(self, video_id: UUID, error: ApiError) -> None:
        if video_id != self.video_id:
            return
        if self._thread.comments:
            self._say(error)
            return
        self.states.failed(unread("The comments cannot be read now.", error))

    def _fill(self) -> None:
        rows = self._thread.rows(without=self._blocked)
        self.list.show_lines(rows, self._context.ticker.now(), more=self._thread.cursor is not None)
        if rows:
            self.states.content()
        elif self._thread.read:
            self.states.empty("comment", "No comments yet", "Be the first to say something.")

    def _may_delete(self, comment: CommentView) -> bool:
        me = self._context.me.id
        return comment.author.id == me or (self._video is not None and self._video.owner.id == me)

    def _may_report(self, comment: CommentView) -> bool:
        return comment.author.id != self._context.me.id

    # Writing

    async def _find_draft(self, video_id: UUID) -> None:
        draft = await self._context.tasks.after_writes(partial(self._context.store.draft, _draft(video_id)))
        if video_id == self.video_id:
            self.field.put_before(draft)

    def _keep(self, text: str) -> None:
        if self._video is not None:
            self._context.tasks.write(partial(self._context.store.save_draft, _draft(self._video.id), text))

    def _allow(self) -> None:
        text = self.field.toPlainText().strip()
        self.send.setEnabled(bool(text) and len(text) <= COMMENT_MAX and not self._sending)

    def _send(self) -> None:
        video, text = self._video, self.field.toPlainText().strip()
        if video is None or not text or self._sending:
            return
        self._sending = True
        if self.send.hasFocus():
            self.field.setFocus()  # it cannot be pressed for now, and Qt would look for another place
        self._allow()
        self.fault.hide()
        said = (video.id, self._parent.id if self._parent is not None else None, text)
        if said != self._tried:  # the answer to the same may have been lost: it must not stand there twice
            self._tried, self._tried_id = said, uuid4()
        body = {"id": str(self._tried_id), "body": text}
        if self._parent is not None:
            body["parent_id"] = str(self._parent.id)

        async def post() -> CommentView:
            path = f"/v1/content/videos/{video.id}/comments"
            answer = await self._context.api.post(path, json=body, idempotency_key=body["id"])
            return answer.model(CommentView)

        self._context.tasks.read(post, partial(self._sent, said), partial(self._unsent, video.id), owner=self)

    def _sent(self, said: Said, comment: CommentView) -> None:
        self._sending, self._tried = False, None
        video_id, parent_id, text = said
        self.counted.emit(video_id, 1)
        here = video_id == self.video_id
        if here:
            self.field.keep_now()  # what was typed since is written before it is looked at
        self._context.tasks.write(partial(_forget, self._context.store, _draft(video_id), text))
        if here:
            self._thread.put(comment)
            if self.field.toPlainText().strip() == text:
                self.field.forget()
                if self._parent is not None and self._parent.id == parent_id:
                    self.answer(None)
            self._fill()
        self._allow()

    def _unsent(self, video_id: UUID, error: ApiError) -> None:
        self._sending = False
        self._allow()
        if video_id == self.video_id:
            self._say(error)

    def _delete(self, comment: CommentView) -> None:
        async def delete() -> None:
            await self._context.api.request("DELETE", f"/v1/content/comments/{comment.id}")

        self._context.tasks.read(delete, lambda _none: self._deleted(comment), self._say, owner=self)

    def _deleted(self, comment: CommentView) -> None:
        self.counted.emit(comment.video_id, -1)
        if self._thread.remove(comment.id):
            self._fill()

    def _say(self, error: ApiError) -> None:
        self.fault.setText(f"{error.what_happened} What you typed stays here.")
        self.fault.show()


def _draft(video_id: UUID) -> str:
    return f"comment:{video_id}"


def _forget(store: Store, key: str, sent: str) -> None:
    """Delete what was sent, unless more was typed since: writes run one after the other."""
    if store.draft(key).strip() == sent:
        store.save_draft(key, "")
