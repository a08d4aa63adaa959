"""The list of one's own videos, what is on its way there, and the video that is selected."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from server.content.schemas import VideoView
from studio.api.errors import ApiError, NotFound
from studio.api.live import Connection
from studio.key_binding import bind
from studio.list_and_side import ListAndSide
from studio.messages import Level
from studio.offline.upload import SUFFIXES, Upload
from studio.paged_list import PagedList
from studio.posters import Posters
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.content import rows
from studio.tabs.content.deleting import Deleting
from studio.tabs.content.files import looked_at
from studio.tabs.content.new_videos import NewVideosPane
from studio.tabs.content.pane import VideoPane
from studio.tabs.content.remainder import Remainder
from studio.tabs.content.upload_strip import UploadStrip
from studio.tasks import off_thread
from studio.theme import style
from studio.widgets.empty_state import EmptyState
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView
from studio.widgets.toast import ToastStack

VIDEOS: Final = "/v1/content/videos"
SIZES: Final = (800, 364)
SOON_MS: Final = 200
LATER_MS: Final = 12_000
"""Several changes are read at once; and what moderation decides takes effect ten seconds after it is told."""
NOUNS: Final = ("video", "videos")


class ContentPage(QWidget):
    """Everything of the tab below its title."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._goal: UUID | None = None
        worn = style.tokens()
        self.posters = Posters(context, self)
        columns = rows.videos(context.uploads.progress, self.posters.get)
        self.model: RowModel[VideoView] = RowModel(
            columns, row_id=lambda v: v.id, search=lambda v: v.title, parent=self
        )
        self.table = TableView(self.model, "My videos", context.keymap)
        self.list = PagedList(
            context, self.table, self.model, path=VIDEOS, row=VideoView, nouns=NOUNS, kept=""
        )
        self.exporting = TableExport(context, self.table, nouns=NOUNS, source=self.list.whole)
        self.strip = UploadStrip(context)
        self.deleting = Deleting(context, self)
        self.remainder = Remainder(context, self)
        self.pane = VideoPane(context, self.posters)
        self.new = NewVideosPane(context)
        self.nobody = EmptyState("video", "Nothing selected", "Select a video to see and change it.")
        self.beside = ListAndSide(self.list, self.nobody, self.pane, self.new, widths=SIZES)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_3)
        column.addWidget(self.strip)
        column.addWidget(self.exporting)
        column.addWidget(self.beside, 1)
        self._connect()
        self.setFocusProxy(self.table)
        if kept := self.new.kept():
            self.ask(kept)

    def _connect(self) -> None:
        self.soon, self.later = (self._timer(ms) for ms in (SOON_MS, LATER_MS))
        self.table.current.connect(self._select)
        self.table.opened.connect(lambda _: self.pane.form.title.setFocus())
        self.list.emptied.connect(self._say_empty)
        self.list.states.acted.connect(self.choose)
        self.list.arrived.connect(self._arrived)
        self.posters.came.connect(self._repaint)
        self.pane.saved.connect(self._put)
        self.pane.delete_wanted.connect(self._delete)
        self.pane.file_wanted.connect(self._choose_remainder)
        self.remainder.comparing.connect(self.pane.show_comparing)
        self.strip.stop_wanted.connect(self._stop_upload)
        self.deleting.gone.connect(self._gone)
        self.deleting.restored.connect(self._restored)
        self.new.wanted.connect(self._begin)
        self.new.cancelled.connect(self._leave_new)
        bind(
            self._context.keymap,
            self,
            "content",
            {
                "content.upload": self.choose,
                "content.hold": self._toggle,
                "content.link": self.pane.copy_link,
                "content.save": self.pane.save,
                "content.delete": self.pane.delete,
                "content.undo": self._undo,
            },
        )

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(self.list.reload)
        return timer

    @property
    def count(self) -> int:
        """Videos in the list."""
        return self.list.count

    def load(self) -> None:
        """Read the list, from its beginning or as far as it was scrolled."""
        if self.count:
            self.list.reload()
        else:
            self.list.load({"owner": "me"})
        self.strip.refresh()

    def _say_empty(self) -> None:
        self.list.states.empty(
            "upload",
            "Drop a video here",
            "Or choose files. Several can be uploaded at once.",
            "Choose videos…",
        )

    # Uploading

    def choose(self) -> None:
        """Ask for files."""
        dialog = self._dialog("Upload videos", QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda files: self.take_files([Path(file) for file in files]))
        dialog.open()

    def _dialog(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        kinds = " ".join(f"*.{suffix}" for suffix in SUFFIXES)
        dialog = QFileDialog(self.window(), title, "", f"Videos ({kinds});;All files (*)")
        dialog.setFileMode(mode)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def take_files(self, paths: Sequence[Path]) -> None:
        """Look at files that were dropped or chosen, and ask what they are called."""

        async def look() -> None:
            under_way = {each.path for each in self._context.uploads.all()}
            found, faults = await off_thread(looked_at, paths, under_way)
            for text, detail in faults:
                self._context.messages.notify(Level.WARNING, text, detail)
            if found:
                self.ask(found)
                self.new.take_focus()

        self._context.tasks.spawn(look(), self)

    def ask(self, uploads: Sequence[Upload]) -> None:
        """Show what is to be said of new videos before they are sent."""
        self.new.say_connection(offline=self._context.connection() is Connection.OFFLINE)
        self.beside.show_page(self.new)
        self.new.add(uploads)

    def _begin(self, uploads: Sequence[Upload]) -> None:
        async def begin() -> None:
            try:
                await self._context.uploads.add(uploads)
            except (OSError, sqlite3.Error):  # told in full by whoever writes
                self.new.refused()
                return
            self._goal = uploads[-1].id
            self.new.begun(uploads)
            if not self.new.filled:
                self._leave_new()

        self._context.tasks.spawn(begin(), self)

    def _leave_new(self) -> None:
        page = self.pane if self.pane.video is not None else self.nobody
        self.beside.show_page(page, filled=self.count > 0)
        self.table.setFocus()

    def _choose_remainder(self, video: VideoView) -> None:
        dialog = self._dialog(f"Go on with “{video.filename}”", QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda file: self.remainder.go_on(video, Path(file)))
        dialog.open()

    def _toggle(self) -> None:
        if isinstance(name := self.table.current_id(), UUID):
            self.strip.toggle(name)

    def uploads_changed(self, ids: frozenset[str]) -> None:
        """These uploads are at another point."""
        self.strip.refresh()
        for text in ids:
            self._repaint(UUID(text))
            if self.pane.video is not None and str(self.pane.video.id) == text:
                self.pane.show_progress()

    # Deleting

    def _delete(self, video: VideoView) -> None:
        self.deleting.delete(video.id, video.title)

    def _stop_upload(self, name: UUID) -> None:
        upload = self._context.uploads.get(name)
        if upload is not None:
            self.deleting.delete(name, upload.title)

    def _undo(self) -> None:
        """The newest notice that offers it, so that nobody has to reach it within its time."""
        if (offers := self.window().findChild(ToastStack)) is not None:
            offers.undo_last()

    def _gone(self, name: UUID) -> None:
        number = self.model.numbers([name]).get(name)
        self.model.remove([name])
        self.model.flush()
        if number is not None and self.model.rowCount():
            self.table.selectRow(min(number, self.model.rowCount() - 1))
        if not self.model.rowCount():
            self.beside.show_page(self.nobody, filled=False)
            self._say_empty()

    def _restored(self, video: VideoView) -> None:
        self._goal = video.id
        self.list.reload()

    # Selecting

    def _select(self, name: object) -> None:
        video = self.model.get(name) if isinstance(name, UUID) else None
        if video is None:
            return
        self.pane.show_row(video)
        if not self.new.filled:
            self.beside.show_page(self.pane)

    def open_video(self, name: UUID) -> None:
        """Select a video, now or when it has been read."""
        if self.model.get(name) is not None:
            self.table.select([name], name)
        else:
            self._goal = name

    def _arrived(self) -> None:
        for upload in self._context.uploads.all():
            if (video := self.model.get(upload.id)) is not None:
                self._context.uploads.learn(upload.id, video.received or 0)
        shown = self.pane.video
        if shown is not None and (listed := self.model.get(shown.id)) is not None:
            self.pane.take(listed)
        if self._goal is not None and self.model.get(self._goal) is not None:
            self.table.select([self._goal], self._goal)
            self._goal = None
        elif self.table.current_id() is None and self.count:
            self.table.selectRow(0)

    # Changes

    def touch(self, ids: frozenset[str], *, own: bool) -> None:
        """These videos changed on the server; `own` = by this program, so a new one is to be shown now."""
        for text in ids:
            with suppress(ValueError):
                name = UUID(text)
                if self.model.get(name) is not None:
                    self._read_row(name)
                elif own:
                    self.list.reload()

    def expect(self) -> None:
        """Something of one's own changed on the server, which does not say what."""
        self.soon.start()
        self.later.start()

    def _read_row(self, name: UUID) -> None:
        async def fetch() -> VideoView:
            return (await self._context.api.get(f"{VIDEOS}/{name}")).model(VideoView)

        def show(video: VideoView) -> None:
            if video.deleted_at is not None:
                self._gone(name)
            else:
                self._put(video)

        def failed(error: ApiError) -> None:
            if isinstance(error, NotFound):
                self._gone(name)

        self._context.tasks.read(fetch, show, failed, owner=self)

    def _put(self, video: VideoView) -> None:
        listed = self.model.get(video.id)
        if listed is not None and listed.version <= video.version:
            self.model.upsert([video])
            self.model.flush()
            self.pane.take(video)

    def _repaint(self, name: object) -> None:
        if isinstance(name, UUID) and (video := self.model.get(name)) is not None:
            self.model.upsert([video])

    def on_connection(self, connection: Connection) -> None:
        """Tell what a lost connection means for what is being filled in."""
        self.new.say_connection(offline=connection is Connection.OFFLINE)

    async def leave(self) -> None:
        """See to it that what was typed is on the disk."""
        await self.pane.keeping.finish()
        await self.new.keeping.finish()

    # What is remembered

    def save_state(self) -> dict[str, Any]:
        """Columns and splitter."""
        return {"columns": self.table.save_columns(), "splitter": self.beside.sizes()}

    def restore_state(self, kept: Mapping[str, Any]) -> None:
        """Put back what `save_state` gave; what does not fit is ignored."""
        with suppress(AttributeError, TypeError, ValueError):
            self.table.restore_columns(kept.get("columns") or {})
        self.beside.restore(kept.get("splitter"))
