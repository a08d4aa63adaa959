"""Two videos side by side under one set of controls, both shielded alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.key_binding import bind
from studio.key_hints import hint
from studio.keys import BY_ID, Keymap
from studio.theme import style
from studio.video.along import Along
from studio.video.decoder import Failed, Picture
from studio.video.index import MediaIndex, Source
from studio.video.pair import Pair
from studio.video.player import Player
from studio.video.playhead import Lane, Playhead, timecode
from studio.video.shield import Shield
from studio.video.timeline import Timeline
from studio.video.transport import transport
from studio.video.view import FrameView
from studio.widgets.button import IconButton
from studio.widgets.label import ElidedLabel, Label

BUDGET: Final = 96 << 20
"""Decoded frames in bytes that each of the two may hold."""
_MOVES: Final = ("first-frame", "step-back", "play", "step-forward", "last-frame")
_MARKERS: Final = ("previous-marker", "next-marker")
_SHIELDS: Final = ("greyscale", "reveal")


class Side(QWidget):
    """One of the two: its title, its picture, where it stands."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.player = Player(budget=BUDGET)
        self.player.setParent(self)
        self.view = FrameView()
        self.view.setAccessibleName(name)
        self.view.setMinimumSize(160, 120)  # two of them stand beside a list
        self.title = ElidedLabel(name, "strong")
        self.where = Label("", "muted")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.where)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_1)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        player = self.player
        player.opened.connect(self._opened)
        player.changed.connect(self._show_head)
        player.picture.connect(self._show_picture)
        player.failed.connect(self._show_failure)
        player.required_changed.connect(self._require)
        player.blank_changed.connect(self._set_blank)
        self.view.resized.connect(lambda: player.set_fit(self.view.fit()))

    def open(self, source: Source, lanes: Sequence[Lane] = ()) -> None:
        """Show a video."""
        self.view.say("Opening the video")
        self.player.set_fit(self.view.fit())
        self.player.open(source, lanes=lanes)

    def say(self, title: str, text: str = "") -> None:
        """Show a sentence in place of a video."""
        self.player.close()
        self.view.say(title, text)

    def _opened(self, index: MediaIndex) -> None:
        self.view.set_video_size(index.width, index.height)
        self.player.set_fit(self.view.fit())

    def _show_head(self, head: Playhead | None) -> None:
        self.view.set_playhead(head)
        if head is None:
            self.where.setText("")
        else:
            self.where.setText(f"{timecode(head.ms)} / {timecode(head.table.duration_ms)}")

    def _show_picture(self, picture: Picture) -> None:
        self.view.show_picture(picture)

    def _show_failure(self, failure: Failed) -> None:
        if self.player.index is None:
            self.view.say("This video cannot be shown", failure.message)

    def _require(self, shield: Shield) -> None:
        self.view.set_required(shield)
        self.repaint()  # at once: what was revealed must not linger

    def _set_blank(self, blank: bool) -> None:
        self.view.set_blank(blank)
        self.repaint()


