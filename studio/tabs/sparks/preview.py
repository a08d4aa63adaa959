"""One spark, large: play, scrub, slower and faster, another throw of the dice, and what it costs to play."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.sparks.film import Film
from studio.sparks.given import SEED, Known
from studio.sparks.mixer import Mixer
from studio.sparks.order import Kind
from studio.sparks.player import Playback
from studio.tab import Context
from studio.tabs.sparks.controls import GROUNDS, Controls, Grounds
from studio.tabs.sparks.ground_video import GroundVideo
from studio.tabs.sparks.meters import meters
from studio.tabs.sparks.stage import Ground, PreviewStage
from studio.tabs.sparks.state import Fault
from studio.tabs.sparks.wishes import Wishes
from studio.theme import style
from studio.video.audio import Sink, default_sink
from studio.widgets.button import Button
from studio.widgets.label import Label

FRAME_MS: Final = 16
Throw = Callable[[], int]


class Preview(QWidget):
    """`measured` says that the figures of what is shown are others now, or that there are none."""

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
        self.wishes = Wishes(context.films, context.me.name, self)
        self.muted = True
        self._reduced = style.theme().reduced_motion
        self._video_why = ""
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

    @property
    def spark(self) -> Known | None:
        """What is shown."""
        return self.wishes.spark

    @property
    def seed(self) -> int:
        """The throw with which it is shown."""
        return self.wishes.seed

    def show_spark(self, spark: Known | None) -> None:
        """Show another one, from its beginning; the throw stays where it is locked."""
        if spark != self.spark:
            self._look_at(spark, self.seed if self.lock.isChecked() else SEED)

    def retry(self) -> None:
        """Once more try to have what did not come."""
        if self.wishes.failures and self.isVisible():
            self.wishes.want()
            self._begin()
            self._show_all()

    def set_fault(self, fault: Fault | None) -> None:
        """Draw where something is refused, and stand still at that moment."""
        self.stage.region = fault.region if fault is not None else None
        if fault is not None and fault.second is not None:
            self._stand_still()
            self.playback.seek(fault.second)
        self._show_all()

    def toggle(self) -> None:
        """Play or stand still."""
        if self.playback.playing:
            self._stand_still()
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
            self._stand_still()
            self.playback.seek((at % length.count + 0.5) / length.fps)
            self._show_all()

    def roll(self) -> None:
        """Throw the dice: another seed, unless the throw is locked."""
        if not self.lock.isChecked():
            self._look_at(self.spark, self._throw())

    def next_ground(self) -> None:
        """Black, white, video, and again."""
        order = [ground for ground, _ in GROUNDS]
        self.set_ground(order[(order.index(self.stage.ground) + 1) % len(order)])

    def set_ground(self, ground: Ground) -> None:
        """Look at it over something else."""
        self.stage.ground = ground
        self.grounds.buttons[ground].setChecked(True)
        self._video_why = ""
        self._follow_clock()
        self._show_all()

    def toggle_sound(self) -> None:
        """Sound on or off; it is heard from the next beginning on."""
        self.set_muted(not self.muted)

    def set_muted(self, muted: bool) -> None:
        """The same, said outright."""
        self.muted = muted
        self.mixer.set_sound(muted=muted, volume=0.8)
        self._tell()

    @property
    def film(self) -> Film | None:
        """The film that is shown, if it is here."""
        return self.wishes.film

    def figures(self) -> dict[str, object] | None:
        """What was measured of what is shown."""
        return self.wishes.figures

    def tick(self) -> None:
        """Be at the picture that is due."""
        film, picture = self.film, self.playback.picture()
        image = None
        if film is not None and picture is not None and picture >= film.ready:
            film, picture = self._wait_for_more(film, picture)
        if film is not None and picture is not None:
            image = film.ask(picture, *self.stage.pixels)
            film.ask((picture + 1) % film.length.count, *self.stage.pixels)
        elif (still := self.wishes.still) is not None and self.stage.region is None:
            image = still.ask(0, *self.stage.pixels)
        if image is not None or film is None:
            self.stage.image = image
        self.video.cover(self.stage.pixels)
        self.stage.video = self.video.frame if self.stage.ground is Ground.VIDEO else None
        self.stage.words = self._words() if self.stage.image is None else ""
        self.stage.update()
        self.video.painted_now()
        at = self.playback.seconds()
        if self.playback.playing and at < self._round:
            self._sound()
        self._round = at
        self._tell_place(at, picture)

    # What is found again

    def save_state(self) -> dict[str, Any]:
        """The ground, and whether it is silent."""
        return {"ground": self.stage.ground.value, "muted": self.muted}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Put back what `save_state` gave; what does not fit is ignored."""
        with suppress(ValueError):
            self.set_ground(Ground(str(state.get("ground"))))
        if isinstance(muted := state.get("muted"), bool):
            self.set_muted(muted)

    # Inside

    def _look_at(self, spark: Known | None, seed: int) -> None:
        self.wishes.look_at(spark, seed)
        self.controls.set_seed(seed)
        self.stage.region, self.stage.image = None, None
        self.playback.load(None)
        self.mixer.stop()
        if spark is not None:
            self.stage.describe(spark.name)
        if self.isVisible():
            self.wishes.want()
        self._begin()
        self._show_all()
        self.measured.emit()

    def _begin(self) -> None:
        film = self.film
        if film is not None and self.playback.length is None:
            self.playback.load(film.length)
            if self._reduced:
                self._context.tasks.spawn(self._stand_at_hero(), self)
            else:
                self.playback.play()
                self._sound()
        self._follow_clock()

    async def _stand_at_hero(self) -> None:
        """Where nothing may move, the moment that stands for it is seen, unless the person was quicker."""
        looked_at = self.spark, self.seed
        at = await self.wishes.hero_at()
        length, untouched = self.playback.length, not self.playback.playing and not self.playback.seconds()
        same = (self.spark, self.seed) == looked_at and self.stage.region is None
        if length is not None and same and untouched:
            self.playback.seek(length.seconds * 0.5 if at is None else at)
            self._show_all()

    def _wait_for_more(self, film: Film, picture: int) -> tuple[Film | None, int]:
        """What is seen of a sketch that is not drawn as far as this: where it plays, its last picture until
        there is another one. What stands still shows no other moment than it says."""
        if not self.playback.playing:
            return None, picture
        self.playback.seek((film.ready - 0.5) / film.length.fps)
        self._round = self.playback.seconds()  # it has not begun anew
        return film, film.ready - 1

    def _stand_still(self) -> None:
        self.playback.pause()
        self.mixer.stop()  # what goes on to sound belongs to no picture any more
        self._follow_clock()

    def _sound(self) -> None:
        if self.spark is not None and self.playback.speed == 1.0 and (pcm := self.wishes.sound):
            self.mixer.play(self.spark.sha256, pcm)

    def _came(self, kind: Kind) -> None:
        if kind is Kind.METER:
            self.measured.emit()
        self._begin()
        self._show_all()

    def _told(self) -> None:
        self._forget_sketch()
        self._show_all()

    def _forget_sketch(self) -> None:
        """Where it is here no more, another one has to begin by itself."""
        if self.film is None:
            self.playback.load(None)

    def _words(self) -> str:
        if self.spark is None:
            return "Choose a spark to look at it."
        if why := self.wishes.failures.get(Kind.FILM):
            return why
        share = self.wishes.share(Kind.FILM)
        return "Getting it ready" if share is None else f"Getting it ready, {share:.0%}"

    def _follow_clock(self) -> None:
        over_video = self.stage.ground is Ground.VIDEO and self.isVisible()
        if over_video:
            self.video.fetch()  # with reduced motion its first frame stands still behind the spark
        self.video.run(over_video and not self._reduced)
        if self.isVisible() and self.playback.playing:
            self._clock.start()
        else:
            self._clock.stop()

    def _follow_motion(self) -> None:
        reduced = style.theme().reduced_motion
        if reduced is not self._reduced:  # other colours stop nothing
            self._reduced = reduced
            if reduced:
                self._stand_still()
            self._follow_clock()
            self._show_all()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.wishes.want()
        self._begin()
        self._show_all()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.wishes.give_up()
        self._forget_sketch()
        self.mixer.stop()
        self._clock.stop()
        self.video.run(False)

    def _set_speed(self, speed: float) -> None:
        self.playback.set_speed(speed)
        if speed != 1.0:
            self.mixer.stop()

    # Widgets

    def _build(self) -> None:
        worn, keymap = style.tokens(), self._context.keymap
        self.grounds, self.controls = Grounds(keymap), Controls(keymap)
        self.lock = self.controls.lock
        self.note = Label("", "warning", wrap=True)
        self.again = Button("Try again", icon="refresh")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_2)
        column.addWidget(self.grounds)
        column.addWidget(self.note)
        column.addWidget(self.again)
        column.addWidget(self.stage, 1)
        column.addWidget(self.controls)

    def _connect(self) -> None:
        self.wishes.came.connect(self._came)
        self.wishes.told.connect(self._told)
        self.wishes.decoded.connect(self._tick_at_rest)
        style.theme().changed.connect(self._follow_motion)
        self.again.clicked.connect(self.retry)
        self.stage.sized.connect(self.tick)
        self.stage.pressed.connect(self.toggle)
        controls = self.controls
        controls.play.clicked.connect(self.toggle)
        controls.back.clicked.connect(lambda: self.step(-1))
        controls.on.clicked.connect(lambda: self.step(1))
        controls.mute.clicked.connect(self.toggle_sound)
        controls.dice.clicked.connect(self.roll)
        controls.lock.toggled.connect(lambda _on: self._tell())
        controls.seed.valueChanged.connect(lambda seed: self._look_at(self.spark, seed))
        controls.scrubbed.connect(self._scrub)
        controls.speed.currentIndexChanged.connect(lambda _n: self._set_speed(controls.speed.currentData()))
        self.grounds.wanted.connect(self.set_ground)
        self.video.painted.connect(self._tick_at_rest)
        self.video.failed.connect(self._video_failed)

    def _tick_at_rest(self) -> None:
        if not self.playback.playing:
            self.tick()

    def _video_failed(self, why: str) -> None:
        self._video_why = why
        self._tell()

    def _scrub(self, share: float) -> None:
        length = self.playback.length
        if length is not None:
            self._stand_still()
            self.playback.seek(share * length.seconds)
            self._show_all()

    def _show_all(self) -> None:
        self.tick()
        self._tell()

    def _tell(self) -> None:
        self.controls.tell(
            here=self.playback.length is not None,
            chosen=self.spark is not None,
            playing=self.playback.playing,
            muted=self.muted,
        )
        why = self._video_why if self.stage.ground is Ground.VIDEO else ""
        said = " ".join(part for part in (self.wishes.why_not, why) if part)
        self.note.setText(said)
        self.note.setVisible(bool(said))
        self.again.setVisible(bool(self.wishes.failures))

    def _tell_place(self, at: float, picture: int | None) -> None:
        length = self.playback.length
        self.controls.tell_place(at, length.seconds if length is not None else None)
        failed = Kind.METER in self.wishes.failures
        self.controls.tell_figures(
            meters(self.figures(), picture, self.wishes.share(Kind.METER), failed=failed)
        )
