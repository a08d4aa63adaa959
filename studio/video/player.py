"""The player without widgets: one playhead, one decoder, one shield, one clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from weakref import finalize

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from studio.video import playhead
from studio.video.audio import SoundOutput
from studio.video.background import on_qt_thread
from studio.video.clock import PlayClock
from studio.video.decoder import BUDGET, Cached, Decoder, Early, Failed, Opened, Picture, Request, Result
from studio.video.early import EarlyPictures
from studio.video.index import MediaIndex, Source
from studio.video.pace import Pace
from studio.video.playhead import Lane, Mark, Playhead, Region
from studio.video.shield import OPEN, Shield

_LOOK_MS = 40  # the longest the clock is not looked at: sound runs as it likes, and pictures may stall


class Player(QObject):
    """Opens one video at a time and moves through it frame by frame.

    Every method is safe to call with nothing open; it then does nothing. `required_changed` is
    the last signal of a change of shield, so whoever handles it may paint at once: when `reveal`
    returns, what was raw is off the screen.

    With `forward` it is made for playing in a loop: the next pictures are ready before their turn, and
    none is held for stepping back. Whoever paints calls `painted`; then `pace` tells what was seen.
    """

    opened = Signal(object)  # MediaIndex
    changed = Signal(object)  # Playhead | None
    picture = Signal(object)  # Picture
    failed = Signal(object)  # Failed
    closed = Signal()
    required_changed = Signal(object)  # Shield the next pictures must have
    shield_changed = Signal(object)  # Shield setting
    revealed_changed = Signal(bool)
    blank_changed = Signal(bool)
    muted_changed = Signal(bool)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        sound: SoundOutput | None = None,
        now: Callable[[], float] = time.monotonic,
        budget: int = BUDGET,
        forward: bool = False,
    ) -> None:
        super().__init__(parent)
        self._budget, self._forward = budget, forward
        self._now = now
        self._sound = sound or SoundOutput(self)
        self._clock = PlayClock(self._sound, now)
        self._pace = Pace()
        self._early = EarlyPictures()
        self._source: Source | None = None
        self._decoder: Decoder | None = None
        self._end_decoder: Callable[[], object] = lambda: None
        self._serial = 0
        self._index: MediaIndex | None = None
        self._head: Playhead | None = None
        self._lanes: tuple[Lane, ...] = ()
        self._regions: tuple[Region, ...] = ()
        self._fit = (960, 540)
        self._shield = Shield()
        self._revealed = False
        self._blank = False
        self._muted = True
        self._ticker = QTimer(self)
        self._ticker.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticker.setSingleShot(True)
        self._ticker.timeout.connect(self.tick)

    # -- what there is ---------------------------------------------------------------------------

    @property
    def head(self) -> Playhead | None:
        """The playhead; None until a video is open."""
        return self._head

    @property
    def index(self) -> MediaIndex | None:
        """What is known of the open video."""
        return self._index

    @property
    def shield(self) -> Shield:
        """The shield settings."""
        return self._shield

    @property
    def required(self) -> Shield:
        """What a picture must be treated with to be shown now."""
        return OPEN if self._revealed and not self._blank else self._shield

    @property
    def revealed(self) -> bool:
        """Whether a reveal is being held."""
        return self._revealed

    @property
    def blank(self) -> bool:
        """Whether everything is blanked."""
        return self._blank

    @property
    def muted(self) -> bool:
        """Whether sound is off; on at first."""
        return self._muted

    @property
    def pace(self) -> Pace:
        """How the open video keeps pace with its time stamps."""
        return self._pace

    @property
    def can_sound(self) -> bool:
        """Whether there is a device that could be heard; asks the system, so only when it matters."""
        return self._sound.available()

    @property
    def settled(self) -> bool:
        """Whether nothing is being decoded: all that was wanted is shown, the surroundings held."""
        return self._decoder is None or self._decoder.idle

    # -- opening and closing ---------------------------------------------------------------------

    def open(self, source: Source, *, lanes: Sequence[Lane] = (), regions: Sequence[Region] = ()) -> None:
        """Show a video from its first frame, shielded; `opened` or `failed` follows."""
        self.close()
        self._source = source
        self._lanes, self._regions = tuple(lanes), tuple(regions)
        serial = self._serial

        take = on_qt_thread(self._take)

        def deliver(result: Result) -> None:
            take(serial, result)

        self._pace = Pace()
        self._decoder = Decoder(source, deliver, budget=self._budget, forward=self._forward)
        self._end_decoder = finalize(self, self._decoder.close)
        self._decoder.request(Request(0, self._fit, self.required))
        self._decoder.start()

    def close(self) -> None:
        """Show nothing; everything decoded is let go, a reveal ends."""
        self._serial += 1  # what is still on its way from the old decoder is not taken
        self.reveal(False)
        self._stop_clock()
        self._end_decoder()
        self._decoder = self._source = self._index = self._head = None
        self._early.clear()
        self.closed.emit()
        self.changed.emit(None)

    # -- moving ----------------------------------------------------------------------------------

    def seek(self, frame: int) -> None:
        """Go to a frame; playing goes on from there."""
        self._apply(lambda head: playhead.seek(head, frame))

    def seek_ms(self, ms: float) -> None:
        """Go to the frame on screen at a media time."""
        self._apply(lambda head: playhead.seek_ms(head, ms))

    def step(self, frames: int) -> None:
        """Stop and move by frames."""
        self._apply(lambda head: playhead.step(head, frames))

    def step_ms(self, ms: int) -> None:
        """Stop and move by a time."""
        self._apply(lambda head: playhead.step_ms(head, ms))

    def step_keyframe(self, direction: int) -> None:
        """Stop and move to the next (1) or previous (-1) keyframe."""
        self._apply(lambda head: playhead.step_keyframe(head, direction))

    def to_start(self) -> None:
        """Stop at the first frame."""
        self._apply(lambda head: playhead.step(head, -head.count))

    def to_end(self) -> None:
        """Stop at the last frame."""
        self._apply(lambda head: playhead.step(head, head.count))

    def play_pause(self) -> None:
        """Run at 1x, or stop."""
        if not self._blank:
            self._apply(playhead.play_pause)

    def shuttle(self, direction: int) -> None:
        """J (-1), K (0), L (1)."""
        if not self._blank:
            self._apply(lambda head: playhead.shuttle(head, direction))

    def next_marker(self) -> None:
        """Stop at the next marker."""
        self._apply(playhead.next_marker)

    def previous_marker(self) -> None:
        """Stop at the previous marker."""
        self._apply(playhead.previous_marker)

    # -- marking ---------------------------------------------------------------------------------

    def set_in(self) -> None:
        """Mark the current frame as in; again on the same frame clears it."""
        self._apply(lambda head: playhead.mark_in(head, None if head.mark_in == head.frame else head.frame))

    def set_out(self) -> None:
        """Mark the current frame as out; again on the same frame clears it."""
        self._apply(lambda head: playhead.mark_out(head, None if head.mark_out == head.frame else head.frame))

    def add_mark(self, note: str = "") -> None:
        """Note the current frame."""
        self._apply(lambda head: playhead.add_mark(head, note))

    def remove_mark(self, frame: int) -> None:
        """Forget the note on a frame."""
        self._apply(lambda head: playhead.remove_mark(head, frame))

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Replace all notes on frames."""
        self._apply(lambda head: replace(head, marks=tuple(marks)))

    def set_lanes(self, lanes: Sequence[Lane]) -> None:
        """Replace the flagged ranges."""
        self._lanes = tuple(lanes)
        self._apply(lambda head: playhead.with_lanes(head, lanes))

    def set_regions(self, regions: Sequence[Region]) -> None:
        """Replace the boxes over the picture."""
        self._regions = tuple(regions)
        self._apply(lambda head: replace(head, regions=self._regions))

    # -- shielding -------------------------------------------------------------------------------

    def set_shield(self, shield: Shield) -> None:
        """Change blur and greyscale."""
        if shield != self._shield:
            self._shield = shield
            self.shield_changed.emit(shield)
            self._require()

    def toggle_grey(self) -> None:
        """Greyscale on or off."""
        self.set_shield(replace(self._shield, grey=not self._shield.grey))

    def toggle_blur(self) -> None:
        """Blur on or off."""
        self.set_shield(replace(self._shield, blur=not self._shield.blur))

    def reveal(self, revealed: bool) -> None:
        """Hold (True) or release (False) the reveal; released, nothing raw is left on screen."""
        if revealed and (self._blank or self._head is None):
            return
        if revealed != self._revealed:
            self._revealed = revealed
            self.revealed_changed.emit(revealed)
            self._require()

    def set_blank(self, blank: bool) -> None:
        """Panic: stop, fall silent and show nothing; leaving it comes back paused and shielded."""
        if blank == self._blank:
            return
        self._blank = blank
        self.blank_changed.emit(blank)
        if blank:
            self.reveal(False)
            self._apply(lambda head: replace(head, rate=0.0))
        else:
            self._request()

    def set_muted(self, muted: bool) -> None:
        """Sound off or on; it sounds while playing at 1x where there is a device."""
        if muted != self._muted:
            self._muted = muted
            self.muted_changed.emit(muted)
            self._run_clock()

    def set_fit(self, fit: tuple[int, int]) -> None:
        """Size in device pixels that pictures are converted to."""
        if fit != self._fit:
            self._fit = fit
            self._early.clear()
            self._request()

    def painted(self, picture: Picture) -> None:
        """Say that a picture is on the screen now."""
        head = self._head
        if head is None or not head.playing:
            self._pace.rest(picture.frame)
        else:
            late_s = self._clock.media_s() - head.table.seconds_of(picture.frame)
            self._pace.paint(picture.frame, late_s, self._now())

    # -- the clock -------------------------------------------------------------------------------

    def tick(self) -> None:
        """Follow the clock; called by the timer while playing."""
        head = self._head
        if head is None or not head.playing:
            return
        media_s = self._clock.media_s()
        moved = playhead.advance(head, media_s * 1000)
        turned = self._pace.due(moved.frame, self._now())
        if moved.frame != head.frame or not moved.playing:
            self._set(moved, running_on=moved.playing)
        elif turned:
            self.changed.emit(head)
        self._sleep(media_s)

    def _sleep(self, media_s: float) -> None:
        """Wake when it is the turn of the next frame."""
        head = self._head
        if head is None or not head.playing:
            return
        wait_ms = (playhead.turn_s(head) - media_s) * 1000 / head.rate
        self._ticker.start(min(max(math.ceil(wait_ms), 1), _LOOK_MS))

    def _run_clock(self) -> None:
        """(Re)start the clock at the current frame, with sound where it belongs."""
        self._stop_clock()
        head = self._head
        if head is None or not head.playing:
            return
        at_s = head.table.seconds_of(head.frame)
        index, source = self._index, self._source
        audible = not self._muted and head.rate == 1 and index is not None and index.has_audio
        first = float(head.table.pts[0] * head.table.time_base)
        heard = (source, first + at_s) if audible and source is not None else None
        self._clock.start(at_s, head.rate, heard=heard)
        self._pace.begin(head.frame, self._now())
        self._sleep(at_s)

    def _stop_clock(self) -> None:
        self._ticker.stop()
        self._clock.stop()

    # -- inside ----------------------------------------------------------------------------------

    def _apply(self, change: playhead.Move) -> None:
        if self._head is not None:
            self._set(change(self._head))

    def _set(self, head: Playhead, *, running_on: bool = False) -> None:
        before, self._head = self._head, head
        moved = before is None or before.frame != head.frame
        if not running_on and (moved or (before is not None and before.rate != head.rate)):
            self._run_clock()
        if moved:
            early = self._early.take(head.frame, head.count)
            if early is not None:
                self.picture.emit(early)
            self._request(show=early is None)
        self.changed.emit(head)

    def _require(self) -> None:
        self._early.clear()
        self.required_changed.emit(self.required)
        self._request()

    def _request(self, *, show: bool = True) -> None:
        if self._decoder is not None and not self._blank:
            frame = self._head.frame if self._head else 0
            self._decoder.request(Request(frame, self._fit, self.required, show))

    def _take(self, serial: int, result: Result) -> None:
        """Handle what a decoder delivered; nothing of a closed one is taken."""
        if serial != self._serial:
            return
        match result:
            case Opened(index):
                self._index = index
                self._head = Playhead(index.table, lanes=self._lanes, regions=self._regions)
                self.opened.emit(index)
                self.changed.emit(self._head)
            case Picture():
                self.picture.emit(result)
            case Early(picture):
                self._early.put(picture, self.required)
            case Cached(ranges):
                if self._head is not None:
                    self._head = replace(self._head, cached=ranges)
                    self.changed.emit(self._head)
            case Failed():
                if result.frame is None and self._head is not None:
                    self._apply(lambda head: replace(head, rate=0.0))
                self.failed.emit(result)