class Compare(QWidget):
    """The left video leads: it plays, steps and is scrubbed, and the right one stands where it belongs.

    A reveal lasts while its key or button is held, and ends when the focus or the window is left. The button
    that blanks the screen emits `blank_wanted`; its key belongs to the page, which may have more to blank.
    """

    blank_wanted = Signal()

    def __init__(self, keymap: Keymap, left: str, right: str) -> None:
        super().__init__()
        self._keymap = keymap
        self.left, self.right = Side(left), Side(right)
        self.pair = Pair(self.left.player, self.right.player, self)
        self.timeline = Timeline()
        self._buttons: dict[str, IconButton] = {}
        self._start_ms = 0
        worn = style.tokens()
        pictures = QHBoxLayout()
        pictures.setSpacing(worn.space_3)
        pictures.addWidget(self.left, 1)
        pictures.addWidget(self.right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_2)
        column.addLayout(pictures, 1)
        column.addLayout(self._controls())
        column.addWidget(self.timeline)
        self.left.player.opened.connect(self._begin)
        self.left.player.changed.connect(self._show_head)
        self.left.player.shield_changed.connect(self._tell_shield)
        self.left.player.revealed_changed.connect(self._tell_revealed)
        self.timeline.scrubbed.connect(self.left.player.seek)
        bind(keymap, self, "review", self.handlers())
        self.setFocusProxy(self.left.view)
        self._tell_shield(self.left.player.shield)
        self._show_head(None)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What each key does."""
        lead = self.left.player
        return {
            **transport(lead),
            "review.reveal": self.reveal,
            "review.greyscale": lambda: self.set_shield(replace(lead.shield, grey=not lead.shield.grey)),
        }

    def begin(self, along: Along) -> None:
        """Other videos come, to be opened in `left` and `right`: which times of them belong together. The
        leading one will stand where that begins."""
        self._start_ms = along.start_ms
        for side in (self.left, self.right):
            side.say("Fetching the video")
        self.pair.set_along(along)

    def close_videos(self) -> None:
        """Let go of both."""
        for side in (self.left, self.right):
            side.player.close()

    def set_shield(self, shield: Shield) -> None:
        """How both are shielded."""
        for side in (self.right, self.left):
            side.player.set_shield(shield)

    def reveal(self, revealed: bool) -> None:
        """Hold or end the reveal of both."""
        for side in (self.right, self.left):
            side.player.reveal(revealed)

    @property
    def blank(self) -> bool:
        """Whether both show nothing."""
        return self.left.player.blank

    def set_blank(self, blank: bool) -> None:
        """Show nothing of either, and stop; or show them again, shielded."""
        for side in (self.left, self.right):
            side.player.set_blank(blank)
        self._buttons["panic"].set_icon("blank", "accent" if blank else "text_muted")

    def button(self, name: str) -> IconButton:
        """The button of action `review.<name>`."""
        return self._buttons[name]

    def hideEvent(self, event: QHideEvent) -> None:
        self.reveal(False)
        self.left.player.shuttle(0)
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.close_videos()
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.reveal(False)
        super().changeEvent(event)

    # Inside

    def _controls(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        handlers = self.handlers()
        for group in (_MOVES, _MARKERS):
            for name in group:
                row.addWidget(self._button(name, handlers[f"review.{name}"]))
            row.addSpacing(style.tokens().space_2)
        row.addStretch(1)
        for name in _SHIELDS:
            act = handlers[f"review.{name}"] if name != "reveal" else None
            row.addWidget(self._button(name, act))
        row.addWidget(self._button("panic", self.blank_wanted.emit))
        self._buttons["greyscale"].setCheckable(True)
        self._buttons["reveal"].pressed.connect(lambda: self.reveal(True))
        self._buttons["reveal"].released.connect(lambda: self.reveal(False))
        return row

    def _button(self, name: str, act: Callable[..., None] | None) -> IconButton:
        action = BY_ID[f"review.{name}"]
        button = hint(self._keymap, IconButton(action.icon or "blank", action.text), action.id)
        button.setProperty("dense", True)
        if act is not None:
            button.clicked.connect(lambda _checked=False: act())
        self._buttons[name] = button
        return button

    def _begin(self, _index: object) -> None:
        self.left.player.seek_ms(self._start_ms)

    def _show_head(self, head: Playhead | None) -> None:
        self.timeline.set_playhead(head)
        for name in (*_MOVES, *_MARKERS, "reveal"):
            self._buttons[name].setEnabled(head is not None)
        self._buttons["play"].set_icon("pause" if head is not None and head.playing else "play")

    def _tell_shield(self, shield: Shield) -> None:
        self._buttons["greyscale"].setChecked(shield.grey)
        self._buttons["greyscale"].set_icon("contrast", "accent" if shield.grey else "text_muted")

    def _tell_revealed(self, revealed: bool) -> None:
        self._buttons["reveal"].set_icon("eye-off" if revealed else "eye")
