"""A claim is one person's, for a time, and whoever lost it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, NotFound
from server.moderation import service, sweeps
from server.moderation.models import Queue
from server.moderation.rules import CLAIM_MAX_S, CLAIMS_MAX, HOLD_MAX_S, ItemState
from server.moderation.service.claims import PICK
from tests.server.moderation.conftest import GORE, LEASE_S, NCII, SPAM, NewPerson, Studio


def test_the_next_item_is_the_first_by_priority_then_due(
    studio: Studio, fan: Actor, moderator: Actor
) -> None:
    with clock.held() as now:
        low = studio.flag(fan, studio.video(), "quality")
        older = studio.flag(fan, studio.video(), GORE)
        now.advance(timedelta(minutes=1))
        newer = studio.flag(fan, studio.video(), GORE)
        got = [studio.claim(moderator) for _ in range(4)]
    assert [claim and claim.item_id for claim in got] == [older.item_id, newer.item_id, low.item_id, None]
    assert got[0] is not None
    assert (got[0].claim_token, got[0].lease_until) == (1, now.at + timedelta(seconds=LEASE_S))


def test_nobody_judges_their_own_work(studio: Studio, fan: Actor, moderator: Actor, lead: Actor) -> None:
    got = studio.flag(fan, studio.video(owner=moderator))
    assert studio.claim(moderator) is None
    with pytest.raises(Conflict) as refused:
        studio.take(moderator, got.item_id)
    assert refused.value.code == "excluded"
    assert studio.claim(lead) is not None


def test_a_named_item(studio: Studio, fan: Actor, moderator: Actor, lead: Actor) -> None:
    got = studio.flag(fan, studio.video())
    claim = studio.take(moderator, got.item_id)
    with pytest.raises(Conflict) as refused:
        studio.take(lead, got.item_id)
    assert refused.value.code == "claimed"
    assert "Moderator" in refused.value.detail
    studio.decide(moderator, claim)
    with pytest.raises(Conflict) as refused:
        studio.take(lead, got.item_id)
    assert refused.value.code == "not_waiting"


def test_only_the_holder_of_the_token_acts(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    studio.flag(fan, studio.video())
    claim = studio.claim(moderator)
    assert claim is not None
    for who, token in ((fan, claim.claim_token), (moderator, claim.claim_token - 1)):
        with pytest.raises(Conflict) as refused, db.write() as s:
            service.release(s, actor=who, item_id=claim.item_id, token=token)
        assert refused.value.code == "lease_lost"
    assert studio.item(claim.item_id).state == ItemState.CLAIMED


def test_a_lapsed_claim_is_lost_before_and_after_the_sweep(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, lead: Actor
) -> None:
    studio.flag(fan, studio.video())
    with clock.held() as now:
        claim = studio.claim(moderator)
        assert claim is not None
        now.advance(timedelta(seconds=LEASE_S))
        with pytest.raises(Conflict):
            studio.decide(moderator, claim)
        with db.write() as s:
            assert sweeps.lapse_claims(s) == 1
        again = studio.claim(lead)
    assert again is not None
    assert (again.item_id, again.claim_token) == (claim.item_id, claim.claim_token + 1)


def test_heartbeats_extend_up_to_two_hours(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    studio.flag(fan, studio.video())
    with clock.held() as now:
        began = now.at
        claim = studio.claim(moderator)
        assert claim is not None
        while True:
            now.advance(timedelta(seconds=LEASE_S - 1))
            try:
                with db.write() as s:
                    kept = service.heartbeat(
                        s, actor=moderator, item_id=claim.item_id, token=claim.claim_token, lease_s=LEASE_S
                    )
            except Conflict:
                break
            assert kept.lease_until is not None
            assert kept.lease_until <= began + timedelta(seconds=CLAIM_MAX_S)
        assert now.at >= began + timedelta(seconds=CLAIM_MAX_S)


def test_skips_exclude_and_the_third_escalates(
    db: Database, studio: Studio, fan: Actor, lead: Actor, person: NewPerson
) -> None:
    got = studio.flag(fan, studio.video())
    for n in range(3):
        who = person(Role.MODERATOR)
        claim = studio.claim(who)
        assert claim is not None
        with db.write() as s:
            state = service.skip(
                s, actor=who, item_id=claim.item_id, token=claim.claim_token, reason="a language I lack"
            ).state
        assert state is (ItemState.ESCALATED if n == 2 else ItemState.PENDING)
        assert studio.claim(who) is None
        with pytest.raises(Conflict if n < 2 else NotFound):
            studio.take(who, got.item_id)
    assert studio.claim(person(Role.MODERATOR)) is None
    claim = studio.claim(lead)
    assert claim is not None
    assert (claim.item_id, studio.item(got.item_id).stage) == (got.item_id, 2)


def test_hold_keeps_the_item_for_its_holder_until_it_ends(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, lead: Actor
) -> None:
    studio.flag(fan, studio.video())
    with clock.held() as now:
        claim = studio.claim(moderator)
        assert claim is not None
        hold = {"item_id": claim.item_id, "token": claim.claim_token, "reason": "asked Ana"}
        with db.write() as s:
            service.hold(s, actor=moderator, seconds=3600, **hold)  # type: ignore[arg-type]
        assert studio.claim(lead) is None
        with pytest.raises(Conflict), db.write() as s:
            service.resume(s, actor=lead, item_id=claim.item_id, lease_s=LEASE_S)
        with db.write() as s:
            back = service.resume(s, actor=moderator, item_id=claim.item_id, lease_s=LEASE_S)
        assert back.claim_token == claim.claim_token + 1
        with db.write() as s:
            service.hold(s, actor=moderator, seconds=3600, **hold | {"token": back.claim_token})  # type: ignore[arg-type]
        now.advance(timedelta(seconds=3600))
        with db.write() as s:
            assert sweeps.end_holds(s) == 1
        assert studio.claim(lead) is not None


def test_no_hold_past_the_term_of_the_law(db: Database, studio: Studio, fan: Actor, moderator: Actor) -> None:
    with clock.held() as now:
        studio.flag(fan, studio.video(), NCII)
        now.advance(timedelta(hours=47))
        claim = studio.claim(moderator)
        assert claim is not None
        with pytest.raises(Conflict) as refused, db.write() as s:
            service.hold(
                s,
                actor=moderator,
                item_id=claim.item_id,
                token=claim.claim_token,
                reason="later",
                seconds=2 * 3600,
            )
    assert refused.value.code == "past_legal_term"


def test_prefetch_is_short_single_and_becomes_real(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    for _ in range(3):
        studio.flag(fan, studio.video())
    with clock.held() as now:
        studio.claim(moderator)
        with db.write() as s:
            ahead = service.prefetch(s, actor=moderator)
        now.advance(timedelta(seconds=30))
        with db.write() as s:
            again = service.prefetch(s, actor=moderator)
        assert ahead is not None
        assert again is not None
        assert (again.item_id, again.claim_token) == (ahead.item_id, ahead.claim_token)
        assert again.lease_until == now.at + timedelta(seconds=60)
        with db.write() as s:
            kept = service.heartbeat(
                s, actor=moderator, item_id=again.item_id, token=again.claim_token, lease_s=LEASE_S
            )
        assert kept.lease_until == now.at + timedelta(seconds=LEASE_S)
        assert studio.item(again.item_id).claimed_at == now.at
        with db.write() as s:
            third = service.prefetch(s, actor=moderator)
        assert third is not None
        assert third.item_id != again.item_id


def test_waiting_makes_urgent_once_at_three_quarters_and_once_at_the_end(
    db: Database, studio: Studio, fan: Actor
) -> None:
    with clock.held() as now:
        got = studio.flag(fan, studio.video(), SPAM)
        seen = []
        for hours in (53, 1, 1, 17, 100):
            now.advance(timedelta(hours=hours))
            with db.write() as s:
                sweeps.raise_waiting(s)
            item = studio.item(got.item_id)
            assert item.priority == sum(points for _, points in item.priority_why)
            seen.append(item.priority)
    assert seen == [2060, 3060, 3060, 4060, 4060]


def test_a_moderator_serves_no_queue_above_them(studio: Studio, moderator: Actor) -> None:
    for queue in ("escalated", "restricted", "nonsense"):
        with pytest.raises(NotFound):
            studio.claim(moderator, queue)


def test_the_pick_walks_its_index_and_sorts_nothing(db: Database, studio: Studio, fan: Actor) -> None:
    for _ in range(3):
        studio.flag(fan, studio.video())
    given = {
        "me": fan.person,
        "queue": "general",
        "waiting": ItemState.PENDING,
        "at": clock.now(),
        "until": clock.now(),
        "ahead": False,
    }
    compiled = PICK.compile(db.writer, compile_kwargs={"render_postcompile": True})
    explain = "EXPLAIN QUERY PLAN" if db.sqlite else "EXPLAIN"
    with db.write() as s:
        if not db.sqlite:
            s.execute(sa.text("SET LOCAL enable_seqscan = off"))
        bound = {
            name: process(given[name]) if (process := compiled._bind_processors.get(name)) else given[name]
            for name in given
        } | {key: value for key, value in compiled.params.items() if key not in given}
        ordered = [bound[name] for name in compiled.positiontup] if compiled.positiontup else bound
        plan = "\n".join(
            str(row)
            for row in s.connection().exec_driver_sql(
                f"{explain} {compiled}", tuple(ordered) if isinstance(ordered, list) else ordered
            )
        )
    assert "ix_moderation_items_pick" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_nobody_claims_the_whole_queue(db: Database, studio: Studio, fan: Actor, moderator: Actor) -> None:
    with clock.held() as now:
        got = [studio.flag(fan, studio.video()) for _ in range(CLAIMS_MAX + 1)]
        claims = [studio.take(moderator, flagged.item_id) for flagged in got[:CLAIMS_MAX]]
        attempts: list[Callable[[], object]] = [
            lambda: studio.claim(moderator),
            lambda: studio.take(moderator, got[-1].item_id),
            lambda: ahead(db, moderator),
        ]
        for attempt in attempts:
            with pytest.raises(Conflict) as refused:
                attempt()
            assert refused.value.code == "too_many_claims"
        studio.decide(moderator, claims[0])
        assert studio.claim(moderator) is not None
        studio.flag(fan, studio.video())
        now.advance(timedelta(seconds=LEASE_S))
        assert studio.claim(moderator) is not None


def ahead(db: Database, actor: Actor) -> None:
    with db.write() as s:
        service.prefetch(s, actor=actor)


def test_setting_aside_does_not_make_a_claim_longer(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    with clock.held() as now:
        claim = studio.take(moderator, studio.flag(fan, studio.video()).item_id)
        with db.write() as s:
            service.heartbeat(
                s, actor=moderator, item_id=claim.item_id, token=claim.claim_token, lease_s=CLAIM_MAX_S
            )
        now.advance(timedelta(seconds=CLAIM_MAX_S - 100))
        with db.write() as s:
            service.hold(
                s,
                actor=moderator,
                item_id=claim.item_id,
                token=claim.claim_token,
                reason="asking",
                seconds=3_600,
            )
        now.advance(timedelta(seconds=600))
        with db.write() as s:
            again = service.resume(s, actor=moderator, item_id=claim.item_id, lease_s=LEASE_S)
        assert again.lease_until == now.at + timedelta(seconds=100)
        with db.write() as s:
            kept = service.heartbeat(
                s, actor=moderator, item_id=claim.item_id, token=again.claim_token, lease_s=LEASE_S
            )
        assert kept.lease_until == again.lease_until


def test_an_unknown_item_is_not_found(db: Database, studio: Studio, moderator: Actor) -> None:
    with pytest.raises(NotFound), db.write() as s:
        service.release(s, actor=moderator, item_id=uuid4(), token=1)


def test_no_item_is_set_aside_for_more_than_a_day_in_all(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    with clock.held() as now:
        claim = studio.take(moderator, studio.flag(fan, studio.video()).item_id)

        def hold(token: int, seconds: int) -> None:
            with db.write() as s:
                service.hold(
                    s, actor=moderator, item_id=claim.item_id, token=token, reason="asking", seconds=seconds
                )

        def resume() -> int:
            with db.write() as s:
                back = service.resume(s, actor=moderator, item_id=claim.item_id, lease_s=LEASE_S)
            return back.claim_token

        hold(claim.claim_token, HOLD_MAX_S)
        now.advance(timedelta(seconds=HOLD_MAX_S - 100))
        token = resume()
        with pytest.raises(Conflict) as refused:
            hold(token, 101)
        assert refused.value.code == "held_enough"
        hold(token, 100)
        now.advance(timedelta(seconds=100))
        with db.write() as s:
            assert sweeps.end_holds(s) == 1
        claim = studio.take(moderator, claim.item_id)
        with pytest.raises(Conflict):
            hold(claim.claim_token, 60)


def test_a_queue_says_how_long_its_claims_last_when_one_comes_back_too(
    db: Database, studio: Studio, fan: Actor, moderator: Actor
) -> None:
    with db.write() as s:
        s.execute(sa.update(Queue).where(Queue.id == "general").values(lease_s=60))
    with clock.held() as now:
        claim = studio.take(moderator, studio.flag(fan, studio.video()).item_id)
        decision = studio.decide(moderator, claim)
        with db.write() as s:
            back = service.undo(s, actor=moderator, decision_id=decision, lease_s=LEASE_S)
        assert back.lease_until == now.at + timedelta(seconds=60)
        with db.write() as s:
            service.hold(
                s,
                actor=moderator,
                item_id=claim.item_id,
                token=back.claim_token,
                reason="asking",
                seconds=600,
            )
        with db.write() as s:
            again = service.resume(s, actor=moderator, item_id=claim.item_id, lease_s=LEASE_S)
        assert again.lease_until == now.at + timedelta(seconds=60)
