"""The tables of moderation: policies, queues, flags, items, decisions and what follows from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

import server.moderation.guards  # noqa: F401 - the triggers and the view come with the tables
from server.accounts.models import Person
from server.kit.models import Base, Identified, Timestamped, Versioned
from server.kit.types import Json, one_of
from server.moderation.guards import GUARDS as GUARDS
from server.moderation.rules import (
    FINAL,
    ContentType,
    FlagState,
    ItemState,
    Measure,
    Opinion,
    Outcome,
    QueueKind,
    Scope,
    Severity,
    SlaClass,
    Source,
)

POLICY_CODE = String(64)
TITLE_KEY = String(80).with_variant(String(80, collation="C"), "postgresql")
"""Compared by code point on both databases, so that a range on its index finds a prefix."""


def _person(**options: Any) -> Any:
    return mapped_column(ForeignKey(Person.id), **options)


class PolicyVersion(Base):
    """One version of the policy tree; never changed (the database refuses it).

    An older file that is brought back is a new version with the same hash.
    """

    __tablename__ = "moderation_policy_versions"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    nodes: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    author: Mapped[str] = mapped_column(String(96))
    at: Mapped[datetime]


class Queue(Base):
    """Where items wait, in state `waits`. `tier` 2 is for leads; `lease_s` None = as the server is set."""

    __tablename__ = "moderation_queues"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[QueueKind] = mapped_column(one_of(QueueKind))
    tier: Mapped[int] = mapped_column(SmallInteger)
    waits: Mapped[ItemState] = mapped_column(one_of(ItemState, name="waits"))
    lease_s: Mapped[int | None]
    outcomes: Mapped[list[str]] = mapped_column(Json)


class Item(Identified, Timestamped, Versioned, Base):
    """One subject to be judged under one policy family; what lists show is kept here: they read one table.

    `decision_id` is the last decision on it, `first_opinion_id` the one that a second person has to match.
    """

    __tablename__ = "moderation_items"

    queue_id: Mapped[str] = mapped_column(ForeignKey(Queue.id))
    restricted: Mapped[bool]
    content_type: Mapped[ContentType] = mapped_column(one_of(ContentType))
    content_id: Mapped[UUID]
    family: Mapped[str] = mapped_column(POLICY_CODE)
    policy: Mapped[str] = mapped_column(POLICY_CODE)
    severity: Mapped[Severity] = mapped_column(one_of(Severity))
    sla_class: Mapped[SlaClass] = mapped_column(one_of(SlaClass))
    state: Mapped[ItemState] = mapped_column(one_of(ItemState), default=ItemState.PENDING)
    stage: Mapped[int] = mapped_column(SmallInteger, default=1)

    priority: Mapped[int]
    priority_why: Mapped[list[list[Any]]] = mapped_column(Json)
    boosts: Mapped[int] = mapped_column(SmallInteger, default=0)
    boost_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    legal_due_at: Mapped[datetime | None]

    flag_count: Mapped[int] = mapped_column(default=0)
    reporters: Mapped[int] = mapped_column(default=0)
    reporter_weight_bp: Mapped[int] = mapped_column(default=0)
    trusted_flagger: Mapped[bool] = mapped_column(default=False)
    hash_match: Mapped[bool] = mapped_column(default=False)
    reach_band: Mapped[int] = mapped_column(SmallInteger, default=0)
    max_confidence_bp: Mapped[int | None]

    subject_title: Mapped[str] = mapped_column(String(200), default="")
    subject_title_key: Mapped[str] = mapped_column(TITLE_KEY, default="")
    subject_owner_id: Mapped[UUID | None] = _person()
    subject_version_hash: Mapped[str | None] = mapped_column(String(64))

    claimed_by: Mapped[UUID | None] = _person()
    claim_token: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    prefetched: Mapped[bool] = mapped_column(default=False)
    held_until: Mapped[datetime | None]
    hold_reason: Mapped[str | None] = mapped_column(String(500))
    held_s: Mapped[int] = mapped_column(default=0)
    skip_count: Mapped[int] = mapped_column(SmallInteger, default=0)
    decision_id: Mapped[UUID | None]
    first_opinion_id: Mapped[UUID | None]


def _where(name: str, *columns: Any, where: ColumnElement[bool], unique: bool = False) -> None:
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


_ORDER = (Item.priority.desc(), Item.due_at, Item.id)
Index("ix_moderation_items_pick", Item.queue_id, Item.state, *_ORDER)
Index("ix_moderation_items_policy", Item.policy, Item.state, *_ORDER)
Index("ix_moderation_items_owner", Item.subject_owner_id, Item.state, *_ORDER)
Index("ix_moderation_items_subject", Item.content_id)
Index("ix_moderation_items_title", Item.subject_title_key)
_where(
    "uq_moderation_items_open",
    Item.content_type,
    Item.content_id,
    Item.family,
    where=Item.state.not_in(FINAL),
    unique=True,
)
_where("ix_moderation_items_lease", Item.lease_until, where=Item.lease_until.is_not(None))
_where("ix_moderation_items_hold", Item.held_until, where=Item.held_until.is_not(None))
_where("ix_moderation_items_boost", Item.boost_at, where=Item.boost_at.is_not(None))
_where("ix_moderation_items_claimer", Item.claimed_by, where=Item.lease_until.is_not(None))


class Exclusion(Base):
    """Who is never offered an item again, e.g. because of having skipped it."""

    __tablename__ = "moderation_exclusions"

    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id), primary_key=True)
    person_id: Mapped[UUID] = _person(primary_key=True)
    why: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]


class Flag(Identified, Base):
    """One voice against a piece of content. `ranges` is [[start_ms, end_ms], ...] of the video.

    `dedup_key` is null once the flag is withdrawn, so that its reporter may speak anew.
    """

    __tablename__ = "moderation_flags"

    source: Mapped[Source] = mapped_column(one_of(Source))
    source_ref: Mapped[str | None] = mapped_column(String(120))
    reporter_id: Mapped[UUID | None] = _person()
    content_type: Mapped[ContentType] = mapped_column(one_of(ContentType))
    content_id: Mapped[UUID]
    owner_id: Mapped[UUID | None] = _person(index=True)
    policy: Mapped[str] = mapped_column(POLICY_CODE)
    policy_version: Mapped[int] = mapped_column(ForeignKey(PolicyVersion.version))
    confidence_bp: Mapped[int | None]
    ranges: Mapped[list[list[int]]] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(Text)
    subject_version_hash: Mapped[str | None] = mapped_column(String(64))
    dedup_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    state: Mapped[FlagState] = mapped_column(one_of(FlagState))
    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    received_at: Mapped[datetime]


Index("ix_moderation_flags_item", Flag.item_id, Flag.received_at)
Index("ix_moderation_flags_reporter", Flag.reporter_id, Flag.received_at)


class Decision(Identified, Base):
    """What was decided, by whom, under which policy version; never changed (the database refuses it).

    `first_opinion_id` is named by every decision on an item that has one; the database refuses it to people
    who gave an opinion on it. `proposed` is what an opinion asks for; it has no effect of its own.
    """

    __tablename__ = "moderation_decisions"
    __table_args__ = (UniqueConstraint("item_id", "stage", "claim_token"),)

    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id))
    stage: Mapped[int] = mapped_column(SmallInteger)
    claim_token: Mapped[int]
    decider_id: Mapped[UUID] = _person()
    outcome: Mapped[Outcome] = mapped_column(one_of(Outcome))
    opinion: Mapped[Opinion] = mapped_column(one_of(Opinion), default=Opinion.SOLE)
    first_opinion_id: Mapped[UUID | None] = mapped_column(ForeignKey("moderation_decisions.id"))
    proposed: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    policy: Mapped[str | None] = mapped_column(POLICY_CODE)
    policy_version: Mapped[int] = mapped_column(ForeignKey(PolicyVersion.version))
    facts: Mapped[str | None] = mapped_column(Text)
    reason_codes: Mapped[list[str]] = mapped_column(Json)
    content_type: Mapped[ContentType] = mapped_column(one_of(ContentType))
    content_id: Mapped[UUID]
    owner_id: Mapped[UUID | None] = _person()
    subject_version_hash: Mapped[str | None] = mapped_column(String(64))
    ms_viewed: Mapped[int | None]
    ms_revealed: Mapped[int | None]
    handling_ms: Mapped[int]
    decided_at: Mapped[datetime]
    effective_at: Mapped[datetime]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("moderation_decisions.id"), unique=True)


Index("ix_moderation_decisions_subject", Decision.content_id, Decision.decided_at)
Index("ix_moderation_decisions_owner", Decision.owner_id, Decision.decided_at)
Index("ix_moderation_decisions_decider", Decision.decider_id, Decision.decided_at)


class Undo(Base):
    """A decision that its decider took back within the grace; its effects never came."""

    __tablename__ = "moderation_undos"

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id), primary_key=True)
    at: Mapped[datetime]


class Action(Identified, Base):
    """One enforcement action of a decision, in force from `starts_at` until `ends_at` or its reversal.

    An `interim` one belongs to an opinion and ends when the item is decided.
    """

    __tablename__ = "moderation_actions"

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id))
    type: Mapped[Measure] = mapped_column(one_of(Measure))
    scope: Mapped[Scope] = mapped_column(one_of(Scope))
    interim: Mapped[bool] = mapped_column(default=False)
    target_type: Mapped[ContentType] = mapped_column(one_of(ContentType))
    target_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


Index("ix_moderation_actions_decision", Action.decision_id)
_where("ix_moderation_actions_target", Action.target_id, where=Action.ended_at.is_(None))
_where("ix_moderation_actions_ends", Action.ends_at, where=Action.ended_at.is_(None))


class Interim(Identified, Base):
    """A restriction that nobody decided: of what matches a hash bank, until its item is decided."""

    __tablename__ = "moderation_interims"

    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id), index=True)
    target_type: Mapped[ContentType] = mapped_column(one_of(ContentType))
    target_id: Mapped[UUID]
    why: Mapped[str] = mapped_column(String(120))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


_where("ix_moderation_interims_target", Interim.target_id, where=Interim.ended_at.is_(None))


class Finality(Base):
    """A decision whose grace is not over; the sweep that finds it past `at` makes it final."""

    __tablename__ = "moderation_pending_effects"

    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Strike(Identified, Base):
    """What a final violation leaves on its creator's record, until it expires or is revoked."""

    __tablename__ = "moderation_strikes"

    person_id: Mapped[UUID] = _person()
    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id), unique=True)
    policy: Mapped[str] = mapped_column(POLICY_CODE)
    severity: Mapped[Severity] = mapped_column(one_of(Severity))
    points: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


