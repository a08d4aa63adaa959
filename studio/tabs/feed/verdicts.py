"""What the server did not take of what the viewer said; free of Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from server.content.rules import EventKind, Verdict
from server.content.schemas import EventVerdicts, ViewerEvent
from studio.api.errors import ApiError
from studio.offline.changes import Changes
from studio.offline.edits import EditKind

WORDS: Final[Mapping[EventKind, tuple[EventKind, bool]]] = {
    said: (word, said is word)
    for word, taken_back in (
        (EventKind.LIKE, EventKind.UNLIKE),
        (EventKind.SAVE, EventKind.UNSAVE),
        (EventKind.FOLLOW, EventKind.UNFOLLOW),
        (EventKind.BLOCK, EventKind.UNBLOCK),
    )
    for said in (word, taken_back)
}
"""What is kept up until it is taken back: which word it is, and whether it is said or taken back."""

Key = tuple[EventKind, UUID]
"""Which word, and of what video or person."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The last word of a batch on something, which was refused: `holds` is what is so instead."""

    event_id: UUID
    key: Key
    holds: bool
    code: str

    @property
    def word(self) -> EventKind:
        """Like, save, follow or block."""
        return self.key[0]

    @property
    def subject(self) -> UUID:
        """The video or the person."""
        return self.key[1]


def key_of(event: ViewerEvent) -> Key | None:
    """On what an event is a word; None for one that is none."""
    subject = event.video_id or event.person_id
    return (WORDS[event.kind][0], subject) if event.kind in WORDS and subject is not None else None


def words_in(body: Mapping[str, Any]) -> Iterator[tuple[UUID, Key, bool]]:
    """The words in a batch as it waits in the outbox: the id of each, on what it is, whether it is said."""
    for event in body["events"]:
        if (said := WORDS.get(event["kind"])) is not None:
            word, holds = said
            yield UUID(event["id"]), (word, UUID(event.get("video_id") or event["person_id"])), holds


def not_taken(changes: Changes) -> list[NotTaken]:
    """What a broadcast says was refused, where that makes a difference to what is so.

    The server answers for each event by itself, in a batch that it takes as a whole.
    """
    answered = changes.answered
    if answered is None or answered.edit.kind is not EditKind.FEED_EVENT:
        return []
    words = list(words_in(answered.edit.body))
    if not words:
        return []
    try:
        told = {each.id: each for each in answered.answer.model(EventVerdicts).verdicts}
    except ApiError:
        return []  # by a server of another version; it has the batch all the same
    so: dict[Key, bool] = {}
    last: dict[Key, NotTaken] = {}
    wanted: dict[Key, bool] = {}
    for event_id, key, holds in words:
        wanted[key] = holds
        last.pop(key, None)
        verdict = told.get(event_id)
        if verdict is None or verdict.verdict is not Verdict.REFUSED:
            so[key] = holds
        else:
            before = so.setdefault(key, not holds)
            last[key] = NotTaken(event_id, key, before, verdict.code or "")
    return [each for key, each in last.items() if each.holds is not wanted[key]]
