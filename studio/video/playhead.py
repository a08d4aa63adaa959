"""The playhead as data: what a review player shows and marks, changed only by pure functions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from studio.video.frames import FrameTable

SLOWEST = 0.25
FASTEST = 4.0


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of the video that somebody flagged; `score_bp` is 0..10000 basis points."""

    start_ms: int
    end_ms: int
    label: str
    score_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A score over time: one value each `step_ms` from `start_ms` on, in basis points; None = not known."""

    start_ms: int
    step_ms: int
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of flagged ranges from one source: users, a classifier, staff; or the course of a score.
    `heard`: they lie in the sound."""

    name: str
    ranges: tuple[Range, ...]
    heard: bool = False
    course: Course | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A reviewer's note on one frame."""

    frame: int
    ms: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A box over the picture for a while: position and size in basis points of the picture."""

    start_ms: int
    end_ms: int
    x_bp: int
    y_bp: int
    width_bp: int
    height_bp: int
    label: str = ""


@dataclass(frozen=True)
class Playhead:
    """Everything the player's widgets paint from.

    frame: number of the frame wanted on screen. rate: signed speed, 0 is paused.
    mark_in, mark_out: inclusive frame numbers. cached: inclusive frame ranges held decoded.
    """

    table: FrameTable
    frame: int = 0
    rate: float = 0.0
    mark_in: int | None = None
    mark_out: int | None = None
    marks: tuple[Mark, ...] = ()
    lanes: tuple[Lane, ...] = ()
    regions: tuple[Region, ...] = ()
    cached: tuple[tuple[int, int], ...] = field(default=(), compare=False)

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self.table)

    @property
    def ms(self) -> int:
        """Start of the current frame in milliseconds."""
        return self.table.ms_of(self.frame)

    @property
    def playing(self) -> bool:
        """Whether the playhead moves by itself."""
        return self.rate != 0

    @property
    def selection_ms(self) -> tuple[int, int] | None:
        """The marked stretch from the start of `mark_in` to the end of `mark_out`."""
        if self.mark_in is None or self.mark_out is None:
            return None
        after = self.mark_out + 1
        end = self.table.ms_of(after) if after < self.count else self.table.duration_ms
        return self.table.ms_of(self.mark_in), end

    @cached_property
    def markers(self) -> tuple[int, ...]:
        """Ascending frame numbers worth jumping to: range starts, own marks, in and out."""
        starts = {self.table.at_ms(r.start_ms) for lane in self.lanes for r in lane.ranges}
        own = {mark.frame for mark in self.marks}
        ends = {frame for frame in (self.mark_in, self.mark_out) if frame is not None}
        return tuple(sorted(starts | own | ends))

    def regions_here(self) -> tuple[Region, ...]:
        """The boxes that belong on the current frame."""
        return tuple(r for r in self.regions if r.start_ms <= self.ms < r.end_ms)


Move = Callable[[Playhead], Playhead]


def seek(head: Playhead, frame: int) -> Playhead:
    """Move to a frame, clamped to the video; the rate stays."""
    return replace(head, frame=head.table.clamp(frame))


def seek_ms(head: Playhead, ms: float) -> Playhead:
    """Move to the frame on screen at `ms`."""
    return replace(head, frame=head.table.at_ms(ms))


def step(head: Playhead, frames: int) -> Playhead:
    """Stop and move by whole frames."""
    return replace(seek(head, head.frame + frames), rate=0.0)


def step_ms(head: Playhead, ms: int) -> Playhead:
    """Stop and move by a time; always by at least one frame where there is one."""
    landed = head.table.at_ms(head.ms + ms)
    least = head.frame + (1 if ms > 0 else -1)
    frame = max(landed, least) if ms > 0 else min(landed, least)
    return replace(seek(head, frame), rate=0.0)


def shuttle(head: Playhead, direction: int) -> Playhead:
    """One press of L (`direction` 1), J (-1) or K (0).

    From rest L and J run at 1x; pressed again in the direction of motion they double up to 4x;
    against it they halve down to 0.25x and then stop.
    """
    if direction == 0:
        return replace(head, rate=0.0)
    if head.rate == 0:
        return replace(head, rate=float(direction))
    if head.rate * direction > 0:
        return replace(head, rate=direction * min(abs(head.rate) * 2, FASTEST))
    slower = abs(head.rate) / 2
    rate = 0.0 if slower < SLOWEST else -direction * slower
    return replace(head, rate=rate)


def play_pause(head: Playhead) -> Playhead:
    """Stop when moving, run at 1x when at rest; at the end of the video, from the start."""
    if head.playing:
        return replace(head, rate=0.0)
    start = 0 if head.frame == head.count - 1 else head.frame
    return replace(head, rate=1.0, frame=start)


def advance(head: Playhead, ms: float) -> Playhead:
    """Follow the clock to media time `ms`; stops at the first and the last frame."""
    frame = head.table.at_ms(ms)
    ended = ms >= head.table.duration_ms if head.rate > 0 else ms <= 0
    return replace(head, frame=frame, rate=0.0 if ended else head.rate)


def turn_s(head: Playhead) -> float:
    """The media time in seconds at which `advance` comes to another frame, or to the end."""
    if head.rate < 0:
        return head.table.seconds_of(head.frame)
    after = head.frame + 1
    return head.table.seconds_of(after) if after < head.count else head.table.duration_ms / 1000


def mark_in(head: Playhead, frame: int | None) -> Playhead:
    """Set or clear the in mark; an out mark before it is cleared."""
    keep = frame is None or head.mark_out is None or head.mark_out >= frame
    return replace(head, mark_in=frame, mark_out=head.mark_out if keep else None)


def mark_out(head: Playhead, frame: int | None) -> Playhead:
    """Set or clear the out mark; an in mark after it is cleared."""
    keep = frame is None or head.mark_in is None or head.mark_in <= frame
    return replace(head, mark_out=frame, mark_in=head.mark_in if keep else None)


def add_mark(head: Playhead, note: str) -> Playhead:
    """Note the current frame; a frame has one mark, a later note replaces it."""
    others = tuple(mark for mark in head.marks if mark.frame != head.frame)
    marks = sorted((*others, Mark(head.frame, head.ms, note)), key=lambda mark: mark.frame)
    return replace(head, marks=tuple(marks))


def remove_mark(head: Playhead, frame: int) -> Playhead:
    """Forget the mark on a frame, if there is one."""
    return replace(head, marks=tuple(mark for mark in head.marks if mark.frame != frame))


def next_marker(head: Playhead) -> Playhead:
    """Move to the first marker after the current frame; unchanged when there is none."""
    at = bisect_right(head.markers, head.frame)
    return replace(head, frame=head.markers[at], rate=0.0) if at < len(head.markers) else head


def previous_marker(head: Playhead) -> Playhead:
    """Move to the last marker before the current frame; unchanged when there is none."""
    at = bisect_left(head.markers, head.frame) - 1
    return replace(head, frame=head.markers[at], rate=0.0) if at >= 0 else head


def step_keyframe(head: Playhead, direction: int) -> Playhead:
    """Stop and move to the next (1) or previous (-1) keyframe, else to the end or start."""
    if direction > 0:
        after = head.table.keyframe_after(head.frame)
        return replace(seek(head, head.count - 1 if after is None else after), rate=0.0)
    return replace(head, frame=head.table.keyframe_before(max(head.frame - 1, 0)), rate=0.0)


def with_lanes(head: Playhead, lanes: Sequence[Lane]) -> Playhead:
    """Replace the flagged ranges."""
    return replace(head, lanes=tuple(lanes))


def percent(bp: int) -> str:
    """Basis points as whole percent, halves up."""
    return f"{(bp + 50) // 100} %"


def timecode(ms: int) -> str:
    """`m:ss.mmm`, or `h:mm:ss.mmm` from an hour on."""
    seconds, milli = divmod(max(ms, 0), 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    clock = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"{clock}.{milli:03}"
