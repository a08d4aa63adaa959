"""The My videos tab: a creator's own videos, those on their way in, and what can be changed of each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QVBoxLayout

from studio.api.live import Connection
from studio.key_hints import hint
from studio.offline.changes import Changes
from studio.offline.uploads import KIND, VIDEO
from studio.tab import Context, Tab
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.page_header import PageHeader
from studio.workplace import RESYNC

OWN: Final = "content.own_videos"
"""The live topic that tells people, by their own id, that one of their videos changed."""
MOST_TOUCHED: Final = 8
"""More changed videos than this at once, and the whole list is read again."""


class ContentTab(Tab):
    """Takes files that are dropped anywhere on it."""

    id = "content"
    title = "My videos"
    icon = "video"
    section = "Creating"
    permission = "content.upload"
    kinds = frozenset({VIDEO, OWN, RESYNC})

    def __init__(self, context: Context) -> None:
        from studio.tabs.content.drop_veil import DropVeil, refuse_drops
        from studio.tabs.content.page import ContentPage

        super().__init__(context)
        worn = style.tokens()
        self.page = ContentPage(context)
        refuse_drops(self.page)
        self.setAcceptDrops(True)
        button = Button("Upload videos…", kind="primary", icon="upload")
        self.upload_button = hint(context.keymap, button, "content.upload")
        self.upload_button.clicked.connect(self.page.choose)
        header = PageHeader(self.title, "Upload, publish and see what became of it")
        header.add_tool(self.upload_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        layout.setSpacing(worn.space_3)
        layout.addWidget(header)
        layout.addWidget(self.page, 1)
        self.veil = DropVeil(self)
        self.setFocusProxy(self.page)

    def refresh(self) -> None:
        self.page.load()

    def on_changes(self, changes: Changes) -> None:
        if KIND in changes.kinds:
            self.page.uploads_changed(changes.ids)
        few = VIDEO in changes.kinds and 0 < len(changes.ids) <= MOST_TOUCHED
        if few and self.isVisible():
            self.page.touch(changes.ids, own=changes.origin == KIND)
        elif changes.kinds == {OWN} and self.isVisible():
            self.page.expect()
        else:
            super().on_changes(changes)

    def on_connection(self, connection: Connection) -> None:
        self.page.on_connection(connection)

    def open(self, **what: Any) -> None:
        """`video=UUID`."""
        match what:
            case {"video": video, **rest} if not rest:
                self.page.open_video(UUID(str(video)))
            case _:
                super().open(**what)

    @classmethod
    def watch(cls, context: Context) -> object:
        from studio.tabs.content.notices import UploadNotices

        return UploadNotices(context)

    async def leave(self) -> None:
        await self.page.leave()

    def save_state(self) -> Mapping[str, Any]:
        return self.page.save_state()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.page.restore_state(state)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event.mimeData()):
            event.acceptProposedAction()
            self.veil.appear()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.veil.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.veil.hide()
        if files := dropped(event.mimeData()):
            event.acceptProposedAction()
            self.page.take_files(files)


def dropped(data: QMimeData) -> list[Path]:
    """The files on this computer that are being dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
