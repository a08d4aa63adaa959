"""The decoder thread: latest request wins, exact frames, something on screen while they come."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from av import VideoFrame

from studio.video.cache import FrameCache
from studio.video.index import MediaError, MediaIndex, Source, open_index
from studio.video.reader import FrameMissingError, FrameReader
from studio.video.shield import Pixels, Shield, treat

BUDGET = 256 << 20
_REACH = 60  # frames prefetched to each side of the playhead, as far as the budget goes
_AHEAD = 8  # frames decoded before their turn of a video that plays forward
EARLY = 2  # ... and of these, converted
_FAR = 8  # a frame this many decodes away is announced by a near one
_PATIENCE_S = 0.08  # the longest a view goes without a new picture while requests pour in
_STILLS = 120  # keyframes kept small, to stand in for frames that are far away
_STILL_SIDE = 480  # their long side in pixels
_TREATED = 16  # treated pictures kept for stepping to and fro


@dataclass(frozen=True, slots=True)
class Request:
    """One wish for a picture: which frame, the display size it is fitted to, what it may show.

    Without `show` it was delivered early: only what comes next is wanted.
    """

    frame: int
    fit: tuple[int, int]
    shield: Shield
    show: bool = True


@dataclass(frozen=True, slots=True)
class Opened:
    """The source is readable and indexed."""

    index: MediaIndex


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels ready to be painted.

    frame: the frame these pixels show. wanted: the frame that was asked for; another number means
    a stand-in until the wanted one comes. shield: the treatment the pixels went through.
    damaged: the decoder had to guess parts of it.
    """

    frame: int
    wanted: int
    pixels: Pixels
    shield: Shield
    damaged: bool = False

    @property
    def exact(self) -> bool:
        """Whether this is the frame that was asked for."""
        return self.frame == self.wanted


