"""What one of two people found is kept from the other, by every read and by the database itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from server.accounts.permissions import Role
from server.audit.models import AuditEntry, AuditPayload
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, Forbidden, NotFound
from server.moderation import service
from server.moderation.models import Decision, Item
from server.moderation.queries import creators, items
from server.moderation.queries.decisions import decisions
from server.moderation.queries.review import review
from server.moderation.queries.search import search
from server.moderation.rules import Opinion, Outcome
from server.moderation.schemas import MarkBody, NewDecision, NewNote
from tests.server.moderation.conftest import CSAM, GRACE_S, LEASE_S, NewPerson, Studio
from tests.server.moderation.dual import GRACE, SECRET, TERROR, Case


@pytest.fixture
def case(db: Database, studio: Studio, fan: Actor) -> Case:
    return Case(db, studio, fan)


def reads(db: Database, actor: Actor, case: Case, opinion: UUID) -> str:
    """Everything that an actor can read about a case, in one text."""
    with db.read() as s:
        found: list[Any] = [
            review(s, actor=actor, item_id=case.id),
            creators.creator_page(s, actor=actor, person_id=case.studio.owner.person),
            *search(s, actor=actor, q=str(opinion)),
            *decisions(s, actor=actor, where=Decision.id == opinion, limit=1),
            *items.by_ids(s, actor=actor, ids=[case.id]),
        ]
    return "".join(each.model_dump_json() for each in found)


def test_the_first_opinion_is_sealed_until_the_second_can_no_longer_be_undone(
    db: Database, case: Case, moderator: Actor, second: Actor, lead: Actor, now: clock.Held
) -> None:
    with db.write() as s:
        claim = service.claim_item(s, actor=moderator, item_id=case.id, lease_s=LEASE_S)
        service.add_note(s, actor=moderator, item_id=case.id, body=NewNote(body=f"note: {SECRET}"))
    mark = MarkBody(ms=3000, label=f"mark: {SECRET}")
    first = case.studio.decide(
        moderator, claim, Outcome.REMOVE, policy=TERROR, facts=f"fact: {SECRET}", marks=[mark]
    )
    now.advance(GRACE)

    def sees(actor: Actor) -> set[str]:
        told = reads(db, actor, case, first)
        return {word for word in ("note", "fact", "mark") if f"{word}: {SECRET}" in told}

    everything = {"note", "fact", "mark"}
    assert sees(moderator) == everything
    assert sees(second) == sees(lead) == set()
    assert str(first) not in reads(db, second, case, first)
    with db.read() as s:
        assert (
            creators.creator_page(s, actor=second, person_id=case.studio.owner.person).creator.violations == 0
        )
        said = sa.select(AuditPayload.json).join(AuditEntry, AuditEntry.seq == AuditPayload.seq)
        told = s.scalars(said.where(AuditEntry.action == "moderation.opinion_sealed")).one()
        assert told is not None
        assert "remove" not in told
        assert TERROR not in told
    theirs = case.decide(second)
    assert sees(second) == set()
    assert sees(lead) == everything
    back = case.undo(second, theirs)
    assert sees(second) == sees(lead) == set()
    claim = claim.model_copy(update={"claim_token": back.claim_token})
    case.studio.decide(second, claim, Outcome.REMOVE, policy=TERROR, facts="anew")
    now.advance(GRACE)
    assert sees(second) == everything


def test_one_person_in_two_sessions_is_refused_by_the_database(
    db: Database, case: Case, moderator: Actor, second: Actor, now: clock.Held
) -> None:
    """Whatever the services let through: the row itself does not go in."""
    token = case.studio.take(moderator, case.id).claim_token
    body = NewDecision(claim_token=token, outcome=Outcome.REMOVE, policy=TERROR, facts="seen")
    with db.write() as s:
        service.decide(s, actor=moderator, item_id=case.id, body=body, grace_s=GRACE_S)
    with db.write() as s, pytest.raises(Conflict):
        service.decide(s, actor=moderator, item_id=case.id, body=body, grace_s=GRACE_S)
    stolen = case.studio.take(second, case.id).claim_token
    with db.write() as s:
        s.execute(sa.update(Item).where(Item.id == case.id).values(claimed_by=moderator.person))
    again = body.model_copy(update={"claim_token": stolen, "id": uuid4()})
    with pytest.raises(Forbidden) as refused, db.write() as s:
        service.decide(s, actor=moderator, item_id=case.id, body=again, grace_s=GRACE_S)
    assert refused.value.code == "own_opinion"
    row = {column.name: getattr(case_row(db, case), column.name) for column in Decision.__table__.columns}
    for named in ({"first_opinion_id": row["id"]}, {"first_opinion_id": None}):
        with pytest.raises(IntegrityError), db.write() as s:
            s.execute(sa.insert(Decision), [row | {"id": uuid4(), "claim_token": 99} | named])
    with db.write() as s:
        other = {"id": uuid4(), "claim_token": 99, "decider_id": second.person, "first_opinion_id": row["id"]}
        s.execute(sa.insert(Decision), [row | other | {"opinion": Opinion.SECOND}])


def case_row(db: Database, case: Case) -> Decision:
    with db.read() as s:
        return s.scalars(sa.select(Decision).where(Decision.item_id == case.id)).one()


def test_cleared_people_only_give_second_opinions_on_the_restricted_class(
    studio: Studio, fan: Actor, moderator: Actor, cleared: Actor, person: NewPerson
) -> None:
    got = studio.flag(fan, studio.video(), CSAM)
    studio.decide(cleared, studio.take(cleared, got.item_id), Outcome.REMOVE, policy=CSAM, facts="a child")
    assert studio.item(got.item_id).queue_id == "restricted_second"
    assert studio.claim(moderator) is None
    with pytest.raises(NotFound):
        studio.take(moderator, got.item_id)
    other = person(Role.MODERATOR, cleared=True)
    claim = studio.claim(other)
    assert claim is not None
    studio.decide(other, claim, Outcome.REMOVE, policy=CSAM, facts="a child")
    assert studio.item(got.item_id).state == "decided"
