"""The wire: the stable contracts word for word, idempotency, permissions and hostile input."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from server.accounts.permissions import Role
from server.kit import clock
from tests.server.conftest import SignIn
from tests.server.moderation.conftest import CSAM, GORE, SPAM, Studio

BASE = "/v1/moderation"


class Caller:
    """One signed-in person who speaks HTTP."""

    def __init__(self, client: httpx.Client, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def post(self, path: str, body: dict[str, Any], key: str | None = None) -> httpx.Response:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return self.client.post(f"{BASE}/{path}", json=body, headers=headers)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"{BASE}/{path}", headers=self.headers)


@pytest.fixture
def as_fan(studio: Studio, client: httpx.Client, sign_in: SignIn) -> Caller:
    return Caller(client, sign_in(Role.FAN))


@pytest.fixture
def as_moderator(studio: Studio, client: httpx.Client, sign_in: SignIn) -> Caller:
    return Caller(client, sign_in(Role.MODERATOR))


def flag_body(video: UUID, **more: Any) -> dict[str, Any]:
    return {"content_type": "video", "content_id": str(video), "policy": GORE} | more


def test_the_contract_from_flag_to_undo(studio: Studio, as_fan: Caller, as_moderator: Caller) -> None:
    video = studio.video()
    policies = as_fan.get("policies").json()
    assert {"code", "severity", "sla_class", "outcomes"} <= set(policies["items"][0])
    assert policies["version"] == 1

    flagged = as_fan.post("flags", flag_body(video, note="blood", ranges=[[0, 900]]))
    assert flagged.status_code == 201
    assert set(flagged.json()) == {"flag_id", "item_id", "state"}
    assert flagged.json()["state"] == "linked"
    assert as_fan.post("flags", flag_body(video)).json()["state"] == "duplicate"

    claim = as_moderator.post("claims", {})
    assert claim.status_code == 201
    claimed = claim.json()
    assert set(claimed) == {"item_id", "claim_token", "lease_until", "subject"}
    assert claimed["subject"] == {"content_type": "video", "content_id": str(video)}
    assert as_moderator.post("claims", {}).status_code == 204
    item, token = claimed["item_id"], {"claim_token": claimed["claim_token"]}

    beat = as_moderator.post(f"items/{item}/heartbeat", token)
    assert beat.json()["state"] == "claimed"
    lost = as_moderator.post(f"items/{item}/release", {"claim_token": 99})
    assert (lost.status_code, lost.json()["code"]) == (409, "lease_lost")

    decided = as_moderator.post(f"items/{item}/decisions", token | {"outcome": "remove", "policy": GORE})
    assert decided.status_code == 201
    assert set(decided.json()) == {"decision_id", "effective_at"}
    again = as_moderator.post(f"items/{item}/decisions", token | {"outcome": "allow"})
    assert (again.status_code, again.json()["code"]) == (409, "lease_lost")

    undone = as_moderator.post(f"decisions/{decided.json()['decision_id']}/undo", {})
    assert undone.status_code == 200
    assert set(undone.json()) == {"item_id", "claim_token", "lease_until"}
    skipped = as_moderator.post(
        f"items/{item}/skip", {"claim_token": undone.json()["claim_token"], "reason": "not mine"}
    )
    assert skipped.json()["state"] == "pending"
    read = as_moderator.get(f"decisions/{decided.json()['decision_id']}").json()
    assert read["undone_at"] is not None
    assert read["actions"][0]["ended_at"] is not None


def test_the_same_key_gives_the_same_answer(studio: Studio, as_fan: Caller, as_moderator: Caller) -> None:
    for _ in range(2):
        as_fan.post("flags", flag_body(studio.video()))
    first = as_moderator.post("claims", {}, key="claim-0001")
    assert as_moderator.post("claims", {}, key="claim-0001").json() == first.json()
    body = {"claim_token": first.json()["claim_token"], "outcome": "allow"}
    path = f"items/{first.json()['item_id']}/decisions"
    decided = as_moderator.post(path, body, key="decision-01")
    assert as_moderator.post(path, body, key="decision-01").json() == decided.json()
    reused = as_moderator.post(path, body | {"outcome": "remove"}, key="decision-01")
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    undo = f"decisions/{decided.json()['decision_id']}/undo"
    undone = as_moderator.post(undo, {}, key="undo-00001")
    assert as_moderator.post(undo, {}, key="undo-00001").json() == undone.json()


def test_fans_may_flag_and_nothing_else(studio: Studio, as_fan: Caller) -> None:
    item = uuid4()
    for path in ("items", "queues", "queue/snapshot", f"items/{item}", "search?q=x", "stats/me", "reasons"):
        assert as_fan.get(path).status_code == 403, path
    assert as_fan.get(f"creators/{item}").status_code == 403
    for path in ("claims", f"items/{item}/decisions", f"decisions/{item}/reverse", f"items/{item}/notes"):
        assert as_fan.post(path, {}).status_code == 403, path
    assert as_fan.post("flags", flag_body(studio.video(), source="hash_match")).status_code == 403


NOWHERE = UUID(int=4)
"""The id of nothing; fixed, so that every test process has the same tests."""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("flags", {"note": "nul \x00 inside"}),
        ("flags", {"policy": "../../etc"}),
        ("flags", {"policy": "no.such.policy"}),
        ("flags", {"ranges": [[5, 1]]}),
        ("flags", {"ranges": [[0, 10**30]]}),
        ("flags", {"ranges": [[0, 1]] * 101}),
        ("flags", {"content_type": "planet"}),
        ("flags", {"confidence_bp": 10_001}),
        ("flags", {"confidence_bp": 9_100}),
        ("flags", {"source_ref": "frame-rules 1"}),
        ("flags", {"surprise": 1}),
        ("flags", {"note": "x" * 2001}),
        ("flags", {"note": "\ud800"}),
        ("claims", {"queue": "a'; DROP TABLE events; --"}),
        ("claims", {"queue": "general", "item_id": str(uuid4())}),
        (f"items/{NOWHERE}/heartbeat", {"claim_token": 2**31}),
        (f"items/{NOWHERE}/heartbeat", {"claim_token": -1}),
        (f"items/{NOWHERE}/skip", {"claim_token": 1, "reason": "   "}),
        (f"items/{NOWHERE}/hold", {"claim_token": 1, "reason": "x", "seconds": 10**9}),
        (f"items/{NOWHERE}/decisions", {"claim_token": 1, "outcome": "shrug"}),
        (f"items/{NOWHERE}/decisions", {"claim_token": 1, "outcome": "allow", "ms_viewed": 10**12}),
        (f"items/{NOWHERE}/decisions", {"claim_token": 1, "outcome": "allow", "marks": [{"label": "x"}]}),
        (f"items/{NOWHERE}/notes", {"body": "a\x00b"}),
        ("items/not-an-id/notes", {"body": "x"}),
        ("reasons", {"title": "", "body": "x"}),
    ],
)
def test_hostile_bodies_are_refused_with_a_reason(
    studio: Studio, as_moderator: Caller, path: str, body: dict[str, Any]
) -> None:
    if path == "flags":
        body = flag_body(studio.video()) | body
    import json

    answer = as_moderator.client.post(
        f"{BASE}/{path}",
        content=json.dumps(body),
        headers=as_moderator.headers | {"Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("items?cursor=AAAA", 400),
        ("items?cursor=WzFlOTldCg", 400),
        ("items?limit=100000", 422),
        ("items?state=nowhere", 422),
        ("items?policy=%00", 422),
        ("items?ids=" + "&ids=".join(["0" * 32] * 201), 422),
        ("search?q=%00", 422),
        ("search?q=" + "x" * 301, 422),
        ("search?q=%F0%9F%98%80_%25", 200),
        (f"items/{NOWHERE}", 404),
        (f"creators/{NOWHERE}", 404),
        (f"decisions/{NOWHERE}", 404),
        ("items?queue=nowhere", 200),
    ],
)
def test_hostile_questions_are_answered_calmly(as_moderator: Caller, path: str, status: int) -> None:
    assert as_moderator.get(path).status_code == status


def test_cursors_from_elsewhere_are_refused(as_moderator: Caller) -> None:
    from server.kit import paging

    for made in (
        paging.encode(2**40, "2026-01-01T00:00:00+00:00", str(uuid4())),
        paging.encode(1, "0001-01-01T00:00:00+14:00", str(uuid4())),
        paging.encode(1, "2026-01-01T00:00:00", str(uuid4())),
    ):
        assert as_moderator.get(f"items?cursor={made}").status_code == 400


def test_saved_reasons(studio: Studio, as_moderator: Caller, client: httpx.Client, sign_in: SignIn) -> None:
    body = {"title": "Blood", "body": "Shows open wounds.", "policy": GORE}
    assert as_moderator.post("reasons", body | {"shared": True}).status_code == 403
    mine = as_moderator.post("reasons", body).json()
    lead = Caller(client, sign_in(Role.LEAD))
    assert lead.get("reasons").json()["items"] == []
    shared = lead.post("reasons", body | {"shared": True}).json()
    assert {each["id"] for each in as_moderator.get("reasons").json()["items"]} == {mine["id"], shared["id"]}
    edit = f"{BASE}/reasons/{mine['id']}"
    changed = client.put(
        edit, json=body | {"title": "Wounds"}, headers=as_moderator.headers | {"If-Match": '"1"'}
    )
    assert (changed.json()["title"], changed.headers["ETag"]) == ("Wounds", '"2"')
    stale = client.put(edit, json=body, headers=as_moderator.headers | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]) == (412, changed.json())
    other = client.delete(f"{BASE}/reasons/{shared['id']}", headers=as_moderator.headers)
    assert other.status_code == 404
    assert client.delete(edit, headers=as_moderator.headers).status_code == 204


def test_a_note_may_carry_the_id_that_the_client_made(
    studio: Studio, as_fan: Caller, as_moderator: Caller
) -> None:
    item = as_fan.post("flags", flag_body(studio.video(), policy=SPAM)).json()["item_id"]
    note = {"id": str(uuid4()), "body": "look at the corner", "at_ms": 1200}
    assert as_moderator.post(f"items/{item}/notes", note).json() == {"id": note["id"]}
    assert as_moderator.post(f"items/{item}/notes", note).status_code == 409
    assert as_moderator.get(f"items/{item}").json()["notes"][0]["body"] == "look at the corner"


def test_a_decision_may_carry_the_id_that_the_client_made(
    studio: Studio, as_fan: Caller, as_moderator: Caller
) -> None:
    videos = studio.video(), studio.video("Another day")
    for video in videos:
        as_fan.post("flags", flag_body(video, policy=SPAM))
    first, second = (as_moderator.post("claims", {}).json() for _ in videos)
    made = str(uuid4())

    def decide(claim: dict[str, Any], key: str) -> httpx.Response:
        body = {"id": made, "claim_token": claim["claim_token"], "outcome": "allow"}
        return as_moderator.post(f"items/{claim['item_id']}/decisions", body, key)

    answer = decide(first, "first-key")
    assert (answer.status_code, answer.json()["decision_id"]) == (201, made)
    assert decide(first, "first-key").json() == answer.json()
    taken = decide(second, "second-key")
    assert (taken.status_code, taken.json()["code"]) == (409, "id_taken")
    assert studio.item(UUID(second["item_id"])).state == "claimed"
    assert as_moderator.post(f"decisions/{made}/undo", {}).json()["item_id"] == first["item_id"]


def test_the_snapshot_is_ndjson(studio: Studio, as_fan: Caller, as_moderator: Caller) -> None:
    as_fan.post("flags", flag_body(studio.video("Café")))
    answer = as_moderator.get("queue/snapshot")
    assert answer.headers["content-type"] == "application/x-ndjson"
    first, last = answer.text.splitlines()
    assert '"title":["Café"]' in first
    assert '"rows": 1' in last


def test_nobody_floods_the_queue_by_flagging_and_withdrawing(
    studio: Studio, as_fan: Caller, as_moderator: Caller
) -> None:
    with clock.held() as now:
        video = studio.video()
        for _ in range(10):
            flagged = as_fan.post("flags", flag_body(video))
            assert flagged.status_code == 201
            assert as_fan.post(f"flags/{flagged.json()['flag_id']}/withdraw", {}).status_code == 200
        refused = as_fan.post("flags", flag_body(video))
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert as_moderator.post("flags", flag_body(video)).status_code == 201
        now.advance(timedelta(minutes=1))
        assert as_fan.post("flags", flag_body(video)).status_code == 201


def test_one_fan_puts_at_most_five_videos_a_day_into_the_restricted_class(
    studio: Studio, as_fan: Caller
) -> None:
    codes = [as_fan.post("flags", flag_body(studio.video(), policy=CSAM)).status_code for _ in range(6)]
    assert codes == [201] * 5 + [429]
    assert as_fan.post("flags", flag_body(studio.video())).status_code == 201
