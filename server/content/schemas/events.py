"""What a viewer did, as the client tells it: facts with ids of their own, sent once or many times."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from server.content.rules import BATCH_MAX, BEAT_MAX_MS, EventKind, Verdict
from server.kit.wire import Frozen, Instant, Milliseconds

Beat = Annotated[int, Field(ge=0, le=BEAT_MAX_MS)]

OF_VIDEO = frozenset(
    {
        EventKind.WATCH,
        EventKind.LIKE,
        EventKind.UNLIKE,
        EventKind.SAVE,
        EventKind.UNSAVE,
        EventKind.SHARE,
    }
)
OF_PERSON = frozenset({EventKind.FOLLOW, EventKind.UNFOLLOW, EventKind.BLOCK, EventKind.UNBLOCK})


class ViewerEvent(Frozen):
    """One thing that a viewer did. `at` is when it happened, by the clock of the device.

    A `watch` says that from `start_ms` to `end_ms` of the video was played in the `wall_ms` that ended `at`;
    `playback_id` names one uninterrupted stay at the video. What is of a video names the video, what is of
    a person the person.
    """

    id: UUID
    kind: EventKind
    at: Instant
    session_id: UUID
    video_id: UUID | None = None
    person_id: UUID | None = None
    playback_id: UUID | None = None
    start_ms: Milliseconds | None = None
    end_ms: Milliseconds | None = None
    wall_ms: Beat | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        parts = [part is not None for part in (self.playback_id, self.start_ms, self.end_ms, self.wall_ms)]
        if not all(parts) if self.kind is EventKind.WATCH else any(parts):
            raise ValueError("a watch, and only a watch, has playback_id, start_ms, end_ms and wall_ms")
        if self.start_ms is not None and self.end_ms is not None and self.end_ms < self.start_ms:
            raise ValueError("end_ms lies before start_ms")
        if (self.kind in OF_VIDEO) != (self.video_id is not None):
            raise ValueError("video_id is for what is of a video")
        if (self.kind in OF_PERSON) != (self.person_id is not None):
            raise ValueError("person_id is for what is of a person")
        return self


class EventBatch(Frozen):
    """Events in any order; which of them came before does not matter."""

    events: Annotated[list[ViewerEvent], Field(min_length=1, max_length=BATCH_MAX)]


class EventVerdict(Frozen):
    """What became of one event. A refused one is not kept; `code` says why."""

    id: UUID
    verdict: Verdict
    code: str | None = None


class EventVerdicts(Frozen):
    """One verdict an event, in the order in which they were sent."""

    verdicts: list[EventVerdict]
