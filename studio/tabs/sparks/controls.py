"""What one turns at a preview: play, scrub, speed, dice, ground; and the figures below it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from studio.key_hints import hint
from studio.keys import Keymap
from studio.sparks.given import SEED
from studio.sparks.player import SPEEDS
from studio.tabs.sparks.meters import NAMES, Meter
from studio.tabs.sparks.stage import Ground
from studio.theme import style
from studio.widgets.button import Button, IconButton
from studio.widgets.label import Label
from studio.widgets.number_field import NumberField

FINEST: Final = 1_000
"""Steps of the bar."""
MOST_SEED: Final = 999_999
GROUNDS: Final = ((Ground.BLACK, "Black"), (Ground.WHITE, "White"), (Ground.VIDEO, "Video"))


class Grounds(QWidget):
    """Black, white or a video. `wanted` carries a `Ground`."""

    wanted = Signal(object)

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.buttons: dict[Ground, Button] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(style.tokens().space_1)
        for ground, title in GROUNDS:
            button = Button(title)
            button.setCheckable(True)
            button.setAccessibleName("Over a video" if ground is Ground.VIDEO else f"On {title.lower()}")
            self._group.addButton(hint(keymap, button, "sparks.ground"))
            button.clicked.connect(lambda _on=False, name=ground: self.wanted.emit(name))
            self.buttons[ground] = button
            row.addWidget(button, 1)
        self.buttons[Ground.BLACK].setChecked(True)


class Controls(QWidget):
    """Buttons and fields by name; whoever owns them connects them. `scrubbed` carries a share, 0 to 1."""

    scrubbed = Signal(float)

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        worn = style.tokens()
        self.play = IconButton("play", "Play")
        self.back = IconButton("step-back", "One picture back")
        self.on = IconButton("step-forward", "One picture forward")
        self.mute = IconButton("mute", "Sound is off")
        self.bar = QSlider(Qt.Orientation.Horizontal)
        self.bar.setRange(0, FINEST)
        self.bar.setAccessibleName("Place in the spark")
        self.place = Label("", "caption")
        self.place.setMinimumWidth(72)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}x", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.dice = Button("Dice", icon="refresh")
        self.dice.setMinimumWidth(self.dice.sizeHint().width())
        self.lock = IconButton("unlock", "Keep this throw")
        self.lock.setCheckable(True)
        self.seed = NumberField("Seed", 0, MOST_SEED, SEED)
        self.seed.setKeyboardTracking(False)  # else each digit is a throw of its own
        for name, button in (
            ("play", self.play),
            ("step-back", self.back),
            ("step-forward", self.on),
            ("mute", self.mute),
            ("dice", self.dice),
            ("lock", self.lock),
        ):
            hint(keymap, button, f"sparks.{name}")
        playing, throwing = QHBoxLayout(), QHBoxLayout()
        playing.setSpacing(worn.space_1)
        for each in (self.back, self.play, self.on):
            playing.addWidget(each)
        playing.addWidget(self.bar, 1)
        playing.addWidget(self.place)
        playing.addWidget(self.mute)
        throwing.setSpacing(worn.space_2)
        throwing.addWidget(self.dice)
        throwing.addWidget(self.seed, 1)
        for end in (self.lock, self.speed):
            throwing.addWidget(end)
        self.figures = {name: Label("…", "caption") for name in NAMES}
        figures = QGridLayout()
        figures.setHorizontalSpacing(worn.space_3)
        figures.setVerticalSpacing(worn.space_1)
        for number, (name, value) in enumerate(self.figures.items()):
            figures.addWidget(Label(name, "muted"), number, 0)
            figures.addWidget(value, number, 1)
        figures.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_2)
        column.addLayout(playing)
        column.addLayout(throwing)
        column.addLayout(figures)
        self.bar.sliderMoved.connect(lambda place: self.scrubbed.emit(place / FINEST))
        self.bar.actionTriggered.connect(lambda _what: self.scrubbed.emit(self.bar.sliderPosition() / FINEST))

    def set_seed(self, seed: int) -> None:
        """Show a seed without telling of it."""
        self.seed.blockSignals(True)
        self.seed.setValue(seed)
        self.seed.blockSignals(False)

    def tell(self, *, here: bool, chosen: bool, playing: bool, muted: bool) -> None:
        """Show what is so: `here` = there is a film, `chosen` = there is a spark."""
        locked = self.lock.isChecked()
        self.play.set_icon("pause" if playing else "play")
        self.play.setAccessibleName("Pause" if playing else "Play")
        self.mute.set_icon("mute" if muted else "volume")
        self.mute.setAccessibleName("Sound is off" if muted else "Sound is on")
        self.lock.set_icon("lock" if locked else "unlock")
        self.lock.setAccessibleName("This throw is kept" if locked else "Keep this throw")
        for each in (self.play, self.back, self.on, self.bar):
            each.setEnabled(here)
        self.dice.setEnabled(chosen and not locked)
        self.seed.setEnabled(not locked)

    def tell_place(self, at_s: float, whole_s: float | None) -> None:
        """Show where it is."""
        if not self.bar.isSliderDown():
            self.bar.blockSignals(True)
            self.bar.setValue(round(at_s / whole_s * FINEST) if whole_s else 0)
            self.bar.blockSignals(False)
        self.place.setText(f"{at_s:.1f} / {whole_s:.1f} s" if whole_s is not None else "")

    def tell_figures(self, figures: Iterable[Meter]) -> None:
        """Show what was measured."""
        for meter in figures:
            label = self.figures[meter.name]
            label.setText(meter.value)
            label.set_tone("danger" if meter.over else "caption")