Index("ix_moderation_strikes_person", Strike.person_id, Strike.at)


class Note(Identified, Timestamped, Base):
    """What a moderator wrote down on an item, possibly at one moment of the video."""

    __tablename__ = "moderation_notes"

    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id), index=True)
    author_id: Mapped[UUID] = _person()
    body: Mapped[str] = mapped_column(Text)
    at_ms: Mapped[int | None]


class Mark(Identified, Timestamped, Base):
    """Evidence of a decision: a frame (index, packet pts, ms) or an in/out range in ms, with its label."""

    __tablename__ = "moderation_marks"

    item_id: Mapped[UUID] = mapped_column(ForeignKey(Item.id), index=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey(Decision.id))
    author_id: Mapped[UUID] = _person()
    frame: Mapped[int | None]
    pts: Mapped[int | None]
    ms: Mapped[int | None]
    in_ms: Mapped[int | None]
    out_ms: Mapped[int | None]
    label: Mapped[str] = mapped_column(String(80))
    note: Mapped[str | None] = mapped_column(Text)


class SavedReason(Identified, Timestamped, Versioned, Base):
    """A ready text for the facts of a decision; `owner_id` None = shared by the whole team."""

    __tablename__ = "moderation_saved_reasons"

    owner_id: Mapped[UUID | None] = _person(index=True)
    title: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    policy: Mapped[str | None] = mapped_column(POLICY_CODE)


class HandlingTimes(Base):
    """The handling times of the last decided items of one kind, newest last, and their median."""

    __tablename__ = "moderation_handling_times"

    policy: Mapped[str] = mapped_column(POLICY_CODE, primary_key=True)
    content_type: Mapped[ContentType] = mapped_column(one_of(ContentType), primary_key=True)
    recent_ms: Mapped[list[int]] = mapped_column(Json)
    median_ms: Mapped[int]
