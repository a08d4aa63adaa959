"""One video: its still, what became of it, and what can be changed."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from server.content.rules import VideoState
from server.content.schemas import VideoView
from studio.edit_pane import Editing, EditPane
from studio.key_hints import hint
from studio.messages import Level
from studio.posters import Posters
from studio.tab import Context
from studio.tabs.content import state
from studio.tabs.content.form import VideoForm
from studio.tabs.content.kept import PREFIX, kept_of, kept_text
from studio.tabs.content.state import Draft
from studio.tabs.content.stills import Stills
from studio.theme import style
from studio.video_link import link_to
from studio.widgets import clipboard
from studio.widgets.button import Button
from studio.widgets.cell_delegate import paint_still
from studio.widgets.chip import Chip
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.scroll_pane import ScrollPane

STILL = 168
EDITING: Final = Editing(
    prefix=PREFIX,
    about="it",
    draft_of=state.draft_of,
    changed=state.changed,
    merged=state.merged,
    differences=state.differences,
    kept_text=kept_text,
    kept_of=kept_of,
)


class Still(QWidget):
    """The still of the video, whole, or an empty frame."""

    def __init__(self) -> None:
        super().__init__()
        self._still: QPixmap | None = None
        self.setFixedHeight(STILL)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Still of the video")

    def show_still(self, still: QPixmap | None) -> None:
        """Show another one."""
        self._still = still
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(STILL * 16 // 9, STILL)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_still(QPainter(self), self.rect(), self._still, whole=True)


class VideoPane(EditPane[VideoView, Draft]):
    """`delete_wanted` carries the video, `file_wanted` the one whose file is to be chosen again."""

    delete_wanted = Signal(object)
    file_wanted = Signal(object)

    def __init__(self, context: Context, posters: Posters) -> None:
        super().__init__(context, EDITING)
        self._posters = posters
        self._stills = Stills(context, self)
        self.setAccessibleName("Video")
        self.form: VideoForm = VideoForm(context.ticker.now)
        self.form.typed.connect(self._typed)
        self.compose(self._head(), self._scroll(), self._foot())
        posters.came.connect(self._poster_came)
        self._stills.came.connect(self._stills_came)

    def _head(self) -> QVBoxLayout:
        head = QVBoxLayout()
        head.setSpacing(style.tokens().space_1)
        self._title = ElidedLabel("", "heading")
        self._chip = Chip("")
        chips = QHBoxLayout()
        chips.addWidget(self._chip)
        chips.addStretch(1)
        head.addWidget(self._title)
        head.addLayout(chips)
        return head

    def _scroll(self) -> ScrollPane:
        worn = style.tokens()
        inside = QWidget()
        inside.setProperty("surface", "clear")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, worn.space_2, 0)
        column.setSpacing(worn.space_3)
        self._why = Label("", wrap=True)
        self._remedy = Label("", "muted", wrap=True)
        self._remedy.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.file_button = Button("Choose its file…", icon="upload", tip="Go on with this upload")
        self.file_button.clicked.connect(lambda: self.file_wanted.emit(self._row))
        file_line = QHBoxLayout()
        file_line.addWidget(self.file_button)
        file_line.addStretch(1)
        self._still = Still()
        self._facts = Label("", "caption", wrap=True)
        column.addWidget(self.conflict)
        column.addWidget(self._why)
        column.addWidget(self._remedy)
        column.addLayout(file_line)
        column.addWidget(self._facts)
        column.addWidget(self._still)
        column.addWidget(self.form)
        column.addStretch(1)
        return ScrollPane("State, still, title, caption and visibility", inside)

    def _foot(self) -> QVBoxLayout:
        worn = style.tokens()
        keymap = self._context.keymap
        hint(keymap, self.save_button, "content.save")
        self.link_button = hint(keymap, Button("Copy link", icon="link"), "content.link")
        self.link_button.clicked.connect(self.copy_link)
        self.delete_button = hint(keymap, Button("Delete", icon="trash"), "content.delete")
        self.delete_button.clicked.connect(self.delete)
        more = QHBoxLayout()
        more.setSpacing(worn.space_2)
        more.addWidget(self.link_button)
        more.addWidget(self.delete_button)
        more.addStretch(1)
        foot = QVBoxLayout()
        foot.setSpacing(worn.space_2)
        foot.addWidget(self.fault)
        foot.addLayout(self.save_line())
        foot.addLayout(more)
        return foot

    # Showing

    @property
    def video(self) -> VideoView | None:
        """What is shown."""
        return self._row

    def show_comparing(self, comparing: bool) -> None:
        """Say that a chosen file is compared with what has arrived."""
        self.file_button.setText("Comparing…" if comparing else "Choose its file…")
        self.file_button.setEnabled(not comparing)

    def show_progress(self) -> None:
        """Say how far its upload is now."""
        if self._row is not None:
            self._tell()

    def _show_draft(self, draft: Draft) -> None:
        assert self._row is not None
        self.form.show_draft(draft, open_=state.may_be_scheduled(self._row))
        self._show_still()

    def _tell(self) -> None:
        video = self._row
        assert video is not None
        progress = self._context.uploads.progress(video.id)
        now, why = state.look(video, progress), state.why(video, progress)
        self._title.setText(video.title)
        self._chip.set(now.text, now.tone, now.icon)
        self._why.set_tone({"danger": "danger", "warning": "warning"}.get(now.tone, "muted"))  # type: ignore[arg-type]
        self._why.setText(why)
        self._why.setVisible(bool(why))
        remedy = state.what_now(video)
        self._remedy.setText(remedy)
        self._remedy.setVisible(bool(remedy))
        self.file_button.setVisible(video.state is VideoState.UPLOADING and progress is None)
        self.form.show_stills(self._stills.get(video), video.poster_at_ms)
        self._show_still()
        lines = state.facts(video)
        if (at := state.when(video)) is not None:
            word = "Will be published" if state.waits(video) else "Published"
            lines.append(f"{word} {state.moment(at)}")
        self._facts.setText("\n".join(lines))
        self.link_button.setEnabled(state.has_link(video))

    def _poster_came(self, name: object) -> None:
        if self._row is not None and self._row.id == name:
            self._show_still()

    def _stills_came(self, name: object) -> None:
        if self._row is not None and self._row.id == name:
            self.form.show_stills(self._stills.get(self._row), self._row.poster_at_ms)
            self._show_still()

    def _show_still(self) -> None:
        """The poster that there is, or the still that was chosen instead of it."""
        video, strip = self._row, self.form.strip
        assert video is not None
        other = strip.picture if video.poster_pending or strip.choice != video.poster_at_ms else None
        shown = other or self._posters.get(video)
        self._still.show_still(shown)
        # Both copies, and the fields below them, are what counts while there is a conflict.
        there = video.state is VideoState.READY or shown is not None
        self._still.setVisible(there and self.conflict.isHidden())

    # Typing

    def _typed_draft(self) -> Draft:
        return self.form.draft()

    def _typed(self) -> None:
        super()._typed()
        if self._row is not None:
            self._show_still()

    def _judge(self) -> None:
        if self._row is None:
            return
        base, draft = state.draft_of(self._row), self.form.draft()
        asked = state.changed(base, draft)
        wrong = state.faults(draft, self._context.ticker.now(), base)
        self.form.show_faults(wrong)
        self._show_buttons(asked, wrong=bool(wrong))

    # Doing

    def copy_link(self) -> None:
        """Put the link on the clipboard."""
        if self._row is not None and self.link_button.isEnabled():
            clipboard.put(link_to(self._row.id))
            self._context.messages.notify(Level.SUCCESS, "Link copied")

    def delete(self) -> None:
        """Ask for the video to be deleted, which can be undone."""
        if self._row is not None:
            self.delete_wanted.emit(self._row)

    async def _send(self, video: VideoView, typed: Draft) -> VideoView:
        edit = state.edit_of(state.draft_of(video), typed)
        path, tag = f"/v1/content/videos/{video.id}", f'"{video.version}"'
        answer = await self._context.api.request("PATCH", path, json=edit, if_match=tag)
        return answer.model(VideoView)

    def _parsed(self, current: Any) -> VideoView:
        return VideoView.model_validate(current)

    def _tell_saved(self, saved: VideoView) -> None:
        detail = " ".join(saved.notices)
        self._context.messages.notify(Level.SUCCESS, f"“{saved.title}” saved", detail)
