"""Opens a video that somebody names: by its link, or from a profile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from server.content.schemas import FeedItem
from studio.api.errors import ApiError, NotFound
from studio.tab import Context
from studio.tabs.feed.state import may_be_shown
from studio.theme import style
from studio.video_link import video_in
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.overlay import Overlay

GONE: Final = "There is no such video, or it is not to be seen any more."
BLOCKED: Final = "You block the person who made this video."
WIDTH: Final = 460

Fail = Callable[[str], object]


class Opening(QObject):
    """`opened` carries the item that was asked for; the last one asked for counts. `gone` carries the id of
    one that is not to be had."""

    opened = Signal(object)
    gone = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._asking: asyncio.Task[None] | None = None

    def open(self, video_id: UUID, on_failed: Fail) -> None:
        """Ask for a video; `on_failed` gets a sentence where it is not to be had."""
        self.give_up()

        async def fetch() -> FeedItem:
            return (await self._context.api.get(f"/v1/content/feed/{video_id}")).model(FeedItem)

        self._asking = self._context.tasks.read(
            fetch, partial(self._take, on_failed), partial(self._fail, video_id, on_failed), owner=self
        )

    def give_up(self) -> None:
        """What was asked for is not wanted any more: nothing is opened, nothing is said."""
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.cancel()

    def _take(self, on_failed: Fail, item: FeedItem) -> None:
        self._asking = None
        if may_be_shown(item.video, asked_for=True):
            self.opened.emit(item)
        else:
            self._refuse(item.video.id, on_failed)

    def _refuse(self, video_id: UUID, on_failed: Fail) -> None:
        on_failed(GONE)
        self.gone.emit(video_id)

    def _fail(self, video_id: UUID, on_failed: Fail, error: ApiError) -> None:
        self._asking = None
        if isinstance(error, NotFound) and error.code == "blocked":
            on_failed(BLOCKED)
        elif isinstance(error, NotFound):
            self._refuse(video_id, on_failed)
        else:
            on_failed(f"{error.what_happened} {error.what_to_do}".strip())


class LinkSheet(Overlay):
    """Asks for a link. It closes when its video is there, and says what is wrong until then."""

    def __init__(self, opening: Opening, window: QWidget) -> None:
        super().__init__("Open a link", window, WIDTH)
        self._opening = opening
        worn = style.tokens()
        self.field = QLineEdit()
        self.field.setAccessibleName("Link of a video")
        self.field.setPlaceholderText("studio:video/…")
        self.fault = Label("", "danger", wrap=True)
        self.fault.hide()
        self.go = Button("Open", kind="primary", icon="play")
        self.cancel = Button("Cancel", kind="quiet")
        self.body.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        self.body.setSpacing(worn.space_3)
        self.body.addWidget(Label("Open a link", "title"))
        self.body.addWidget(Label("Paste the link of a video that somebody gave you.", "muted", wrap=True))
        self.body.addWidget(self.field)
        self.body.addWidget(self.fault)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.go)
        self.body.addLayout(row)
        self.field.textChanged.connect(self._allow)
        self.field.returnPressed.connect(self._submit)
        self.go.clicked.connect(self._submit)
        self.cancel.clicked.connect(self.close_now)
        opening.opened.connect(self.close_now)
        self.closed.connect(opening.give_up)
        self.closed.connect(self.deleteLater)
        self._allow()

    def open(self) -> None:
        super().open()
        self.field.setFocus()

    def _allow(self) -> None:
        text = self.field.text().strip()
        video_id = video_in(text)
        self.go.setEnabled(video_id is not None)
        self._say("This is not the link of a video." if text and video_id is None else "")

    def _submit(self) -> None:
        video_id = video_in(self.field.text())
        if video_id is not None and self.go.isEnabled():
            self.go.setEnabled(False)
            self._opening.open(video_id, self._refuse)

    def _refuse(self, why: str) -> None:
        self._say(why)
        self.go.setEnabled(True)

    def _say(self, fault: str) -> None:
        self.fault.setText(fault)
        self.fault.setVisible(bool(fault))
