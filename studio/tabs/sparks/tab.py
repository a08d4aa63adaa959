"""The Sparks tab: which sparks there are, and how each looks and sounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from studio.api.errors import Offline
from studio.api.live import Connection
from studio.offline.changes import Changes
from studio.tab import Context, Tab
from studio.tabs.sparks.topics import CHANGED, DRAFT, JUDGED, READ
from studio.workplace import RESYNC


class SparksTab(Tab):
    """Loads its page when it is made, so that naming the tab in the navigation costs nothing."""

    id = "sparks"
    title = "Sparks"
    icon = "spark"
    section = "Watch"
    permission = READ
    kinds = frozenset({CHANGED, DRAFT, JUDGED, RESYNC})

    def __init__(self, context: Context, **page: Any) -> None:
        """`page` goes to `SparksPage`."""
        from studio.tabs.sparks.page import SparksPage

        super().__init__(context)
        self.page = SparksPage(context, **page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.setFocusProxy(self.page)

    def refresh(self) -> None:
        self.page.refresh()

    def on_connection(self, connection: Connection) -> None:
        if connection is Connection.OFFLINE:
            self.page.list.grow_old(Offline.happened)
        elif connection is Connection.ONLINE:
            self.mark_dirty()

    def on_changes(self, changes: Changes) -> None:
        if changes.kinds & self.kinds and self.isVisible():
            self.page.look_at(changes.ids)
        else:
            super().on_changes(changes)

    def save_state(self) -> Mapping[str, Any]:
        return self.page.save_state()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.page.restore_state(state)

    async def leave(self) -> None:
        self.page.preview.video.close()
        self.page.preview.mixer.stop()
