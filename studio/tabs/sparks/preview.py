"""One spark, large: play, scrub, slower and faster, another throw of the dice, and what it costs to play."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.sparks.film import Film
from studio.sparks.given import SEED, Known
from studio.sparks.mixer import Mixer
from studio.sparks.order import Kind, Order
from studio.sparks.player import Playback
from studio.tab import Context
from studio.tabs.sparks.controls import GROUNDS, Controls, Grounds
from studio.tabs.sparks.ground_video import GroundVideo
from studio.tabs.sparks.meters import meters
from studio.tabs.sparks.stage import Ground, PreviewStage
from studio.tabs.sparks.state import Fault
from studio.theme import style
from studio.video.audio import Sink, default_sink
from studio.widgets.label import Label

FRAME_MS: Final = 16
Throw = Callable[[], int]


class Preview(QWidget):
    """`measured` says that there are figures of the spark that is shown."""

    measured = Signal()

    def __init__(
        self,
        context: Context,
        *,
        throw: Throw,
        now: Callable[[], float] = time.monotonic,
        make_sink: Callable[[], Sink | None] = default_sink,
    ) -> None:
        super().__init__()
        self.setAccessibleName("Preview of the spark")
        self._context, self._throw = context, throw
        self.spark: Known | None = None
        self.seed = SEED
        self._failed, self._muted = "", True
        self._share: dict[Order, float] = {}
        self.playback = Playback(now)
        self.mixer = Mixer(self, make_sink=make_sink, now=now)
        self._round = 0.0
        self.stage = PreviewStage()
        self.video = GroundVideo(context, self)
        self._build()
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.setInterval(FRAME_MS)
        self._clock.timeout.connect(self.tick)
        self._connect()
        self._tell()

    # What is shown

    def show_spark(self, spark: Known | None) -> None:
        """Show another one, from its beginning; the throw stays where it is locked."""
        if spark == self.spark:
            return
        before, self.spark = self.spark, spark
        if not self.lock.isChecked():
            self._set_seed(SEED)
        if before is not None:
            self._forget(before)
        self._load()

    def set_fault(self, fault: Fault | None) -> None:
        """Draw where something is refused, and stand still at that moment."""
        self.stage.region = fault.region if fault is not None else None
        if fault is not None and fault.second is not None:
            self.playback.pause()
            self.playback.seek(fault.second)
        self.tick()
        self.stage.update()
        self._tell()

    def toggle(self) -> None:
        """Play or stand still."""
        if self.playback.playing:
            self.playback.pause()
        else:
            self.stage.region = None
            self.playback.play()
        self._follow_clock()
        self._tell()

    def step(self, by: int) -> None:
        """One picture on or back, standing still."""
        length = self.playback.length
        if length is not None:
            at = (self.playback.picture() or 0) + by
            self.playback.pause()
            self.playback.seek((at % length.count + 0.5) / length.fps)
            self.tick()
            self._tell()

    def roll(self) -> None:
        """Throw the dice: another seed, unless the throw is locked."""
        if not self.lock.isChecked():
            self._set_seed(self._throw())
            self._load()

    def next_ground(self) -> None:
        """Black, white, video, and again."""
        order = [ground for ground, _ in GROUNDS]
        self.set_ground(order[(order.index(self.stage.ground) + 1) % len(order)])

    def set_ground(self, ground: Ground) -> None:
        """Look at it over something else."""
        self.stage.ground = ground
        self.grounds.buttons[ground].setChecked(True)
        self.note.hide()
        self._follow_clock()
        self.stage.update()

    def toggle_sound(self) -> None:
        """Sound on or off; it is heard from the next beginning on."""
        self._muted = not self._muted
        self.mixer.set_sound(muted=self._muted, volume=0.8)
        self._tell()

    @property
    def film(self) -> Film | None:
        """The film that is shown, if it is here."""
        return self._context.films.film(self._order(Kind.FILM)) if self.spark is not None else None

    def figures(self) -> dict[str, object] | None:
        """What was measured of what is shown."""
        if self.spark is None:
            return None
        return self._context.films.measured(self._order(Kind.METER))

    def tick(self) -> None:
        """Be at the picture that is due."""
        film, picture = self.film, self.playback.picture()
        image = None
        if film is not None and picture is not None:
            image = film.ask(picture, *self.stage.pixels)
            film.ask((picture + 1) % film.length.count, *self.stage.pixels, ahead=True)
        elif self.spark is not None:
            still = self._context.films.film(Order(Kind.STILL, self.spark.sha256))
            image = still.ask(0, *self.stage.pixels) if still is not None else None
        if image is not None or film is None:
            self.stage.image = image
        self.stage.video = self.video.frame if self.stage.ground is Ground.VIDEO else None
        self.stage.words = self._words() if self.stage.image is None else ""
        self.stage.update()
        self.video.painted_now()
        at = self.playback.seconds()
        if self.playback.playing and at < self._round:
            self._sound()
        self._round = at
        self._tell_place(at, picture)

    # Inside

    def _order(self, kind: Kind) -> Order:
        assert self.spark is not None
        return Order(kind, self.spark.sha256, self.seed, self._context.me.name)

    def _load(self) -> None:
        self.stage.region, self.stage.image, self._failed = None, None, ""
        self.playback.load(None)
        self.mixer.stop()
        if self.spark is not None:
            self.stage.describe(self.spark.name)
            if self.isVisible():
                self._want(self.spark)
        self._begin()
        self.tick()
        self._tell()

    def _want(self, spark: Known) -> None:
        films = self._context.films
        films.want(Order(Kind.STILL, spark.sha256), spark)
        for kind in (Kind.FILM, Kind.METER):
            films.want(self._order(kind), spark)
        films.want(Order(Kind.SOUND, spark.sha256, self.seed), spark)

    def _forget(self, spark: Known) -> None:
        name = self._context.me.name
        orders = [Order(kind, spark.sha256, self.seed, name) for kind in (Kind.FILM, Kind.METER)]
        self._context.films.give_up([*orders, Order(Kind.SOUND, spark.sha256, self.seed)])

    def _begin(self) -> None:
        film = self.film
        if film is not None and self.playback.length is None:
            self.playback.load(film.length)
            if not style.theme().reduced_motion:
                self.playback.play()
                self._sound()
            else:
                self.playback.seek(film.length.seconds * 0.5)
        self._follow_clock()

    def _sound(self) -> None:
        if self.spark is not None and self.playback.speed == 1.0:
            pcm = self._context.films.sound(Order(Kind.SOUND, self.spark.sha256, self.seed))
            if pcm:
                self.mixer.play(self.spark.sha256, pcm)

    def _came(self, order: Order) -> None:
        if self.spark is None or order.sha256 != self.spark.sha256:
            return
        self._share.pop(order, None)
        if order == self._order(Kind.METER):
            self.measured.emit()
        self._begin()
        self.tick()
        self._tell()

    def _fail(self, order: Order, why: str) -> None:
        if self.spark is not None and order == self._order(Kind.FILM):
            self._failed = why
            self.tick()

    def _baked(self, order: Order, share: float) -> None:
        if self.spark is not None and order.sha256 == self.spark.sha256:
            self._share[order] = share
            self.tick()

    def _decoded(self, name: str) -> None:
        film = self.film
        still = self._context.films.film(Order(Kind.STILL, self.spark.sha256)) if self.spark else None
        if not self.playback.playing and name in {each.name for each in (film, still) if each is not None}:
            self.tick()

    def _words(self) -> str:
        if self.spark is None:
            return "Choose a spark to look at it."
        if self._failed:
            return self._failed
        share = self._share.get(self._order(Kind.FILM))
        return "Getting it ready" if share is None else f"Getting it ready, {share:.0%}"

    def _follow_clock(self) -> None:
        video = self.stage.ground is Ground.VIDEO
        self.video.run(video and self.isVisible() and not style.theme().reduced_motion)
        if self.isVisible() and self.playback.playing:
            self._clock.start()
        else:
            self._clock.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.spark is not None:
            self._want(self.spark)
        self._begin()
        self.tick()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.mixer.stop()
        self._clock.stop()
        self.video.run(False)

    def _set_seed(self, seed: int) -> None:
        self.seed = seed
        self.controls.set_seed(seed)

    def _typed_seed(self, seed: int) -> None:
        self.seed = seed
        self._load()

    # Widgets

    def _build(self) -> None:
        worn, keymap = style.tokens(), self._context.keymap
        self.grounds, self.controls = Grounds(keymap), Controls(keymap)
        self.lock = self.controls.lock
        self.note = Label("", "warning", wrap=True)
        self.note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_2)
        column.addWidget(self.grounds)
        column.addWidget(self.note)
        column.addWidget(self.stage, 1)
        column.addWidget(self.controls)

    def _connect(self) -> None:
        films = self._context.films
        films.came.connect(self._came)
        films.failed.connect(self._fail)
        films.baked.connect(self._baked)
        films.decoded.connect(self._decoded)
        self.stage.sized.connect(self.tick)
        self.stage.pressed.connect(self.toggle)
        controls = self.controls
        controls.play.clicked.connect(self.toggle)
        controls.back.clicked.connect(lambda: self.step(-1))
        controls.on.clicked.connect(lambda: self.step(1))
        controls.mute.clicked.connect(self.toggle_sound)
        controls.dice.clicked.connect(self.roll)
        controls.lock.toggled.connect(lambda _on: self._tell())
        controls.seed.valueChanged.connect(self._typed_seed)
        controls.scrubbed.connect(self._scrub)
        controls.speed.currentIndexChanged.connect(
            lambda _n: self.playback.set_speed(controls.speed.currentData())
        )
        self.grounds.wanted.connect(self.set_ground)
        self.video.painted.connect(self._video_painted)
        self.video.failed.connect(self._video_failed)

    def _video_painted(self) -> None:
        if not self.playback.playing:
            self.tick()

    def _video_failed(self, why: str) -> None:
        if self.stage.ground is Ground.VIDEO:
            self.note.setText(why)
            self.note.show()

    def _scrub(self, share: float) -> None:
        length = self.playback.length
        if length is not None:
            self.playback.pause()
            self._follow_clock()
            self.playback.seek(share * length.seconds)
            self.tick()
            self._tell()

    def _tell(self) -> None:
        self.controls.tell(
            here=self.playback.length is not None,
            chosen=self.spark is not None,
            playing=self.playback.playing,
            muted=self._muted,
        )

    def _tell_place(self, at: float, picture: int | None) -> None:
        length = self.playback.length
        self.controls.tell_place(at, length.seconds if length is not None else None)
        share = self._share.get(self._order(Kind.METER)) if self.spark is not None else None
        self.controls.tell_figures(meters(self.figures(), picture, share))
