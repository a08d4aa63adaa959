"""The videos that the viewer has saved, beside the picture."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from server.content.schemas import FeedItem, VideoView
from server.kit.wire import Page
from studio.api.errors import ApiError
from studio.posters import Posters
from studio.tab import Context
from studio.tabs.feed.grid import VideoGrid
from studio.tabs.feed.page_reader import PageReader
from studio.tabs.feed.side_pane import SidePane
from studio.tabs.feed.state import FeedList
from studio.tabs.feed.unread import unread
from studio.theme import style
from studio.widgets.button import IconButton
from studio.widgets.label import Label
from studio.widgets.state_stack import StateStack

PATH: Final = "/v1/content/saved"
PAGE: Final = 30


class SavedPane(SidePane):
    """`video_wanted` carries the id of a video."""

    video_wanted = Signal(object)

    def __init__(self, context: Context, feed: FeedList) -> None:
        super().__init__("Saved videos")
        self._context, self._feed = context, feed
        self._cursor: str | None = None
        self._read_once = False
        self._pages = PageReader(context, self, PATH, Page[FeedItem], limit=PAGE)
        worn = style.tokens()
        self.posters = Posters(context, self)
        self.grid = VideoGrid(self.posters.get)
        self.grid.setAccessibleName("Saved videos")
        self.posters.came.connect(self.grid.repaint_one)
        self.grid.opened.connect(self.video_wanted)
        self.grid.wants_more.connect(self._read_more)
        self.states = StateStack(self.grid)
        self.states.retried.connect(self.read)
        self.close_button = IconButton("x", "Close the saved videos")
        self.close_button.clicked.connect(self.close_now)
        top = QHBoxLayout()
        top.setContentsMargins(worn.space_4, worn.space_3, worn.space_2, worn.space_3)
        top.addWidget(Label("Saved videos", "title"), 1)
        top.addWidget(self.close_button)
        self.fault = Label("", "warning", wrap=True)
        self.fault.hide()
        room = QVBoxLayout()
        room.setContentsMargins(worn.space_4, 0, 0, worn.space_2)
        room.addWidget(self.states, 1)
        room.addWidget(self.fault)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addLayout(room, 1)

    def open(self) -> None:
        """Show it, read anew."""
        self.show()
        self.read()

    def retry(self) -> None:
        if not self._read_once:
            self.read()

    def leave_out(self, video_id: UUID) -> None:
        """A video is not to be seen any more."""
        self.grid.leave_out(video_id)
        self._say()

    def read(self) -> None:
        """Ask the server for the latest; what is here stays until then."""
        if not self.grid.videos:
            self.states.loading()
        self._pages.ask(None, self._take, self._failed)

    def _read_more(self) -> None:
        if self._cursor is not None and not self._pages.busy:
            self._pages.ask(self._cursor, self._take_more, self._failed)

    def _take(self, page: Page[FeedItem]) -> None:
        self._cursor, self._read_once = page.next_cursor, True
        videos = self._kept(page)
        here = {video.id for video in videos}
        # What was saved a moment ago may not have reached the server yet.
        new = [each.video for each in self._feed.items if each.mine.saved and each.video.id not in here]
        self.grid.fill(new + videos)
        self._say()

    def _take_more(self, page: Page[FeedItem]) -> None:
        self._cursor = page.next_cursor
        self.grid.add(self._kept(page))
        self._say()

    def _kept(self, page: Page[FeedItem]) -> list[VideoView]:
        let_go = {each.video.id for each in self._feed.items if not each.mine.saved}
        return [item.video for item in page.items if item.video.id not in let_go]

    def _say(self) -> None:
        self.fault.hide()
        if self.grid.videos:
            self.states.content()
        elif self._read_once and self._cursor is not None:
            self._read_more()  # all of this page were let go of, or are hidden; there are more
        elif self._read_once:
            self.states.empty("bookmark", "Nothing saved yet", "Save a video with S to find it again here.")

    def _failed(self, error: ApiError) -> None:
        if self.grid.videos:  # what is here stays; scrolling asks again
            self.fault.setText(f"Not all was read: {error.what_happened}")
            self.fault.show()
            return
        self.states.failed(unread("What you saved cannot be read now.", error))
