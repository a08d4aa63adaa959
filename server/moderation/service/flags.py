"""Flag intake: each voice counts once, joins the one open item of its subject and family, or opens it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists, select, update

from server.kit import clock
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, Forbidden, Invalid, NotFound
from server.kit.upsert import insert_ignoring
from server.moderation import policy as policies
from server.moderation import priority, subjects
from server.moderation.models import Decision, Exclusion, Flag, Item
from server.moderation.rules import (
    OPEN,
    ContentType,
    FlagState,
    ItemState,
    Severity,
    SlaClass,
    Source,
    queue_of,
)
from server.moderation.schemas import FlagReceipt, PolicyNode
from server.moderation.service.record import changed, items
from server.moderation.service.restriction import hold_subject, quarantine, share_subject
from server.moderation.subjects import Subject

TRIES = 5
RECORD = 100
"""Decided flags of a reporter that are looked at, the latest ones."""
JUDGED = (FlagState.ACTIONED, FlagState.DISMISSED)
PEOPLE = (Source.USER, Source.STAFF)
"""The sources that are persons: they speak for themselves and measure nothing."""
MACHINES = (Source.CLASSIFIER, Source.HASH_MATCH)
"""What a program may say that it is; the others are named by the server itself."""


@dataclass(frozen=True)
class _Voice:
    """One flag on its way in."""

    actor: Actor
    source: Source
    source_ref: str | None
    node: PolicyNode
    subject: Subject
    confidence_bp: int | None
    concerns_minors: bool
    at: datetime
    stated: Severity | None = None

    @property
    def severity(self) -> Severity:
        """How severe it is: as its policy says, unless a program that measures says otherwise."""
        return self.stated or self.node.severity

    @property
    def reporter_id(self) -> UUID | None:
        return self.actor.id if self.source in PEOPLE else None

    @property
    def family(self) -> str:
        return policies.family_of(self.node.code)

    @property
    def dedup_key(self) -> bytes:
        """Who says what about which version of the subject: said twice, it counts once."""
        said = self.actor.ref
        who = said if self.source in PEOPLE else f"{said}/{self.source}/{self.source_ref}"
        about = (
            self.subject.content_type,
            self.subject.content_id,
            self.subject.version_hash,
            self.node.code,
        )
        return hashlib.sha256("\n".join(map(str, (who, *about))).encode()).digest()


def receive_flag(
    s: WriteSession,
    *,
    actor: Actor,
    content_type: ContentType,
    content_id: UUID,
    policy: str,
    note: str | None = None,
    ranges: Sequence[tuple[int, int]] = (),
    source: Source = Source.USER,
    source_ref: str | None = None,
    confidence_bp: int | None = None,
    severity: Severity | None = None,
) -> FlagReceipt:
    """Take in one flag. `ranges` are ms of the video, `confidence_bp` basis points; `severity` replaces that
    of the policy, where the server itself measures.

    A flag is a `duplicate` (and counts for nothing more) when the same voice said the same of the same
    version before. It is also one when a user flags what a standing decision of the same family was about
    and either the version is the one that was judged, or this user was heard in that case already: so an
    edit lets new people speak, but no one can harry a creator with repeats. Other families and sources
    open a new item.

    Staff who flag are not offered the item, whether or not their flag was a repeat. Raises NotFound without
    such a subject or when the person may not see it, Invalid for an unknown policy or a person who measures,
    Forbidden for the source.
    """
    staff = actor.kind == "person" and actor.can("moderation.read")
    _check_source(actor, source, staff=staff, measured=source_ref is not None or confidence_bp is not None)
    tree = policies.current(s)
    node = tree.get(policy)
    subject = subjects.find(s, content_type, content_id)
    known_file = actor.kind == "system" and node.restricted
    if subject is None or (subject.deleted and not known_file):
        raise NotFound("There is nothing here that could be flagged.")
    if not subjects.is_visible(s, actor, subject):
        raise NotFound("There is nothing here that could be flagged.")
    voice = _Voice(
        actor=actor,
        source=source,
        source_ref=source_ref,
        node=node,
        subject=subject,
        confidence_bp=confidence_bp,
        concerns_minors=tree.nodes[policies.family_of(policy)].concerns_minors,
        at=clock.now(),
        stated=severity,
    )
    said = s.execute(select(Flag.id, Flag.item_id).where(Flag.dedup_key == voice.dedup_key)).one_or_none()
    if said is not None:
        if staff:
            _exclude(s, voice, said.item_id)
        return FlagReceipt(flag_id=said.id, item_id=said.item_id, state=FlagState.DUPLICATE)
    if node.restricted:
        hold_subject(s, content_type=content_type, content_id=content_id)
    item, state = _place(s, voice)
    flag_id = uuid4()
    new = insert_ignoring(
        s,
        Flag,
        {
            "id": flag_id,
            "source": source,
            "source_ref": source_ref,
            "reporter_id": voice.reporter_id,
            "content_type": content_type,
            "content_id": content_id,
            "owner_id": subject.owner_id,
            "policy": policy,
            "policy_version": tree.version,
            "confidence_bp": confidence_bp,
            "ranges": [list(r) for r in ranges],
            "note": note,
            "subject_version_hash": subject.version_hash,
            "dedup_key": voice.dedup_key,
            "state": state,
            "item_id": item.id,
            "received_at": voice.at,
        },
    )
    if not new:
        raise Conflict("The same flag is just being received. Ask again.", code="duplicate")
    if staff:
        _exclude(s, voice, item.id)
    if state is FlagState.LINKED:
        version = _count(s, item, voice)
        changed(
            s,
            actor=actor,
            what="item_flagged",
            item_id=item.id,
            restricted=item.restricted or node.restricted,
            version=version,
            flag=str(flag_id),
            policy=policy,
            source=source,
        )
        if node.restricted:
            quarantine(s, content_type=content_type, content_id=content_id)
    return FlagReceipt(flag_id=flag_id, item_id=item.id, state=state)


def _check_source(actor: Actor, source: Source, *, staff: bool, measured: bool) -> None:
    """A person speaks as a user, or as staff where they are; a score in the queue is a program's."""
    if actor.kind != "person":
        if source in PEOPLE or (source not in MACHINES and actor.kind != "system"):
            raise Forbidden("A program is a classifier or a hash match.")
        return
    if source not in PEOPLE or (source is Source.STAFF and not staff):
        raise Forbidden("Only programs may name this source.")
    if measured:
        raise Invalid("Only programs give a confidence and a reference.", code="not_a_program")


