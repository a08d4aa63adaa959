"""A server is killed while a moderator decides: each decision is whole or absent, no answered one is lost."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.audit.models import AuditEntry, AuditPayload
from server.audit.verify import verify
from server.content.models import Video
from server.kit.db import AnySession
from server.kit.events import Delivery, Event
from server.kit.wire import Availability
from server.moderation import service
from server.moderation.models import Action, Decision, Finality, Flag, Item
from server.moderation.rules import FlagState, ItemState, Outcome
from tests.postgresql import Cluster
from tests.server.crash.drill import drill
from tests.server.crash.place import Place, flagged_videos, postgresql_place, signed_in

pytestmark = pytest.mark.crash

KILLS = 10
ITEMS, OWN = KILLS * 30, KILLS * 6
"""More than can be decided and deleted in so many lives of the server."""

CLOSED = {Outcome.ALLOW: FlagState.DISMISSED, Outcome.REMOVE: FlagState.ACTIONED}
BODIES: list[dict[str, Any]] = [
    {"outcome": "allow"},
    {"outcome": "remove", "policy": "violence.graphic", "facts": "blood at 0:01"},
]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield Place(tmp_path)
        return
    cluster: Cluster = request.getfixturevalue("postgresql")
    with postgresql_place(cluster, tmp_path) as place:
        yield place


@dataclass(frozen=True)
class Asked:
    """A decision as it was sent: sent again, it is word for word the same."""

    item_id: str
    key: str
    body: str


class Shift:
    """What one moderator does at several desks at once, and what the server has promised them."""

    def __init__(self) -> None:
        self.decided: dict[Asked, str] = {}
        self.to_delete: deque[UUID] = deque()
        self.deleted: set[UUID] = set()
        self._unanswered: deque[Asked] = deque()
        self._cut_claims: deque[str] = deque()
        self.repeated = 0

    def __call__(self, client: httpx.Client, number: int) -> str:
        """Send again what was cut off, or delete an own video, or decide the next item."""
        with suppress(IndexError):
            asked = self._unanswered.popleft()
            self.repeated += 1
            return self.decide(client, asked)
        if number % 8 == 7:
            return self._delete(client, self.to_delete.popleft())
        claim = self._claim(client)
        assert claim.status_code == 201, claim.text
        item_id, token = claim.json()["item_id"], claim.json()["claim_token"]
        body = BODIES[number % len(BODIES)] | {"claim_token": token}
        return self.decide(client, Asked(item_id, f"{item_id}:{token}", json.dumps(body)))

    def _claim(self, client: httpx.Client) -> httpx.Response:
        """A claim that was cut off is asked for again by its key: it would count among one's live claims."""
        key = self._cut_claims.popleft() if self._cut_claims else uuid4().hex
        try:
            return client.post("/v1/moderation/claims", json={}, headers={"Idempotency-Key": key})
        except httpx.HTTPError:
            self._cut_claims.append(key)
            raise

    def decide(self, client: httpx.Client, asked: Asked) -> str:
        """Answers the decision's id; what the server did not answer is kept to be sent again."""
        path = f"/v1/moderation/items/{asked.item_id}/decisions"
        headers = {"Idempotency-Key": asked.key, "Content-Type": "application/json"}
        try:
            answer = client.post(path, content=asked.body, headers=headers)
        except httpx.HTTPError:
            self._unanswered.append(asked)
            raise
        assert answer.status_code == 201, answer.text
        decision_id = str(answer.json()["decision_id"])
        assert self.decided.setdefault(asked, decision_id) == decision_id
        return decision_id

    def _delete(self, client: httpx.Client, video_id: UUID) -> str:
        answer = client.delete(f"/v1/content/videos/{video_id}")
        assert answer.status_code == 204, answer.text
        self.deleted.add(video_id)
        return str(video_id)

    def ask_again(self, client: httpx.Client) -> None:
        """Send everything once more: the lost, and the answered, which must get the same answers."""
        while self._unanswered:
            self.decide(client, self._unanswered.popleft())
        for asked in list(self.decided):
            self.decide(client, asked)


def open_for_work(place: Place, shift: Shift) -> dict[str, str]:
    """People, items to decide and own videos to delete; answers the headers of who does both."""
    with place.opened() as (db, keys), db.write() as s:
        service.install(s)
        me, headers = signed_in(s, keys, "me", Role.MODERATOR, Role.CREATOR)
        other, _ = signed_in(s, keys, "other", Role.CREATOR)
        fan, _ = signed_in(s, keys, "fan", Role.FAN)
        flagged_videos(s, other, fan, ITEMS)
        shift.to_delete.extend(flagged_videos(s, me, other, OWN))
    return headers


