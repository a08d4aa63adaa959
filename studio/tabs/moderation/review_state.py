"""What the review of one item knows beside its data: exposure, cover, what is marked. Free of Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from server.moderation.rules import RESTRICTED_QUEUES, ContentType, Severity
from server.moderation.schemas import Lane as FlagLane
from server.moderation.schemas import MarkBody, Review
from studio.settings import COVER, Settings
from studio.video.playhead import Lane, Playhead, Range


class Phase(StrEnum):
    """What the review page shows."""

    LOADING = "loading"
    FAILED = "failed"
    COVERED = "covered"
    OPEN = "open"
    LOST = "lost"


class Stopwatch:
    """Counts the milliseconds for which something was on."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._since: float | None = None
        self._before = 0.0

    def set(self, on: bool) -> None:
        """Start or stop; the same again changes nothing."""
        if on and self._since is None:
            self._since = self._now()
        elif not on and self._since is not None:
            self._before += self._now() - self._since
            self._since = None

    @property
    def running(self) -> bool:
        """Whether it counts at this moment."""
        return self._since is not None

    @property
    def ms(self) -> int:
        """What has been counted so far."""
        running = 0.0 if self._since is None else self._now() - self._since
        return round((self._before + running) * 1000)


class Exposure:
    """How long a person has been exposed to one item: while it played or was read, and while unshielded.

    `viewed` runs while a video plays or a text can be read; `revealed` while nothing is between the eye and
    the content. Neither runs while the page is covered.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.viewed, self.revealed = Stopwatch(now), Stopwatch(now)
        self._told = (False, False)
        self._seen = False

    def tell(self, *, viewed: bool, revealed: bool) -> None:
        """What the content does; it counts while the page is seen."""
        self._told = (viewed, revealed)
        self._count()

    def seen(self, on: bool) -> None:
        """Whether the content is on the screen at all: the page is shown and nothing lies over it."""
        self._seen = on
        self._count()

    def stop(self) -> None:
        """Nothing is on the screen any more."""
        self.tell(viewed=False, revealed=False)

    def _count(self) -> None:
        viewed, revealed = self._told
        self.viewed.set(viewed and self._seen)
        self.revealed.set(revealed and self._seen)


def is_restricted(review: Review) -> bool:
    """Whether the item is of the class that must never touch a disk."""
    return review.item.queue in RESTRICTED_QUEUES or any(
        policy.restricted and policy.code == review.item.policy for policy in review.policies
    )


def starts_covered(review: Review, settings: Settings) -> bool:
    """Whether the content stays covered until the person goes on; restricted items always do."""
    from_severity = settings.get(COVER)
    if is_restricted(review):
        return True
    return from_severity != "never" and review.item.severity.tier >= Severity(from_severity).tier


def starts_masked(review: Review) -> bool:
    """Whether a text is masked until it is revealed: from high severity up."""
    return review.item.severity.tier >= Severity.HIGH.tier


def is_video(review: Review) -> bool:
    """Whether the player shows the item; everything else is text."""
    return review.item.content_type is ContentType.VIDEO


def lanes_of(lanes: Sequence[FlagLane], titles: Callable[[str], str]) -> tuple[Lane, ...]:
    """The flagged ranges for the time bar: one lane for each source, labelled by policy."""
    by_source: dict[str, list[Range]] = {}
    for lane in lanes:
        name = lane.source.value.replace("_", " ").capitalize()
        found = by_source.setdefault(name, [])
        found.extend(Range(start, end, titles(lane.policy), score) for start, end, score in lane.ranges)
    return tuple(Lane(name, tuple(ranges)) for name, ranges in by_source.items())


def frame_mark(head: Playhead, note: str = "") -> MarkBody:
    """The frame on screen as evidence."""
    pts = head.table.pts[head.frame]
    return MarkBody(frame=head.frame, pts=pts, ms=head.ms, label="frame", note=note or None)


def range_mark(head: Playhead) -> MarkBody | None:
    """The stretch between the in and out marks as evidence, if both are set."""
    if head.selection_ms is None:
        return None
    start, end = head.selection_ms
    return MarkBody(in_ms=start, out_ms=end, label="range")


def with_mark(marks: Sequence[MarkBody], mark: MarkBody) -> tuple[MarkBody, ...]:
    """`marks` with one more, in the order of the video; at the same place it takes the place of the old."""
    return tuple(sorted((*without_mark(marks, mark), mark), key=place_of))


def without_mark(marks: Sequence[MarkBody], mark: MarkBody) -> tuple[MarkBody, ...]:
    """`marks` without the one at the place of `mark`."""
    return tuple(each for each in marks if place_of(each) != place_of(mark))


def place_of(mark: MarkBody) -> tuple[int, int, int]:
    """Where a mark is, to be compared and ordered by."""
    start = mark.ms if mark.in_ms is None else mark.in_ms
    return (start or 0, 0 if mark.frame is None else mark.frame + 1, mark.out_ms or 0)