def _exclude(s: WriteSession, voice: _Voice, item_id: UUID) -> None:
    excluded = {"item_id": item_id, "person_id": voice.actor.person, "why": "flagged it", "at": voice.at}
    insert_ignoring(s, Exclusion, excluded)


def hear_again(s: WriteSession, *, item_id: UUID) -> None:
    """Let the flags count that a decision had answered, now that it is undone."""
    nodes = policies.current(s).nodes
    waiting = select(Flag).where(Flag.item_id == item_id, Flag.state == FlagState.DUPLICATE)
    for flag in s.scalars(waiting.order_by(Flag.received_at, Flag.id)).all():
        item = s.execute(select(items).where(Item.id == item_id).with_for_update()).one()
        subject, node = subjects.find(s, flag.content_type, flag.content_id), nodes.get(flag.policy)
        if subject is None or node is None or flag.reporter_id is None:
            continue
        actor = Actor("person", flag.reporter_id)
        minors = nodes[policies.family_of(node.code)].concerns_minors
        voice = _Voice(
            actor=actor,
            source=flag.source,
            source_ref=flag.source_ref,
            node=node,
            subject=subject,
            confidence_bp=flag.confidence_bp,
            concerns_minors=minors,
            at=flag.received_at,
        )
        flag.state = FlagState.LINKED
        version = _count(s, item, voice)
        changed(
            s,
            actor=actor,
            what="item_flagged",
            item_id=item_id,
            restricted=item.restricted,
            version=version,
            flag=str(flag.id),
            policy=flag.policy,
            source=flag.source,
        )


def _place(s: WriteSession, voice: _Voice) -> tuple[Any, FlagState]:
    """The item that the flag belongs to, locked, and the state in which the flag joins it."""
    for _ in range(TRIES):
        mine = (
            Item.content_id == voice.subject.content_id,
            Item.content_type == voice.subject.content_type,
            Item.family == voice.family,
        )
        found = s.execute(select(items).where(*mine, Item.state.in_(OPEN)).with_for_update()).one_or_none()
        if found is not None:
            return found, FlagState.LINKED
        if voice.source is Source.USER and (judged := _standing(s, voice, *mine)) is not None:
            return judged, FlagState.DUPLICATE
        _open(s, voice)
    raise Conflict("This subject is being decided at this very moment. Ask again.", code="busy_subject")


def _standing(s: WriteSession, voice: _Voice, *mine: Any) -> Any | None:
    """The decided item that already answers a user's flag, by the rule of `receive_flag`."""
    judged = s.execute(
        select(items, Decision.subject_version_hash.label("judged_hash"))
        .join(Decision, Decision.id == Item.decision_id)
        .where(*mine, Item.state == ItemState.DECIDED)
        .order_by(Decision.decided_at.desc())
        .limit(1)
    ).one_or_none()
    if judged is None or judged.judged_hash == voice.subject.version_hash:
        return judged
    heard = s.scalar(select(exists().where(Flag.item_id == judged.id, Flag.reporter_id == voice.reporter_id)))
    return judged if heard else None


