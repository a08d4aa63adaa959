"""How much was watched, and what counts as a view: pure rules over facts that may come in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.content.rules import VIEW_EVERY, VIEW_MS

Playback = tuple[UUID, UUID]
"""One stay at one video: its id, and the video's, since nobody keeps a client from using an id twice."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A stretch of `played_ms` of a video that took the wall time from `began` to `ended`."""

    id: UUID
    playback: Playback
    began: datetime
    ended: datetime
    played_ms: int


def watched_ms(beats: Iterable[Beat]) -> dict[Playback, int]:
    """How many ms count of each playback of one person.

    No moment of theirs counts twice, on however many devices, and nothing was watched faster than time went
    by: each beat is worth what it played, at most its wall time less what the beats before it (by beginning,
    then id) have used up.
    """
    spent: dict[Playback, int] = defaultdict(int)
    used_until: datetime | None = None
    for beat in sorted(beats, key=lambda b: (b.began, b.id)):
        free_from = beat.began if used_until is None else max(beat.began, used_until)
        free_ms = max(0, (beat.ended - free_from) // timedelta(milliseconds=1))
        spent[beat.playback] += min(beat.played_ms, free_ms)
        used_until = beat.ended if used_until is None else max(used_until, beat.ended)
    return dict(spent)


def enough_ms(duration_ms: int | None) -> int:
    """How much of a video of this length has to be watched for a view: three seconds, or half of it."""
    return VIEW_MS if duration_ms is None else min(VIEW_MS, max(1, duration_ms // 2))


def counted(times: Sequence[tuple[datetime, UUID]]) -> set[UUID]:
    """Which of the playbacks that would do count as a view of one viewer of one video, by (begin, id): the
    first one, and then each that begins half an hour or more after the last that counted."""
    views: set[UUID] = set()
    last: datetime | None = None
    for at, playback in sorted(times):
        if last is None or at - last >= VIEW_EVERY:
            views.add(playback)
            last = at
    return views
