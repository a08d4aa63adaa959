"""The review bundle: all that is needed to judge one item, in a number of queries that never grows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.accounts.models import Person
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import AnySession
from server.kit.errors import NotFound
from server.moderation import policy as policies
from server.moderation import subjects
from server.moderation.models import Decision, Flag, HandlingTimes, Item, Mark, Note, Queue
from server.moderation.queries import creators, items, walks
from server.moderation.queries.decisions import decisions
from server.moderation.queries.flags import flag_rows
from server.moderation.queries.scope import CLEARANCE, open_to, sealed, visible
from server.moderation.rules import ItemState
from server.moderation.schemas import FlagRow, Lane, MarkRow, NoteRow, Review, Subject

FLAGS = 200
DECISIONS = 50
WRITTEN = 500


def review(s: AnySession, *, actor: Actor, item_id: UUID) -> Review:
    """Everything about one item. Raises NotFound where it does not exist for the actor."""
    found = s.execute(
        select(
            *walks.COLUMNS,
            Item.claim_token,
            Item.hold_reason,
            Item.family,
            Item.subject_version_hash,
            Queue.outcomes,
            HandlingTimes.median_ms,
        )
        .join(Queue, Queue.id == Item.queue_id)
        .outerjoin(
            HandlingTimes,
            (HandlingTimes.policy == Item.policy) & (HandlingTimes.content_type == Item.content_type),
        )
        .where(Item.id == item_id, visible(actor))
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such item.")
    (row,) = items.rows_of(s, [found])
    flags = flag_rows(s, where=Flag.item_id == item_id, actor=actor, limit=FLAGS)
    nodes = policies.current(s).nodes
    named = {found.policy, found.family, *(flag.policy for flag in flags)}
    mine = found.state is ItemState.CLAIMED and found.claimed_by == actor.id
    left = (found.lease_until - clock.now()).total_seconds() if found.lease_until else None
    return Review(
        item=row,
        subject=_subject(s, actor, found),
        flags=flags,
        lanes=_lanes(flags),
        creator=creators.summary(s, actor=actor, person_id=found.subject_owner_id),
        decisions=decisions(s, actor=actor, where=Decision.content_id == found.content_id, limit=DECISIONS),
        notes=_notes(s, actor, item_id),
        marks=_marks(s, actor, item_id),
        policies=[node for code, node in nodes.items() if code in named],
        outcomes=found.outcomes,
        claim_token=found.claim_token if mine else None,
        lease_left_s=max(0, int(left)) if left is not None else None,
        hold_reason=found.hold_reason,
        estimated_review_ms=found.median_ms,
    )


def _lanes(flags: Sequence[FlagRow]) -> list[Lane]:
    found: dict[tuple[Any, str], list[tuple[int, int, int | None]]] = defaultdict(list)
    for flag in flags:
        for start, end in flag.ranges:
            found[flag.source, flag.policy].append((start, end, flag.confidence_bp))
    return [
        Lane(source=source, policy=policy, ranges=sorted(ranges, key=lambda r: r[:2]))
        for (source, policy), ranges in sorted(found.items())
    ]


def _subject(s: AnySession, actor: Actor, item: Any) -> Subject | None:
    """What is judged. A restricted video under which it was said is not named to the uncleared."""
    shown = subjects.find(s, item.content_type, item.content_id)
    if shown is None:
        return None
    around = shown.video_id if shown.video_id != shown.content_id else None
    if around is not None and not actor.can(CLEARANCE) and subjects.is_restricted(s, around):
        shown = replace(shown, video_id=None, title="", duration_ms=None)
    return Subject(
        content_type=shown.content_type,
        content_id=shown.content_id,
        video_id=shown.video_id,
        title=shown.title,
        text=shown.text,
        duration_ms=shown.duration_ms,
        version_hash=shown.version_hash,
        changed=shown.version_hash != item.subject_version_hash,
        deleted=shown.deleted,
        created_at=shown.created_at,
    )


def _notes(s: AnySession, actor: Actor, item_id: UUID) -> list[NoteRow]:
    """The notes on an item; those of who gave a sealed opinion are sealed with it."""
    rows = s.execute(
        select(Note, Person.handle)
        .join(Person, Person.id == Note.author_id)
        .join(Item, Item.id == Note.item_id)
        .where(Note.item_id == item_id, ~sealed(actor))
        .order_by(Note.created_at, Note.id)
        .limit(WRITTEN)
    )
    return [
        NoteRow(
            id=note.id,
            author_id=note.author_id,
            author_handle=handle,
            body=note.body,
            at_ms=note.at_ms,
            created_at=note.created_at,
        )
        for note, handle in rows
    ]


def _marks(s: AnySession, actor: Actor, item_id: UUID) -> list[MarkRow]:
    rows = s.execute(
        select(Mark, Person.handle)
        .join(Person, Person.id == Mark.author_id)
        .join(Decision, Decision.id == Mark.decision_id)
        .join(Item, Item.id == Mark.item_id)
        .where(Mark.item_id == item_id, open_to(actor))
        .order_by(Mark.created_at, Mark.id)
        .limit(WRITTEN)
    )
    return [
        MarkRow(
            id=mark.id,
            decision_id=mark.decision_id,
            author_handle=handle,
            frame=mark.frame,
            pts=mark.pts,
            ms=mark.ms,
            in_ms=mark.in_ms,
            out_ms=mark.out_ms,
            label=mark.label,
            note=mark.note,
            created_at=mark.created_at,
        )
        for mark, handle in rows
    ]
