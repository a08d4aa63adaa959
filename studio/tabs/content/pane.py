"""One video: its still, what became of it, and what can be changed."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from server.content.rules import VideoState
from server.content.schemas import VideoView
from studio.api.errors import ApiError, Conflict
from studio.keeping import Keeping
from studio.key_hints import hint
from studio.messages import Level
from studio.posters import Posters
from studio.tab import Context
from studio.tabs.content import state
from studio.tabs.content.form import VideoForm
from studio.tabs.content.kept import PREFIX, Unsaved, kept_of, kept_text
from studio.tabs.content.state import Draft
from studio.tabs.content.stills import Stills
from studio.theme import style
from studio.video_link import link_to
from studio.widgets import clipboard
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.cell_delegate import paint_still
from studio.widgets.chip import Chip
from studio.widgets.conflict_card import ConflictCard
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.scroll_pane import ScrollPane

STILL = 168


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


class VideoPane(QWidget):
    """Keeps what was typed about each video, also over a restart, until it is saved or discarded.

    `saved` carries the new copy of a video, `delete_wanted` the video, `file_wanted` the video whose file is
    to be chosen again.
    """

    saved = Signal(object)
    delete_wanted = Signal(object)
    file_wanted = Signal(object)

    def __init__(self, context: Context, posters: Posters) -> None:
        super().__init__()
        self._context, self._posters = context, posters
        self._stills = Stills(context, self)
        self._video: VideoView | None = None
        self._saving = False
        self.keeping = Keeping(context, self, PREFIX)
        kept = [kept_of(text) for text in self.keeping.kept().values()]
        self._unsaved: dict[UUID, Unsaved] = {each.video.id: each for each in kept if each is not None}
        self.setAccessibleName("Video")
        self.form = VideoForm(context.ticker.now)
        self.form.typed.connect(self._typed)
        self.conflict = ConflictCard()
        self.conflict.theirs_wanted.connect(self.discard)
        card = Card()
        card.setMinimumWidth(340)
        card.body.setSpacing(style.tokens().space_3)
        card.body.addLayout(self._head())
        self._area = self._scroll()
        card.body.addWidget(self._area, 1)
        card.body.addLayout(self._foot())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)
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
        self.file_button.clicked.connect(lambda: self.file_wanted.emit(self._video))
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
        self._fault = Label("", "danger", wrap=True)
        self._fault.hide()
        self.save_button = hint(keymap, Button("Save changes", kind="primary"), "content.save")
        self.save_button.clicked.connect(self.save)
        self.discard_button = Button("Discard", kind="quiet", tip="Put back what the server has")
        self.discard_button.clicked.connect(self.discard)
        self.link_button = hint(keymap, Button("Copy link", icon="link"), "content.link")
        self.link_button.clicked.connect(self.copy_link)
        self.delete_button = hint(keymap, Button("Delete", icon="trash"), "content.delete")
        self.delete_button.clicked.connect(self.delete)
        save = QHBoxLayout()
        save.setSpacing(worn.space_2)
        save.addWidget(self.save_button)
        save.addWidget(self.discard_button)
        save.addStretch(1)
        more = QHBoxLayout()
        more.setSpacing(worn.space_2)
        more.addWidget(self.link_button)
        more.addWidget(self.delete_button)
        more.addStretch(1)
        foot = QVBoxLayout()
        foot.setSpacing(worn.space_2)
        foot.addWidget(self._fault)
        foot.addLayout(save)
        foot.addLayout(more)
        return foot

    # Showing

    @property
    def video(self) -> VideoView | None:
        """What is shown."""
        return self._video

    def show_video(self, video: VideoView) -> None:
        """Show a video; what was typed about it comes back."""
        self._video = video
        kept = self._unsaved.get(video.id)
        self._say_fault("")
        self.conflict.hide()
        self._tell()
        self._show_draft(kept.typed if kept else state.draft_of(video))
        self._judge()
        if kept is not None and kept.video.version != video.version:
            self.take(video)

    def take(self, current: VideoView) -> None:
        """Show a newer copy of the same video, and lay what was typed over it."""
        if self._video is None or current.id != self._video.id or current.version < self._video.version:
            return  # an answer that was overtaken
        kept = self._unsaved.get(current.id)
        self._video = current
        self._tell()
        if kept is None:
            self._show_draft(state.draft_of(current))
        elif kept.video.version != current.version:
            self._rebase(kept, current)
        self._judge()

    def show_comparing(self, comparing: bool) -> None:
        """Say that a chosen file is compared with what has arrived."""
        self.file_button.setText("Comparing…" if comparing else "Choose its file…")
        self.file_button.setEnabled(not comparing)

    def show_progress(self) -> None:
        """Say how far its upload is now."""
        if self._video is not None:
            self._tell()

    def _rebase(self, kept: Unsaved, current: VideoView) -> None:
        base, now = state.draft_of(kept.video), state.draft_of(current)
        found = state.differences(base, kept.typed, now)
        both = state.merged(base, kept.typed, now)
        self._keep(Unsaved(video=current, typed=both))
        self._show_draft(both)
        if found:
            self.conflict.show_differences(found)
            self._still.hide()
            self._area.verticalScrollBar().setValue(0)

    def _show_draft(self, draft: Draft) -> None:
        assert self._video is not None
        self.form.show_draft(draft, open_=state.may_be_scheduled(self._video))
        self._show_still()

    def _tell(self) -> None:
        video = self._video
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
        if self._video is not None and self._video.id == name:
            self._show_still()

    def _stills_came(self, name: object) -> None:
        if self._video is not None and self._video.id == name:
            self.form.show_stills(self._stills.get(self._video), self._video.poster_at_ms)
            self._show_still()

    def _show_still(self) -> None:
        """The poster that there is, or the still that was chosen instead of it."""
        video, strip = self._video, self.form.strip
        assert video is not None
        other = strip.picture if video.poster_pending or strip.choice != video.poster_at_ms else None
        shown = other or self._posters.get(video)
        self._still.show_still(shown)
        # Both copies, and the fields below them, are what counts while there is a conflict.
        there = video.state is VideoState.READY or shown is not None
        self._still.setVisible(there and self.conflict.isHidden())

    # Typing

    def _typed(self) -> None:
        video = self._video
        if video is None:
            return
        draft = self.form.draft()
        if state.changed(state.draft_of(video), draft):
            self._keep(Unsaved(video=video, typed=draft))
        else:
            self._drop(video.id)
        self._show_still()
        self._say_fault("")
        self._judge()

    def _judge(self) -> None:
        if self._video is None:
            return
        base, draft = state.draft_of(self._video), self.form.draft()
        asked = state.changed(base, draft)
        wrong = state.faults(draft, self._context.ticker.now(), base)
        self.form.show_faults(wrong)
        self.save_button.setEnabled(bool(asked) and not wrong and not self._saving)
        self.discard_button.setEnabled(not self._saving)
        self.discard_button.setVisible(bool(asked))

    def _keep(self, unsaved: Unsaved) -> None:
        name = unsaved.video.id
        if self._unsaved.get(name) != unsaved:
            self._unsaved[name] = unsaved
            self.keeping.keep(f"{PREFIX}{name}", kept_text(unsaved))

    def _drop(self, name: UUID) -> None:
        if self._unsaved.pop(name, None) is not None:
            self.keeping.keep(f"{PREFIX}{name}", "")

    def unsaved(self) -> frozenset[UUID]:
        """Ids of videos about which something is typed and not saved."""
        return frozenset(self._unsaved)

    def discard(self) -> None:
        """Put back what the server has."""
        if self._video is None:
            return
        self._drop(self._video.id)
        self.conflict.hide()
        self._say_fault("")
        self._tell()
        self._show_draft(state.draft_of(self._video))
        self._judge()

    # Doing

    def copy_link(self) -> None:
        """Put the link on the clipboard."""
        if self._video is not None and self.link_button.isEnabled():
            clipboard.put(link_to(self._video.id))
            self._context.messages.notify(Level.SUCCESS, "Link copied")

    def delete(self) -> None:
        """Ask for the video to be deleted, which can be undone."""
        if self._video is not None:
            self.delete_wanted.emit(self._video)

    def save(self) -> None:
        """Send what was changed."""
        if self._video is not None and self.save_button.isEnabled():
            self._set_saving(True)
            self._say_fault("")
            self._context.tasks.spawn(self._save(self._video, self.form.draft()), self)

    async def _save(self, video: VideoView, typed: Draft) -> None:
        edit = state.edit_of(state.draft_of(video), typed)
        path, tag = f"/v1/content/videos/{video.id}", f'"{video.version}"'
        try:
            answer = await self._context.api.request("PATCH", path, json=edit, if_match=tag)
            saved = answer.model(VideoView)
        except ApiError as error:
            self._set_saving(False)
            self._refused(video, error)
        else:
            self._set_saving(False)
            self._accepted(saved)

    def _accepted(self, saved: VideoView) -> None:
        self._drop(saved.id)
        if self._is_shown(saved.id):
            self.conflict.hide()
            self.take(saved)
        detail = " ".join(saved.notices)
        self._context.messages.notify(Level.SUCCESS, f"“{saved.title}” saved", detail)
        self.saved.emit(saved)

    def _refused(self, video: VideoView, error: ApiError) -> None:
        if isinstance(error, Conflict) and error.current is not None:
            current = VideoView.model_validate(error.current)
            if self._is_shown(video.id):
                self.take(current)
                if self.conflict.isHidden():
                    self._say_fault("Something else about it changed in the meantime. Save again.")
            self.saved.emit(current)
        else:
            kept = "What you typed is kept."
            self._say_fault(f"{error.what_happened} {kept} {error.what_to_do}", video.id)

    def _set_saving(self, saving: bool) -> None:
        self._saving = saving
        self.save_button.setText("Saving…" if saving else "Save changes")
        self.form.setEnabled(not saving)
        self._judge()

    def _is_shown(self, name: UUID) -> bool:
        return self._video is not None and self._video.id == name

    def _say_fault(self, text: str, about: UUID | None = None) -> None:
        if about is None or self._is_shown(about):
            self._fault.setText(text)
            self._fault.setVisible(bool(text))
