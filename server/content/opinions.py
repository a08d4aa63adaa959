"""What a person keeps up until they take it back: likes, saves, follows. The last word counts.

A word is later by its time, then by the clock of its device, then by its id, so that words from two devices
mean the same in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
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
Opinion = VideoReaction | Follow


def last_reactions(facts: Iterable[Fact]) -> dict[tuple[Reaction, UUID], Fact]:
    """The last word on each video among the facts."""
    said: dict[tuple[Reaction, UUID], Fact] = {}
    for fact in facts:
        if fact["kind"] in REACTIONS:
            _keep_later(said, (REACTIONS[fact["kind"]][0], fact["video_id"]), fact)
    return said


def last_follows(facts: Iterable[Fact]) -> dict[UUID, Fact]:
    """The last word on each person among the facts."""
    said: dict[UUID, Fact] = {}
    for fact in facts:
        if fact["kind"] in FOLLOWS:
            _keep_later(said, fact["other_id"], fact)
    return said


def holds(fact: Fact) -> bool:
    """Whether a word keeps something up or takes it back."""
    kind = fact["kind"]
    return FOLLOWS[kind] if kind in FOLLOWS else REACTIONS[kind][1]


def set_word(row: Opinion, fact: Fact) -> None:
    """Let a row say what the word does."""
    row.holds = holds(fact)
    row.at, row.told_at, row.event_id = _when(fact)


def react(s: WriteSession, person_id: UUID, facts: Sequence[Fact], tally: Tally) -> None:
    """Take the likes and saves among new facts into what the person thinks of each video."""
    said = last_reactions(facts)
    if not said:
        return
    videos = {video_id for _, video_id in said}
    found = select(VideoReaction).where(
        VideoReaction.person_id == person_id, VideoReaction.video_id.in_(videos)
    )
    held = {(row.kind, row.video_id): row for row in s.scalars(found)}
    for (kind, video_id), fact in said.items():
        row = held.get((kind, video_id))
        before = row is not None and row.holds
        if row is None:
            row = VideoReaction(person_id=person_id, kind=kind, video_id=video_id)
            s.add(row)
        elif not _is_later(fact, row):
            continue
        set_word(row, fact)
        tally.video(video_id, **{COUNTER[kind]: row.holds - before})


def follow(s: WriteSession, person_id: UUID, facts: Sequence[Fact], tally: Tally) -> None:
    """Take the follows among new facts into whom the person follows."""
    said = last_follows(facts)
    if not said:
        return
    found = select(Follow).where(Follow.person_id == person_id, Follow.other_id.in_(said))
    held = {row.other_id: row for row in s.scalars(found)}
    for other_id, fact in said.items():
        row = held.get(other_id)
        before = row is not None and row.holds
        if row is None:
            row = Follow(person_id=person_id, other_id=other_id)
            s.add(row)
        elif not _is_later(fact, row):
            continue
        set_word(row, fact)
        tally.person(other_id, followers=row.holds - before)
        tally.person(person_id, following=row.holds - before)


def _keep_later(said: dict[Any, Fact], key: Any, fact: Fact) -> None:
    other = said.get(key)
    if other is None or _when(fact) > _when(other):
        said[key] = fact


def _when(fact: Fact) -> tuple[datetime, datetime, UUID]:
    return fact["at"], fact["told_at"], fact["id"]


def _is_later(fact: Fact, held: Opinion) -> bool:
    return _when(fact) > (held.at, held.told_at, held.event_id)