def _open(s: WriteSession, voice: _Voice) -> None:
    """Open the item unless a concurrent flag has just done so."""
    subject, node = voice.subject, voice.node
    if not node.restricted:
        share_subject(s, content_type=subject.content_type, content_id=subject.content_id)
    restricted = node.restricted or subjects.is_restricted(s, subject.content_id)
    clocks = priority.clocks(node.sla_class, since=voice.at)
    points, why = priority.score(priority.Signals(voice.severity))
    title = _first_line(subject)
    insert_ignoring(
        s,
        Item,
        {
            "id": uuid4(),
            "created_at": voice.at,
            "version": 1,
            "queue_id": queue_of(restricted=restricted, stage=1),
            "restricted": restricted,
            "content_type": subject.content_type,
            "content_id": subject.content_id,
            "family": voice.family,
            "policy": node.code,
            "severity": voice.severity,
            "sla_class": node.sla_class,
            "state": ItemState.PENDING,
            "stage": 1,
            "priority": points,
            "priority_why": why,
            "boosts": 0,
            "boost_at": clocks.boost_at,
            "due_at": clocks.due_at,
            "legal_due_at": clocks.legal_due_at,
            "flag_count": 0,
            "reporters": 0,
            "reporter_weight_bp": 0,
            "trusted_flagger": False,
            "hash_match": False,
            "reach_band": 0,
            "subject_title": title,
            "subject_title_key": title.casefold()[:80],
            "subject_owner_id": subject.owner_id,
            "claim_token": 0,
            "prefetched": False,
            "skip_count": 0,
            "held_s": 0,
        },
    )


def _first_line(subject: Subject) -> str:
    """The item's name in lists: of a comment its own words, since the video around it may be hidden."""
    own = "" if subject.content_type is ContentType.COMMENT else subject.title
    lines = (own or subject.text).strip().splitlines()
    return lines[0][:200] if lines else ""


def _weight_bp(s: WriteSession, voice: _Voice) -> int:
    """What this reporter counts, by the last of their own flags that were decided."""
    judged = (
        select(Flag.state)
        .where(Flag.reporter_id == voice.reporter_id, Flag.state.in_(JUDGED))
        .order_by(Flag.received_at.desc())
        .limit(RECORD)
    )
    states = s.scalars(judged).all()
    agreed = states.count(FlagState.ACTIONED)
    return priority.reporter_weight_bp(agreed=agreed, dismissed=len(states) - agreed)


def _count(s: WriteSession, item: Any, voice: _Voice) -> int:
    """Add the flag to what lists show of the item; answers the item's new version."""
    node, at = voice.node, voice.at
    heard = voice.reporter_id is None or s.scalar(
        select(
            exists()
            .where(Flag.item_id == item.id, Flag.reporter_id == voice.reporter_id)
            # Withdrawn ones have no key: whoever takes a flag back and says it again is no second voice.
            .where(Flag.dedup_key.is_distinct_from(voice.dedup_key))
        )
    )
    severer = voice.severity.tier > Severity(item.severity).tier
    severity = voice.severity if severer else Severity(item.severity)
    sla_class = priority.stricter(node.sla_class, SlaClass(item.sla_class))
    clocks = priority.clocks(node.sla_class, since=at)
    signals = priority.Signals(
        severity=severity,
        reporters=item.reporters + (0 if heard else 1),
        weight_bp=item.reporter_weight_bp + (0 if heard else _weight_bp(s, voice)),
        trusted_flagger=item.trusted_flagger or voice.source is Source.TRUSTED_FLAGGER,
        hash_match=item.hash_match or voice.source is Source.HASH_MATCH,
        reach_band=item.reach_band,
        concerns_minors=voice.concerns_minors,
        boosts=item.boosts,
    )
    points, why = priority.score(signals)
    confident = [bp for bp in (item.max_confidence_bp, voice.confidence_bp) if bp is not None]
    legal = [at for at in (item.legal_due_at, clocks.legal_due_at) if at is not None]
    written = s.changed_one(
        update(items)
        .where(items.c.id == item.id, items.c.state.in_(OPEN), items.c.version == item.version)
        .values(
            policy=node.code if severer or item.flag_count == 0 else item.policy,
            severity=severity,
            sla_class=sla_class,
            due_at=min(item.due_at, clocks.due_at),
            legal_due_at=min(legal, default=None),
            boost_at=min(item.boost_at, clocks.boost_at) if item.boost_at else None,
            flag_count=item.flag_count + 1,
            reporters=signals.reporters,
            reporter_weight_bp=signals.weight_bp,
            trusted_flagger=signals.trusted_flagger,
            hash_match=signals.hash_match,
            max_confidence_bp=max(confident, default=None),
            subject_version_hash=voice.subject.version_hash,
            priority=points,
            priority_why=why,
            version=item.version + 1,
        )
    )
    if not written:
        raise Conflict("This item has just been changed by someone else. Ask again.", code="conflict")
    return int(item.version) + 1