def check_whole(place: Place, shift: Shift) -> None:
    """Each decision has all that belongs to it, nothing is left of any other, and no promise is broken."""
    with place.opened() as (db, keys), db.read() as s:
        decisions = {found.id: found for found in s.scalars(sa.select(Decision))}
        assert {UUID(promised) for promised in shift.decided.values()} <= decisions.keys()
        expected = Counter((f"item:{d.item_id}", str(d.id)) for d in decisions.values())
        assert audited(s) == told(s) == expected
        items = s.scalars(sa.select(Item)).all()
        by_decision = {item.decision_id: item for item in items if item.decision_id}
        assert by_decision.keys() == decisions.keys()
        for decision_id, item in by_decision.items():
            assert (item.id, item.state) == (decisions[decision_id].item_id, ItemState.DECIDED)
        check_effects(s, decisions)
        check_deletions(s, {item.content_id: item.state for item in items}, shift.deleted)
        assert verify(s, keys).whole


def audited(s: AnySession) -> Counter[tuple[str, str]]:
    rows = s.execute(
        sa.select(AuditEntry.target, AuditPayload.json)
        .join(AuditPayload, AuditPayload.seq == AuditEntry.seq)
        .where(AuditEntry.action == "moderation.item_decided")
    )
    return Counter((target, json.loads(data or "{}")["decision"]) for target, data in rows)


def told(s: AnySession) -> Counter[tuple[str, str]]:
    events = s.scalars(sa.select(Event).where(Event.topic == "moderation.item_decided"))
    return Counter((f"item:{event.subject}", event.payload["decision"]) for event in events)


def check_effects(s: AnySession, decisions: dict[UUID, Decision]) -> None:
    """The action, what it schedules and what is still to come of it; the flags that are answered."""
    removals = {d.id: d.content_id for d in decisions.values() if d.outcome is Outcome.REMOVE}
    assert Counter(s.scalars(sa.select(Action.decision_id))) == Counter(removals.keys())
    assert set(s.scalars(sa.select(Finality.decision_id))) == decisions.keys()
    scheduled = sa.select(Video.id).where(Video.next_availability == Availability.REMOVED)
    assert set(s.scalars(scheduled)) == set(removals.values())
    closed = {d.item_id: CLOSED[d.outcome] for d in decisions.values()}
    for flag in s.scalars(sa.select(Flag)):
        assert flag.item_id not in closed or flag.state is closed[flag.item_id]
        assert flag.item_id in closed or flag.state not in CLOSED.values()


def check_deletions(s: AnySession, states: dict[UUID, ItemState], promised: set[UUID]) -> None:
    """A deleted video has its event, owed once to moderation; once that is paid its item is cancelled."""
    deleted = set(s.scalars(sa.select(Video.id).where(Video.deleted_at.is_not(None))))
    assert promised <= deleted
    debts = s.execute(
        sa.select(Event.subject, Delivery.done_at)
        .outerjoin(
            Delivery,
            sa.and_(Delivery.event_id == Event.id, Delivery.handler.startswith("server.moderation")),
        )
        .where(Event.topic == "content.video_deleted")
    ).all()
    assert Counter(UUID(subject) for subject, _ in debts) == Counter(deleted)
    for subject, done_at in debts:
        assert (states[UUID(subject)] is ItemState.CANCELLED) is (done_at is not None)
    cancelled = sa.select(AuditEntry.target).where(AuditEntry.action == "moderation.item_cancelled")
    assert sorted(Counter(s.scalars(cancelled)).values()) == [1] * sum(1 for _, at in debts if at)


def work_through_kills(place: Place, seeds: range) -> Shift:
    """One life of the server for each seed, looked through after its end; then everything is asked again."""
    shift = Shift()
    headers = open_for_work(place, shift)
    with place.server(STUDIO_LEASE_S="86400") as server:
        for seed in seeds:
            drill(server, headers, shift, kills=1, seed=seed)
            check_whole(place, shift)
        server.start()
        with server.client(headers) as client:
            shift.ask_again(client)
        assert server.stop() == 0
    check_whole(place, shift)
    return shift


def test_decisions_cut_off_by_kill_9_are_whole_or_absent(place: Place) -> None:
    shift = work_through_kills(place, range(KILLS // 2))  # on each database; `make drill` has more
    assert len(shift.decided) >= KILLS // 2
    assert shift.repeated
    assert shift.deleted


@pytest.mark.drill
@pytest.mark.parametrize("tenth", range(1, 21))
def test_two_hundred_kills(place: Place, tenth: int) -> None:
    work_through_kills(place, range(KILLS * tenth, KILLS * (tenth + 1)))
