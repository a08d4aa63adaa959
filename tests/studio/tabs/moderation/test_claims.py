"""A claim is kept while somebody works, paused when nobody does, and known to be lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.moderation.rules import ContentType
from server.moderation.schemas import Claim, SubjectRef
from studio.api.client import Api
from studio.api.errors import Conflict, Refused
from studio.tabs.moderation.claims import PAUSE, WARN, ClaimPhase, HeldClaim, claim_again
from tests.studio.tabs.moderation.world import MY_ID, item, review_of

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LEASE = timedelta(seconds=600)
CLAIM = Claim(
    item_id=UUID(int=1000),
    claim_token=7,
    lease_until=NOW + LEASE,
    subject=SubjectRef(content_type=ContentType.VIDEO, content_id=UUID(int=5)),
)


class Rig:
    """A held claim before a server that is a function; what was spawned is run by `settle`."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.changes = 0
        self._answer = answer
        self._spawned: list[Coroutine[Any, Any, None]] = []
        self.api = Api("http://127.0.0.1:9", lambda: "t", transport=httpx.MockTransport(self._handle))
        self.held = HeldClaim(self.api, CLAIM, now=NOW, spawn=self._spawned.append, on_change=self._count)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path.rpartition("/")[2], json.loads(request.content or b"null")))
        return self._answer(request)

    def _count(self) -> None:
        self.changes += 1

    def phase(self) -> ClaimPhase:
        """Whose the claim is."""
        return self.held.phase

    def pausing(self) -> bool:
        """Whether it waits for a sign of life."""
        return self.held.pausing

    def tick(self, seconds: float) -> int:
        """Let it be so many seconds after the start; how many beats were sent."""
        self.held.tick(NOW + timedelta(seconds=seconds))
        spawned, self._spawned[:] = list(self._spawned), []

        async def settle() -> None:
            for work in spawned:
                await work

        asyncio.run(settle())
        return len(spawned)


def extended(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"state": "claimed", "lease_until": (NOW + 2 * LEASE).isoformat()})


def lease_lost(request: httpx.Request) -> httpx.Response:
    return httpx.Response(409, json={"code": "lease_lost"})


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no")


def test_a_beat_comes_at_a_third_of_the_lease_and_not_before() -> None:
    rig = Rig(extended)
    assert rig.tick(199) == 0
    assert rig.tick(200) == 1
    assert rig.asked == [("heartbeat", {"claim_token": 7})]
    assert rig.held.lease_until == NOW + 2 * LEASE
    assert rig.tick(201) == 0


def test_without_a_sign_of_life_the_claim_pauses_after_a_warning() -> None:
    rig = Rig(extended)
    rig.tick(200)
    rig.held.touch(NOW + timedelta(seconds=200))
    idle_from = 200.0
    rig.tick(idle_from + (PAUSE - WARN).total_seconds() - 1)
    assert not rig.pausing()
    rig.tick(idle_from + (PAUSE - WARN).total_seconds())
    assert rig.pausing()
    assert rig.tick(1_100) == 0
    rig.held.touch(NOW + timedelta(seconds=1_101))
    assert not rig.pausing()
    assert rig.tick(1_101) == 1


@pytest.mark.parametrize("answer", [lease_lost, lambda r: httpx.Response(404, json={})])
def test_a_refused_beat_is_the_loss_of_the_claim(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    rig = Rig(answer)
    rig.tick(200)
    assert rig.phase() is ClaimPhase.LOST
    assert rig.changes
    assert rig.tick(400) == 0


def test_out_of_reach_it_is_tried_again_until_the_lease_is_over() -> None:
    rig = Rig(unreachable)
    assert rig.tick(200) == 1
    assert rig.tick(203) == 0
    assert rig.tick(206) == 1
    assert rig.phase() is ClaimPhase.HELD
    rig.tick(600)
    assert rig.phase() is ClaimPhase.LOST


def test_giving_back_twice_asks_once() -> None:
    rig = Rig(lambda r: httpx.Response(200, json={"state": "pending"}))
    asyncio.run(rig.held.release())
    asyncio.run(rig.held.release())
    assert [verb for verb, _ in rig.asked] == ["release"]
    assert rig.phase() is ClaimPhase.ENDED


def test_giving_back_what_was_lost_is_no_error_but_a_bad_skip_is() -> None:
    rig = Rig(lease_lost)
    asyncio.run(rig.held.release())
    assert rig.phase() is ClaimPhase.ENDED
    rig = Rig(lambda r: httpx.Response(422, json={"code": "invalid"}))
    with pytest.raises(Refused):
        asyncio.run(rig.held.skip("x"))
    assert rig.phase() is ClaimPhase.HELD


PARTINGS: list[Callable[[HeldClaim], Coroutine[Any, Any, None]]] = [
    lambda held: held.skip("I know them"),
    lambda held: held.hold("waiting", 3_600),
    lambda held: held.transfer(MY_ID, "you speak it"),
]


@pytest.mark.parametrize("part", PARTINGS, ids=["skip", "hold", "transfer"])
def test_parting_with_what_was_lost_is_refused_and_says_so(
    part: Callable[[HeldClaim], Coroutine[Any, Any, None]],
) -> None:
    rig = Rig(lease_lost)
    for _ in range(2):  # the server says so; from then on it is known here
        with pytest.raises(Conflict) as refused:
            asyncio.run(part(rig.held))
        assert refused.value.code == "lease_lost"
        assert rig.phase() is ClaimPhase.LOST
        assert len(rig.asked) == 1
    assert "no longer have this item" in refused.value.what_happened


def test_hold_and_skip_carry_their_reasons() -> None:
    rig = Rig(lambda r: httpx.Response(200, json={"state": "on_hold"}))
    asyncio.run(rig.held.hold("waiting", 3_600))
    assert rig.asked == [("hold", {"claim_token": 7, "reason": "waiting", "seconds": 3_600})]
    assert rig.phase() is ClaimPhase.ENDED


def test_a_claim_that_is_still_mine_is_gone_on_with() -> None:
    mine = item(0, claimed_by=MY_ID, state="claimed", lease_until=NOW + LEASE)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(409, json={"code": "claimed"})
        return httpx.Response(200, content=review_of(mine).model_dump_json())

    again = asyncio.run(claim_again(Rig(answer).api, CLAIM))
    assert (again.claim_token, again.item_id) == (7, CLAIM.item_id)


def test_a_claim_that_someone_else_has_is_refused() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(409, json={"code": "claimed"})
        return httpx.Response(200, content=review_of(item(4)).model_dump_json())

    with pytest.raises(Conflict):
        asyncio.run(claim_again(Rig(answer).api, CLAIM))
