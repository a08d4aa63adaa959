"""The Feed tab: videos one after the other, over the full height."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QVBoxLayout

from studio.api.live import Connection
from studio.offline.changes import Changes
from studio.tab import Context, Tab
from studio.workplace import RESYNC

FEED = "content.feed"


class FeedTab(Tab):
    """Loads its page when it is made, so that naming the tab in the navigation costs nothing."""

    id = "feed"
    title = "Feed"
    icon = "feed"
    section = "Watch"
    permission = "content.watch"
    kinds = frozenset({FEED, RESYNC})

    def __init__(self, context: Context, **page: Any) -> None:
        """`page` goes to `FeedPage`."""
        from studio.tabs.feed.page import FeedPage

        super().__init__(context)
        self.page = FeedPage(context, **page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.setFocusProxy(self.page)
        self._window: QObject | None = None

    def refresh(self) -> None:
        self.page.refresh()

    def on_changes(self, changes: Changes) -> None:
        if FEED in changes.kinds and changes.ids:
            self.page.look_at(changes.ids)
        elif changes.kinds & self.kinds:
            self.mark_dirty()

    def on_connection(self, connection: Connection) -> None:
        self.page.on_connection(connection)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        if self.window() is not self._window:
            self._window = self.window()
            self._window.installEventFilter(self)
        self._see()

    def hideEvent(self, event: Any) -> None:
        super().hideEvent(event)
        self.page.rest()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowStateChange and watched is self._window:
            self._see()
        return False

    def _see(self) -> None:
        if self.isVisible() and not self.window().isMinimized():
            self.page.come()
        else:
            self.page.rest()

    @classmethod
    def watch(cls, context: Context) -> object:
        from studio.tabs.feed.refused_notices import RefusedNotices

        return RefusedNotices(context)

    async def leave(self) -> None:
        await self.page.leave()
