"""What a person keeps up until they take it back: likes, saves, follows. The last word counts.

A word is later by its time, then by its id, so that words from two devices mean the same in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.content.counters import Tally
from server.content.models import Follow, VideoReaction
from server.content.rules import EventKind, Reaction
from server.kit.db import WriteSession

REACTIONS = {
    EventKind.LIKE: (Reaction.LIKE, True),
    EventKind.UNLIKE: (Reaction.LIKE, False),
    EventKind.SAVE: (Reaction.SAVE, True),
    EventKind.UNSAVE: (Reaction.SAVE, False),
}
FOLLOWS = {EventKind.FOLLOW: True, EventKind.UNFOLLOW: False}
COUNTER = {Reaction.LIKE: "likes", Reaction.SAVE: "saves"}

Fact = Mapping[str, Any]


def react(s: WriteSession, person_id: UUID, facts: Sequence[Fact], tally: Tally) -> None:
    """Take the likes and saves among new facts into what the person thinks of each video."""
    said: dict[tuple[Reaction, UUID], Fact] = {}
    for fact in facts:
        if fact["kind"] in REACTIONS:
            _later(said, (REACTIONS[fact["kind"]][0], fact["video_id"]), fact)
    if not said:
        return
    held = {
        (row.kind, row.video_id): row
        for row in s.scalars(
            select(VideoReaction).where(
                VideoReaction.person_id == person_id,
                VideoReaction.video_id.in_({video_id for _, video_id in said}),
            )
        )
    }
    for (kind, video_id), fact in said.items():
        on, row = REACTIONS[fact["kind"]][1], held.get((kind, video_id))
        if row is None:
            row = VideoReaction(person_id=person_id, kind=kind, video_id=video_id, holds=False)
            s.add(row)
        elif not _is_later(fact, row):
            continue
        tally.video(video_id, **{COUNTER[kind]: on - row.holds})
        row.holds, row.at, row.event_id = on, fact["at"], fact["id"]


def follow(s: WriteSession, person_id: UUID, facts: Sequence[Fact], tally: Tally) -> None:
    """Take the follows among new facts into whom the person follows."""
    said: dict[UUID, Fact] = {}
    for fact in facts:
        if fact["kind"] in FOLLOWS:
            _later(said, fact["other_id"], fact)
    if not said:
        return
    found = select(Follow).where(Follow.person_id == person_id, Follow.other_id.in_(said))
    held = {row.other_id: row for row in s.scalars(found)}
    for other_id, fact in said.items():
        on, row = FOLLOWS[fact["kind"]], held.get(other_id)
        if row is None:
            row = Follow(person_id=person_id, other_id=other_id, holds=False)
            s.add(row)
        elif not _is_later(fact, row):
            continue
        tally.person(other_id, followers=on - row.holds)
        tally.person(person_id, following=on - row.holds)
        row.holds, row.at, row.event_id = on, fact["at"], fact["id"]


def _later(said: dict[Any, Fact], key: Any, fact: Fact) -> None:
    other = said.get(key)
    if other is None or (fact["at"], fact["id"]) > (other["at"], other["id"]):
        said[key] = fact


def _is_later(fact: Fact, held: VideoReaction | Follow) -> bool:
    return (fact["at"], fact["id"]) > (held.at, held.event_id)
