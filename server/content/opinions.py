"""What a person keeps up until they take it back: likes, saves, follows, blocks. The last word counts.

A word is later by its time, then by the clock of its device, then by its id, so that words from two devices
mean the same in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.content.counters import Tally
from server.content.models import Block, Follow, OfPerson, VideoReaction
from server.content.rules import EventKind, Reaction, Relation
from server.kit.db import WriteSession

Kind = Reaction | Relation
Fact = Mapping[str, Any]
Opinion = VideoReaction | OfPerson

WORDS: Mapping[EventKind, tuple[Kind, bool]] = {
    EventKind.LIKE: (Reaction.LIKE, True),
    EventKind.UNLIKE: (Reaction.LIKE, False),
    EventKind.SAVE: (Reaction.SAVE, True),
    EventKind.UNSAVE: (Reaction.SAVE, False),
    EventKind.FOLLOW: (Relation.FOLLOW, True),
    EventKind.UNFOLLOW: (Relation.FOLLOW, False),
    EventKind.BLOCK: (Relation.BLOCK, True),
    EventKind.UNBLOCK: (Relation.BLOCK, False),
}
OF_PEOPLE = {word: (kind, takes) for word, (kind, takes) in WORDS.items() if isinstance(kind, Relation)}
TAKING_BACK = frozenset(kind for kind, (_, holds) in WORDS.items() if not holds)
COUNTER = {Reaction.LIKE: "likes", Reaction.SAVE: "saves"}
TABLE: Mapping[Relation, type[OfPerson]] = {Relation.FOLLOW: Follow, Relation.BLOCK: Block}


def last_words(facts: Iterable[Fact]) -> dict[tuple[Kind, UUID], Fact]:
    """The last word of each kind on each video and person among the facts of one person."""
    said: dict[tuple[Kind, UUID], Fact] = {}
    for fact in facts:
        if fact["kind"] not in WORDS:
            continue
        kind = WORDS[fact["kind"]][0]
        key = kind, fact["video_id" if isinstance(kind, Reaction) else "other_id"]
        if key not in said or _when(fact) > _when(said[key]):
            said[key] = fact
    return said


def holds(fact: Fact) -> bool:
    """Whether a word keeps something up or takes it back."""
    return WORDS[fact["kind"]][1]


def new_opinion(person_id: UUID, kind: Kind, subject: UUID) -> Opinion:
    """The row of what was not spoken of before."""
    if isinstance(kind, Reaction):
        return VideoReaction(person_id=person_id, kind=kind, video_id=subject)
    return TABLE[kind](person_id=person_id, other_id=subject)


def set_word(row: Opinion, fact: Fact) -> None:
    """Let a row say what the word does."""
    row.holds = holds(fact)
    row.at, row.told_at, row.event_id = _when(fact)


def take_in(s: WriteSession, person_id: UUID, facts: Sequence[Fact], tally: Tally) -> None:
    """Take the words among new facts into what the person thinks of each video and of other people."""
    said = last_words(facts)
    for (kind, subject), row in _held(s, person_id, said):
        fact, before = said[kind, subject], row is not None and row.holds
        if row is None:
            row = new_opinion(person_id, kind, subject)
            s.add(row)
        elif _when(fact) <= (row.at, row.told_at, row.event_id):
            continue
        set_word(row, fact)
        by = row.holds - before
        if isinstance(kind, Reaction):
            tally.video(subject, **{COUNTER[kind]: by})
        elif kind is Relation.FOLLOW:
            tally.person(subject, followers=by)
            tally.person(person_id, following=by)


def _held(
    s: WriteSession, person_id: UUID, said: Iterable[tuple[Kind, UUID]]
) -> Iterator[tuple[tuple[Kind, UUID], Opinion | None]]:
    """What the person thought so far of each of these, in a statement for each table that is needed."""
    videos = {subject for kind, subject in said if isinstance(kind, Reaction)}
    held: dict[tuple[Kind, UUID], Opinion] = {}
    if videos:
        mine = (VideoReaction.person_id == person_id, VideoReaction.video_id.in_(videos))
        held |= {(row.kind, row.video_id): row for row in s.scalars(select(VideoReaction).where(*mine))}
    for relation, table in TABLE.items():
        people = {subject for kind, subject in said if kind is relation}
        if people:
            found = select(table).where(table.person_id == person_id, table.other_id.in_(people))
            held |= {(relation, row.other_id): row for row in s.scalars(found)}
    for key in said:
        yield key, held.get(key)


def _when(fact: Fact) -> tuple[datetime, datetime, UUID]:
    return fact["at"], fact["told_at"], fact["id"]
