"""The review player as one widget: picture, time bar, waveform, storyboard and buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from studio.keys import BY_ID, Keymap
from studio.theme import style
from studio.video.decoder import Failed, Picture
from studio.video.index import MediaIndex, Source
from studio.video.player import Player
from studio.video.playhead import Lane, Playhead, Region, timecode
from studio.video.shield import Shield
from studio.video.spectrogram import Spectrogram
from studio.video.storyboard import Preview, Storyboard
from studio.video.timeline import Timeline
from studio.video.transport import transport
from studio.video.view import FrameView
from studio.video.waveform import Waveform
from studio.widgets.button import IconButton
from studio.widgets.label import ElidedLabel
from studio.widgets.toast import BELOW

_BACK = ("first-frame", "second-back", "ten-back", "step-back")
_RUN = ("shuttle-back", "play", "shuttle-stop", "shuttle-forward")
_ON = ("step-forward", "ten-forward", "second-forward", "last-frame")
_MARKS = ("previous-marker", "next-marker", "mark-in", "mark-out", "note")
_IN_WORDS = {
    "second-back": "\N{MINUS SIGN}1 s",
    "ten-back": "\N{MINUS SIGN}10",
    "ten-forward": "+10",
    "second-forward": "+1 s",
}
"""No icon says these as plainly."""
_ALWAYS = ("regions", "spectrum", "mute", "greyscale", "blur")  # usable with no video open


class ReviewPlayer(QWidget):
    """A complete player for one video at a time; `player` is what keys and panels act on.

    Reveal lasts while its button or key is held, and ends when the window loses focus or the
    player is hidden, whatever keys the system then fails to report as released.
    """

    mark_requested = Signal(int)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        player: Player | None = None,
        view: FrameView | None = None,
        keymap: Keymap | None = None,
    ) -> None:
        super().__init__(parent)
        self._keymap = keymap or Keymap()
        self._source: Source | None = None
        self._previews: tuple[Preview, ...] = ()
        self._extras_due = False
        self.player = player or Player(self)
        self.view = view or FrameView()
        self.timeline = Timeline()
        self.waveform = Waveform()
        self.spectrogram = Spectrogram()
        self.spectrogram.hide()
        self._spectrum_on = False
        self.storyboard = Storyboard()
        self._where = QLabel()
        self._where.setTextFormat(Qt.TextFormat.PlainText)
        self._where.setAccessibleName("Position and speed")
        self._where.setObjectName(BELOW)  # it stands highest at the right: below it are buttons and time
        self._status = ElidedLabel()
        self._status.setAccessibleName("Player message")
        self._strength = QSlider(Qt.Orientation.Horizontal)
        self._strength.setRange(0, 100)
        self._strength.setFixedWidth(56)
        self._strength.setAccessibleName("Blur strength")
        self._strength.setToolTip("Blur strength")
        self._buttons: dict[str, IconButton] = {}
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.view)
        self._closed()
        self._tell_shield(self.player.shield)
        self._set_regions_seen(True)
        self._show_toggle("spectrum", "spectrum", False)
        self._show_head(None)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the player does for each action of the key table, by action id.

        Held actions take a bool. The host binds these, with what it adds or replaces.
        """
        player = self.player
        return {
            **transport(player),
            "review.mark-in": player.set_in,
            "review.mark-out": player.set_out,
            "review.note": self.request_mark,
            "review.reveal": player.reveal,
            "review.greyscale": player.toggle_grey,
            "review.mute": self.toggle_mute,
            "review.regions": self.toggle_regions,
            "review.spectrum": self.toggle_spectrum,
        }

    def open(self, source: Source, *, lanes: Sequence[Lane] = (), regions: Sequence[Region] = ()) -> None:
        """Show a video, shielded; the sound level and the storyboard follow its first picture."""
        previews, self._previews = self._previews, ()
        self.player.open(source, lanes=lanes, regions=regions)
        self._source = source
        self._extras_due = True
        self.storyboard.preview(previews)
        self.view.say("Opening the video")

    @property
    def source(self) -> Source | None:
        """The video that is shown; None until one is asked for."""
        return self._source

    def show_regions(self, regions: Sequence[Region]) -> None:
        """Draw these boxes on the frames; asked for anew, they are seen even where they had been hidden."""
        if regions:
            self._set_regions_seen(True)
        self.player.set_regions(regions)

    def toggle_regions(self) -> None:
        """Boxes on the frames on or off."""
        head = self.player.head
        drawn = head is not None and bool(head.regions)
        if not drawn:
            self._status.setText("No boxes: press a moment or a signal of the scores")
        self._set_regions_seen(self.view.regions_seen != drawn)

    def preview(self, given: Sequence[Preview]) -> None:
        """Show stills while the video itself is still on its way."""
        if self._source is None:
            self._previews = tuple(given)
            self.storyboard.preview(given)

    def close_video(self) -> None:
        """Show nothing and let go of everything decoded."""
        self._previews = ()
        self.player.close()

    def button(self, name: str) -> IconButton:
        """The button of action `review.<name>`, or the one called "blur"."""
        return self._buttons[name]

    def hideEvent(self, event: QHideEvent) -> None:
        self.player.reveal(False)
        self.player.shuttle(0)
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.player.close()
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.player.reveal(False)
        super().changeEvent(event)

    def _lay_out(self) -> None:
        worn = style.tokens()
        handlers = self.handlers()
        moves = QHBoxLayout()
        moves.setContentsMargins(worn.space_2, 0, worn.space_2, 0)
        moves.setSpacing(2)
        for group in (_BACK, _RUN, _ON):
            for name in group:
                moves.addWidget(self._add_button(name, handlers[f"review.{name}"]))
            moves.addSpacing(worn.space_2)
        moves.addStretch(1)
        moves.addWidget(self._where)
        row = QHBoxLayout()
        row.setContentsMargins(worn.space_2, 0, worn.space_2, 0)
        row.setSpacing(2)
        for name in _MARKS:
            row.addWidget(self._add_button(name, handlers[f"review.{name}"]))
        row.addSpacing(worn.space_2)
        row.addWidget(self._status, 1)
        for name in ("regions", "spectrum", "mute", "greyscale"):
            row.addWidget(self._add_button(name, handlers[f"review.{name}"]))
        row.addWidget(self._add_button("blur", self.player.toggle_blur))
        row.addWidget(self._strength)
        row.addSpacing(worn.space_2)
        row.addWidget(self._add_button("reveal", None))
        for name in _ALWAYS:
            self._buttons[name].setCheckable(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_2)
        column.addWidget(self.view, 1)
        column.addLayout(moves)
        column.addLayout(row)
        for part in (self.timeline, self.waveform, self.spectrogram, self.storyboard):
            column.addWidget(part)
        self._name_buttons()

    def _add_button(self, name: str, act: Callable[[], None] | None) -> IconButton:
        known = BY_ID.get(f"review.{name}")
        button = IconButton((known.icon if known else name) or "marker", known.text if known else "Blur")
        button.setProperty("dense", True)
        if name in _IN_WORDS:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setText(_IN_WORDS[name])
        if act is not None:
            button.clicked.connect(lambda _checked=False: act())
        self._buttons[name] = button
        return button

    def _name_buttons(self) -> None:
        """Have each tool tip name the key in force."""
        for name, button in self._buttons.items():
            action = BY_ID.get(f"review.{name}")
            if action is not None:
                button.set_name(action.text, self._keymap.tooltip(action.id))

    def _connect(self) -> None:
        player = self.player
        player.opened.connect(self._opened)
        player.changed.connect(self._show_head)
        player.picture.connect(self._show_picture)
        player.failed.connect(self._show_failure)
        player.closed.connect(self._closed)
        player.required_changed.connect(self._require)
        player.shield_changed.connect(self._tell_shield)
        player.revealed_changed.connect(self._tell_revealed)
        player.blank_changed.connect(self._tell_blank)
        player.muted_changed.connect(self._tell_muted)
        self.view.resized.connect(lambda: player.set_fit(self.view.fit()))
        self.timeline.scrubbed.connect(player.seek)
        self.waveform.scrubbed.connect(player.seek)
        self.spectrogram.scrubbed.connect(player.seek)
        self.storyboard.chosen.connect(player.seek)
        self._keymap.changed.connect(self._name_buttons)
        self._buttons["reveal"].pressed.connect(lambda: player.reveal(True))
        self._buttons["reveal"].released.connect(lambda: player.reveal(False))
        self._strength.valueChanged.connect(self.set_strength)

    def set_strength(self, strength: int) -> None:
        """Change how strongly the picture is blurred, 0..100."""
        self.player.set_shield(replace(self.player.shield, strength=strength))

    def toggle_mute(self) -> None:
        """Sound on or off; where there is nothing to be heard, say why."""
        player = self.player
        if player.muted and player.index is not None and not player.index.has_audio:
            self._status.setText("This video has no sound")
        elif player.muted and not player.can_sound:
            self._status.setText("There is no sound device on this computer")
        else:
            player.set_muted(not player.muted)

    def toggle_spectrum(self) -> None:
        """The sound by its pitch, or by its loudness; it stays so for the videos that come."""
        self._spectrum_on = not self._spectrum_on
        self._show_toggle("spectrum", "spectrum", self._spectrum_on)
        index = self.player.index
        if self._spectrum_on and index is not None and not index.has_audio:
            self._status.setText("This video has no sound")
        self._show_sound()

    def _show_sound(self) -> None:
        """One of the two pictures of the sound, read when it is seen first."""
        index, head = self.player.index, self.player.head
        audible = index is None or index.has_audio
        self.waveform.setVisible(audible and not self._spectrum_on)
        self.spectrogram.setVisible(audible and self._spectrum_on)
        if self._extras_due or self._source is None or index is None or head is None or not index.has_audio:
            return
        first = float(head.table.pts[0] * head.table.time_base)
        picture = self.spectrogram if self._spectrum_on else self.waveform
        if not picture.loaded:
            picture.load(self._source, head, first)

    def request_mark(self) -> None:
        """Stop and ask the host for a note on the current frame (`mark_requested`)."""
        self.player.shuttle(0)
        if self.player.head is not None:
            self.mark_requested.emit(self.player.head.frame)

    def _opened(self, index: MediaIndex) -> None:
        self.view.set_video_size(index.width, index.height)
        self.player.set_fit(self.view.fit())
        self._status.clear()

    def _show_picture(self, picture: Picture) -> None:
        self.view.show_picture(picture)
        index, head = self.player.index, self.player.head
        # The first picture has the processor to itself; what is nice to have comes after it.
        if self._extras_due and self._source is not None and index and head:
            self._extras_due = False
            self.storyboard.load(self._source, index)
            self._show_sound()

    def _show_failure(self, failure: Failed) -> None:
        if self.player.index is None:
            self.view.say("This video cannot be shown", failure.message)
            self._extras_due = False
        elif failure.frame is not None:
            self._status.setText(f"Frame {failure.frame + 1} is damaged")
        else:
            self._status.setText(failure.message)

    def _show_head(self, head: Playhead | None) -> None:
        for part in (self.view, self.timeline, self.waveform, self.spectrogram, self.storyboard):
            part.set_playhead(head)
        for name, button in self._buttons.items():
            button.setEnabled(head is not None or name in _ALWAYS)
        playing = head is not None and head.playing
        self._buttons["play"].set_icon("pause" if playing else "play")
        if head is None:
            self._where.clear()
            return
        speed = f"{head.rate:g}x   " if playing else ""
        self._where.setText(f"{speed}{timecode(head.ms)} / {timecode(head.table.duration_ms)}")

    def _closed(self) -> None:
        self._source = None
        self._extras_due = False
        self.waveform.clear()
        self.spectrogram.clear()
        self.storyboard.clear()
        self._status.clear()
        self.view.say("No video", "Claim an item to review it here.")

    def _require(self, shield: Shield) -> None:
        """The last to hear of a change of shield: every part is ready, now paint, at once."""
        self.view.set_required(shield)
        self.repaint()

    def _tell_shield(self, shield: Shield) -> None:
        self.storyboard.set_shield(shield)
        self._show_toggle("greyscale", "contrast", shield.grey)
        self._show_toggle("blur", "blur", shield.blur)
        self._strength.setValue(shield.strength)
        self._strength.setEnabled(shield.blur)

    def _tell_revealed(self, revealed: bool) -> None:
        self.storyboard.set_revealed(revealed)
        self._buttons["reveal"].set_icon("eye-off" if revealed else "eye")

    def _tell_blank(self, blank: bool) -> None:
        self.view.set_blank(blank)
        self.storyboard.set_blank(blank)
        self.repaint()

    def _set_regions_seen(self, seen: bool) -> None:
        self.view.set_regions_seen(seen)
        self._show_toggle("regions", "regions", seen)

    def _tell_muted(self, muted: bool) -> None:
        self._show_toggle("mute", "mute" if muted else "volume", not muted)

    def _show_toggle(self, name: str, icon: str, on: bool) -> None:
        self._buttons[name].setChecked(on)
        self._buttons[name].set_icon(icon, "accent" if on else "text_muted")