@dataclass(frozen=True, slots=True)
class Early:
    """A picture whose turn is next."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class Cached:
    """Which frames are held decoded, as inclusive ranges."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The source (`frame` is None) or one frame of it cannot be shown.

    code: that of a MediaError, or "frame_missing", or "decoder". message: a sentence for people.
    """

    code: str
    message: str
    frame: int | None = None


Result = Opened | Picture | Early | Cached | Failed


class Decoder(threading.Thread):
    """Serves one source. `deliver` is called on this thread with every result.

    Results after `close` are dropped. An error never ends the thread silently: it is delivered.
    A `forward` one is for a video that plays in a loop: it holds the frames that come next, across the
    end, and no others, and delivers the first of them early.
    """

    def __init__(
        self,
        source: Source,
        deliver: Callable[[Result], None],
        *,
        budget: int = BUDGET,
        forward: bool = False,
    ) -> None:
        super().__init__(name="video-decoder", daemon=True)
        self._source = source
        self._forward = forward
        self._deliver_to = deliver
        self._cache = FrameCache(budget)
        self._wake = threading.Condition()
        self._pending: Request | None = None
        self._closing = False
        self._treated: OrderedDict[tuple[int, tuple[int, int]], Picture] = OrderedDict()
        self._treated_with: Shield | None = None
        self._missing: set[int] = set()
        self._stills: dict[int, VideoFrame] = {}
        self._reported: tuple[tuple[int, int], ...] = ()
        self._delivered_at = 0.0
        self._idle = False
        self._filling = False
        self._last: Request | None = None
        self._early: set[int] = set()
        self._behind: FrameReader | None = None

    def request(self, request: Request) -> None:
        """Ask for a picture; a request not yet served is replaced."""
        with self._wake:
            self._pending = request
            self._wake.notify()

    @property
    def idle(self) -> bool:
        """Whether all that was asked for is shown and all worth prefetching is held."""
        with self._wake:
            return self._idle and self._pending is None

    def close(self) -> None:
        """End the thread and let go of every decoded frame; returns at once."""
        with self._wake:
            self._closing = True
            self._wake.notify()

    def run(self) -> None:
        """Thread body."""
        try:
            self._index, first = open_index(self._source)
            self._reader = FrameReader(self._source, self._index.table)
            keys = self._index.table.keyframes
            self._still_frames = frozenset(() if self._forward else keys[:: len(keys) // _STILLS + 1])
        except MediaError as error:
            self._deliver(Failed(error.code, str(error)))
            return
        except Exception:  # whatever a hostile file brings about, it ends in a result
            self._deliver(Failed("unreadable", "This video cannot be read."))
            return
        try:
            if first is not None and first.pts == self._index.table.pts[0]:
                self._hold(0, first)
            self._deliver(Opened(self._index))
            self._work()
        finally:
            self._reader.close()
            if self._behind is not None:
                self._behind.close()
            self._cache.clear()
            self._treated.clear()
            self._stills.clear()

    def _work(self) -> None:
        while not self._closing:
            with self._wake:
                if self._idle:
                    self._wake.wait_for(lambda: self._pending is not None or self._closing)
                request, self._pending = self._pending, None
                self._idle = False
            try:
                if request is not None:
                    self._serve(request)
                else:
                    self._idle = not (self._run_ahead() if self._forward else self._prefetch())
            except Exception:  # a thread has nobody to raise to: it ends in a result, too
                self._idle = True
                self._deliver(Failed("decoder", "This part of the video cannot be shown."))

    def _superseded(self) -> bool:
        return self._pending is not None or self._closing

    def _deliver(self, result: Result) -> None:
        if not self._closing:
            self._deliver_to(result)

    def _serve(self, request: Request) -> None:
        self._cache.centre = request.frame
        if self._treated_with != request.shield:
            # Nothing raw outlives the reveal it was made for.
            self._treated.clear()
            self._treated_with = request.shield
        if self._last is None or (self._last.fit, self._last.shield) != (request.fit, request.shield):
            self._early.clear()
        self._last = request
        if not request.show:
            return
        held = self._cache.get(request.frame)
        if held is not None:
            self._show(request, request.frame, held)
            return
        if request.frame in self._missing:
            self._tell_missing(request)
            return
        announced = self._reader.cost(request.frame) <= _FAR or self._stand_in(request)
        latest: tuple[int, VideoFrame] | None = None
        try:
            for number, frame in self._reader.run(request.frame, sparse=True):
                self._hold(number, frame)
                latest = number, frame
                if number == request.frame:
                    self._show(request, number, frame)
                    return
                announced = announced or self._stand_in(request)
                if self._superseded():
                    break
        except FrameMissingError:
            self._missing.add(request.frame)
            self._tell_missing(request)
            return
        if latest and time.monotonic() - self._delivered_at > _PATIENCE_S:
            self._show(request, *latest)

    def _tell_missing(self, request: Request) -> None:
        self._deliver(Failed("frame_missing", "This frame is damaged.", request.frame))
        self._stand_in(request)

    def _stand_in(self, request: Request) -> bool:
        """Show the nearest frame at hand, if one lies in the group of pictures of the wanted one."""
        wanted = request.frame
        near = self._cache.nearest(wanted)
        key = max((k for k in self._stills if k <= wanted), default=None)
        at_hand = [number for number in (near, key) if number is not None]
        number = min(at_hand, key=lambda number: abs(number - wanted), default=None)
        start = self._index.table.keyframe_before(wanted)
        if number is None or (number < start and wanted not in self._missing):
            return False
        held_whole = self._cache.get(number)
        self._show(request, number, held_whole or self._stills[number], keep=held_whole is not None)
        return True

    def _hold(self, number: int, frame: VideoFrame) -> None:
        """Keep a decoded frame, and a small copy of it where it is one of the stills."""
        self._cache.put(number, frame)
        if number in self._still_frames and number not in self._stills:
            scale = min(1.0, _STILL_SIDE / max(frame.width, frame.height))
            width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
            self._stills[number] = frame.reformat(width=width, height=height, interpolation="AREA")

    def _show(self, request: Request, number: int, frame: VideoFrame, *, keep: bool = True) -> None:
        """Treat and deliver a frame; `keep` is False for a small copy, which must not stay."""
        picture = self._treat(request, number, frame, keep=keep)
        self._delivered_at = time.monotonic()
        self._deliver(picture)

    def _treat(self, request: Request, number: int, frame: VideoFrame, *, keep: bool = True) -> Picture:
        key = number, request.fit
        known = self._treated.get(key)
        if known is None:
            pixels = treat(frame, request.fit, self._index.rotation, request.shield)
        else:
            pixels = known.pixels
        picture = Picture(number, request.frame, pixels, request.shield, frame.is_corrupt)
        if keep:
            self._treated[key] = picture
            self._treated.move_to_end(key)
            if len(self._treated) > (EARLY + 1 if self._forward else _TREATED):
                self._treated.popitem(last=False)
        return picture

    def _run_ahead(self) -> bool:
        """Deliver early, or decode, a frame whose turn comes; False when that is done."""
        here, request = self._cache.get(self._cache.centre), self._last
        if here is None or request is None:
            return False
        count = len(self._index.table)
        reach = min(_AHEAD, self._cache.room(here) - 1, count - 1)
        window = [(self._cache.centre + step) % count for step in range(reach + 1)]
        self._cache.keep(window)
        coming = [number for number in window[1:] if number not in self._missing]
        self._early &= set(coming[:EARLY])
        for number in coming:
            frame = self._cache.get(number)
            if frame is None:
                return self._fill(self._reader, number)
            if number in coming[:EARLY] and number not in self._early:
                self._early.add(number)
                self._deliver(Early(self._treat(replace(request, frame=number), number, frame)))
                return True
        return False

    def _prefetch(self) -> bool:
        """Decode towards the next frame missing near the playhead; False when none is."""
        self._report_cached()
        here = self._cache.get(self._cache.centre)
        if here is None:
            return False
        # Windows of equal reach that fit together: what one fills never pushes out the other.
        reach = min(_REACH, self._cache.room(here) * 3 // 8)
        centre = self._cache.centre
        ahead = range(centre + 1, min(centre + reach, len(self._index.table) - 1) + 1)
        behind = range(centre - 1, max(centre - reach, 0) - 1, -1)
        gap_ahead, gap_behind = self._first_gap(ahead), self._first_gap(behind)
        # Filled to the full once half is used up: in between, steps find an idle thread.
        due = range(centre - reach, centre + reach + 1)
        if not self._filling:
            due = range(centre - reach // 2, centre + reach // 2 + 1)
        # Ahead first, as far as it takes to play on; then behind, a whole group at a time.
        ample = gap_ahead is None or gap_ahead - centre > reach // 4
        if gap_behind is not None and gap_behind in due and ample:
            # By a reader of its own, so that filling up behind does not lose the place ahead.
            self._behind = self._behind or FrameReader(self._source, self._index.table)
            self._filling = self._fill(self._behind, gap_behind)
        elif gap_ahead is not None and gap_ahead in due:
            self._filling = self._fill(self._reader, gap_ahead)
        else:
            self._filling = False
        return self._filling or self._gather_still()

    def _gather_still(self) -> bool:
        """Decode one still that is wanting; False when none is."""
        wanting = self._still_frames - self._stills.keys() - self._missing
        if not wanting:
            return False
        number = min(wanting, key=lambda number: abs(number - self._cache.centre))
        self._behind = self._behind or FrameReader(self._source, self._index.table)
        self._fill(self._behind, number)
        return True

    def _first_gap(self, numbers: range) -> int | None:
        return next((n for n in numbers if n not in self._cache and n not in self._missing), None)

    def _fill(self, reader: FrameReader, frame: int) -> bool:
        """Decode up to `frame`; False when that did not get it held, so that nobody tries again."""
        try:
            for number, picture in reader.run(frame):
                self._hold(number, picture)
                if self._superseded():
                    return True
        except FrameMissingError:
            self._missing.add(frame)
            return True
        return frame in self._cache

    def _report_cached(self) -> None:
        ranges = self._cache.ranges()
        if ranges != self._reported:
            self._reported = ranges
            self._deliver(Cached(ranges))
