"""What is said of a video without any model: below that no opinion of one is ever shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from server.forensics import queries
from server.forensics.opinion.rules import Severity, worse
from server.forensics.rules import Slot
from server.kit.db import AnySession

Floor = Callable[[AnySession, UUID], Mapping[Slot, Severity]]

_more: list[Floor] = []


def also(floor: Floor) -> None:
    """Let a domain above forensics say how severe it takes a video for; `app.py` calls this once for each."""
    _more.append(floor)


def of(s: AnySession, video_id: UUID) -> dict[Slot, Severity]:
    """The severity that each slot has at least; a slot that is not named has none."""
    found: dict[Slot, Severity] = {}
    for floor in (of_scores, *_more):
        for slot, severity in floor(s, video_id).items():
            found[slot] = worse(found.get(slot, Severity.NONE), severity)
    return found


def of_scores(s: AnySession, video_id: UUID) -> dict[Slot, Severity]:
    """By the two thresholds of the current scores."""
    current = [there.current.id for there in queries.of_video(s, video_id).values() if there.current]
    rows = [row for found in queries.scores(s, current).values() for row in found if row.score_bp is not None]
    return {
        row.slot: Severity.MEDIUM if row.likely else Severity.LOW
        for row in rows
        if row.likely or row.look_closer
    }
