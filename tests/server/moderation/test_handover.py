"""A claim changes hands: given to a colleague, taken over by a lead; and no item is passed on to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, NotFound
from server.kit.live import Change
from server.moderation import service
from server.moderation.queries import serving
from server.moderation.queries.review import review
from server.moderation.rules import CLAIMS_MAX, Outcome
from server.moderation.schemas import Claim, Transfer
from server.ops.live import may_hear
from tests.server.moderation.conftest import CSAM, GORE, LEASE_S, NewPerson, Studio
from tests.server.moderation.dual import Case


@pytest.fixture
def claim(studio: Studio, fan: Actor, moderator: Actor) -> Claim:
    return studio.take(moderator, studio.flag(fan, studio.video(), GORE).item_id)


def give(db: Database, actor: Actor, claim: Claim, **to: Any) -> None:
    body = Transfer(claim_token=claim.claim_token, reason="you speak it", **to)
    with db.write() as s:
        service.transfer(s, actor=actor, item_id=claim.item_id, body=body, lease_s=LEASE_S)


def take(db: Database, actor: Actor, item_id: UUID) -> Claim:
    with db.write() as s:
        return service.take_over(s, actor=actor, item_id=item_id, reason="it is urgent", lease_s=LEASE_S)


def colleagues(db: Database, actor: Actor, item_id: UUID) -> set[UUID | None]:
    with db.read() as s:
        return {each.id for each in serving.colleagues(s, actor=actor, item_id=item_id).items}


def handed(db: Database, actor: Actor) -> list[tuple[UUID, str, str]]:
    with db.read() as s:
        rows = serving.handovers(s, actor=actor).items
        return [(each.item_id, each.by_handle, each.reason) for each in rows]


def test_who_was_handed_an_item_can_ask_for_it_while_they_have_it(
    db: Database, studio: Studio, claim: Claim, moderator: Actor, second: Actor, lead: Actor
) -> None:
    give(db, moderator, claim, person_id=second.id)
    assert handed(db, second) == [(claim.item_id, moderator.handle, "you speak it")]
    assert handed(db, moderator) == handed(db, lead) == []
    again = claim.model_copy(update={"claim_token": claim.claim_token + 1})
    give(db, second, again, person_id=lead.id)
    assert handed(db, second) == []
    assert handed(db, lead) == [(claim.item_id, second.handle, "you speak it")]
    with db.write() as s:
        service.release(s, actor=lead, item_id=claim.item_id, token=claim.claim_token + 2)
    assert handed(db, lead) == []
    studio.take(second, claim.item_id)
    assert handed(db, second) == [], "they have it by a claim of their own now"


def test_what_was_handed_over_is_not_offered_when_its_lease_is_over(
    db: Database, claim: Claim, moderator: Actor, second: Actor, now: clock.Held
) -> None:
    give(db, moderator, claim, person_id=second.id)
    now.advance(timedelta(seconds=LEASE_S - 1))
    assert handed(db, second)
    now.advance(timedelta(seconds=1))
    assert handed(db, second) == []


@pytest.mark.parametrize("named", ["person_id", "handle"])
def test_the_new_owner_has_a_fresh_token_and_the_old_one_is_worth_nothing(
    db: Database, studio: Studio, claim: Claim, moderator: Actor, second: Actor, named: str
) -> None:
    give(db, moderator, claim, **{named: second.id if named == "person_id" else second.handle})
    item = studio.item(claim.item_id)
    assert (item.state, item.claimed_by, item.claim_token) == ("claimed", second.id, claim.claim_token + 1)
    with pytest.raises(Conflict) as stale:
        studio.decide(moderator, claim)
    assert stale.value.code == "lease_lost"
    with db.read() as s:
        (note,) = review(s, actor=second, item_id=claim.item_id).notes
        assert note.body == f"Handed over to @{second.handle}: you speak it"
        said = sa.select(AuditEntry.actor).where(AuditEntry.action == "moderation.item_transferred")
        assert s.scalars(said).one() == moderator.ref
    studio.decide(second, claim.model_copy(update={"claim_token": item.claim_token}))


def test_only_who_serves_the_queue_and_is_not_barred_gets_it(
    db: Database,
    studio: Studio,
    claim: Claim,
    moderator: Actor,
    second: Actor,
    lead: Actor,
    fan: Actor,
    person: NewPerson,
) -> None:
    owner = person(Role.CREATOR, Role.MODERATOR)
    own = studio.flag(fan, studio.video(owner=owner), GORE).item_id
    assert colleagues(db, moderator, claim.item_id) == {second.id, lead.id, owner.id}
    assert colleagues(db, moderator, own) == {second.id, lead.id}
    for nobody in (moderator, fan):
        with pytest.raises(Conflict) as refused:
            give(db, moderator, claim, person_id=nobody.id)
        assert refused.value.code == "cannot_take"
    with pytest.raises(Conflict):
        give(db, second, claim, person_id=lead.id)
    for _ in range(CLAIMS_MAX):
        studio.take(second, studio.flag(fan, studio.video(), GORE).item_id)
    with pytest.raises(Conflict) as full:
        give(db, moderator, claim, person_id=second.id)
    assert full.value.code == "too_many_claims"


def test_the_restricted_class_and_second_opinions_keep_to_their_people(
    db: Database, studio: Studio, fan: Actor, cleared: Actor, moderator: Actor, second: Actor, lead: Actor
) -> None:
    hidden = studio.take(cleared, studio.flag(fan, studio.video(), CSAM).item_id)
    assert colleagues(db, cleared, hidden.item_id) == set()
    case = Case(db, studio, fan)
    case.decide(moderator)
    theirs = studio.take(second, case.id)
    assert colleagues(db, second, case.id) == {cleared.id, lead.id}
    with pytest.raises(Conflict):
        give(db, second, theirs, person_id=moderator.id)
    give(db, second, theirs, person_id=cleared.id)
    assert case.item.claimed_by == cleared.id


def test_a_lead_takes_over_what_someone_has_or_holds(
    db: Database, studio: Studio, claim: Claim, moderator: Actor, second: Actor, lead: Actor, fan: Actor
) -> None:
    got = take(db, lead, claim.item_id)
    assert got.claim_token == claim.claim_token + 1
    with pytest.raises(Conflict):
        studio.decide(moderator, claim)
    with pytest.raises(Conflict) as own:
        take(db, lead, claim.item_id)
    assert own.value.code == "not_taken"
    other = studio.take(second, studio.flag(fan, studio.video(), GORE).item_id)
    with db.write() as s:
        token = other.claim_token
        service.hold(s, actor=second, item_id=other.item_id, token=token, reason="asking", seconds=900)
    assert take(db, lead, other.item_id).claim_token == token + 1
    assert studio.item(other.item_id).held_until is None


def test_a_lead_takes_over_neither_what_they_judged_nor_what_they_may_not_see(
    db: Database, studio: Studio, fan: Actor, cleared: Actor, lead: Actor, second: Actor
) -> None:
    hidden = studio.take(cleared, studio.flag(fan, studio.video(), CSAM).item_id)
    with pytest.raises(NotFound):
        take(db, lead, hidden.item_id)
    case = Case(db, studio, fan)
    case.decide(lead)
    studio.take(second, case.id)
    with pytest.raises(Conflict) as refused:
        take(db, lead, case.id)
    assert refused.value.code == "excluded"


def test_nobody_skips_what_nobody_else_can_take(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, lead: Actor, person: NewPerson
) -> None:
    item_id = studio.flag(fan, studio.video(), GORE).item_id
    studio.decide(moderator, studio.take(moderator, item_id), Outcome.ESCALATE, facts="unsure")
    token = studio.take(lead, item_id).claim_token

    def skip() -> None:
        with db.write() as s:
            service.skip(s, actor=lead, item_id=item_id, token=token, reason="known to me")

    with pytest.raises(Conflict) as refused:
        skip()
    assert refused.value.code == "nobody_else"
    assert studio.item(item_id).state == "claimed"
    person(Role.LEAD)
    skip()
    assert studio.item(item_id).state == "escalated"


def test_a_handover_is_heard_by_those_who_claim(moderator: Actor, fan: Actor, cleared: Actor) -> None:
    plain = Change("moderation.handover", "i", 1)
    hidden = Change("moderation.restricted_handover", "i", 1)
    assert [may_hear(who, plain) for who in (moderator, cleared, fan)] == [True, True, False]
    assert [may_hear(who, hidden) for who in (moderator, cleared, fan)] == [False, True, False]
