"""Banks, entries and matches over HTTP: who sees and does what."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.forensics.banks.rules import EntrySeverity
from server.forensics.schemas import MatchView
from server.kit.access import Actor
from server.moderation.rules import Severity
from tests.server.conftest import SignIn
from tests.server.forensics.banks.bench import Bench, pictures

pytestmark = pytest.mark.usefixtures("context")
BANKS, ENTRIES, MATCHES = "/v1/forensics/banks", "/v1/forensics/entries", "/v1/forensics/matches"


def of_video(client: httpx.Client, video_id: UUID, headers: dict[str, str]) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/forensics/videos/{video_id}/matches", headers=headers)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_a_moderator_reads_the_matches_of_a_video(
    client: httpx.Client, sign_in: SignIn, bench: Bench
) -> None:
    original, copy = bench.video(), bench.video()
    bank_id = bench.bank()
    entry_id = bench.add(bank_id, original)
    bench.found(copy, entry_id, mirrored=True, crop_bp=300, original_start_ms=2_000)
    [told] = of_video(client, copy, sign_in(Role.MODERATOR))
    assert told.keys() == MatchView.model_fields.keys()
    assert {name: told[name] for name in told.keys() - {"id"}} == {
        "video_id": str(copy),
        "entry_id": str(entry_id),
        "bank_id": str(bank_id),
        "bank_name": "gore",
        "bank_kind": "harmful",
        "grade": "queue",
        "bits": 8,
        "quality": 90,
        "start_ms": 0,
        "end_ms": 12_000,
        "original_video_id": str(original),
        "original_start_ms": 2_000,
        "original_end_ms": 12_000,
        "mirrored": True,
        "crop_bp": 300,
        "verdict": "pending",
        "version": 1,
    }


def test_an_original_is_named_only_to_whom_it_may_be_shown(
    client: httpx.Client, sign_in: SignIn, bench: Bench, cleared: Actor
) -> None:
    original, copy = bench.video(), bench.video()
    entry_id = bench.add(bench.bank(), original)
    bench.found(copy, entry_id)

    def named(who: Role | UUID) -> str | None:
        named: str | None = of_video(client, copy, sign_in(who))[0]["original_video_id"]
        return named

    bench.lab.change(original, restricted_class=True)
    assert [named(who) for who in (Role.MODERATOR, Role.LEAD, cleared.person)] == [None, None, str(original)]
    bench.lab.delete(original)
    assert named(cleared.person) is None
    bench.lab.change(copy, restricted_class=True)
    path = f"/v1/forensics/videos/{copy}/matches"
    assert client.get(path, headers=sign_in(Role.LEAD)).status_code == 404
    assert client.get(path, headers=sign_in(cleared.person)).status_code == 200


def test_nobody_reads_or_judges_matches_of_their_own_videos(
    client: httpx.Client, sign_in: SignIn, bench: Bench, people: dict[Role, Person]
) -> None:
    mine = bench.video(owner_id=people[Role.MODERATOR].id)
    bench.found(mine, bench.add(bench.bank(), bench.video()))
    moderator, [match] = sign_in(Role.MODERATOR), bench.matches()
    assert client.get(f"/v1/forensics/videos/{mine}/matches", headers=moderator).status_code == 404
    assert client.get(MATCHES, headers=moderator).json()["items"] == []
    judged = client.post(
        f"{MATCHES}/{match.id}/verdict", headers=moderator, json={"verdict": "false_positive"}
    )
    assert judged.status_code == 404


def test_the_list_goes_on_where_its_last_page_ended_and_a_verdict_moves_a_match(
    client: httpx.Client, sign_in: SignIn, bench: Bench
) -> None:
    entry_id = bench.add(bench.bank(), bench.video())
    for _ in range(3):
        bench.found(bench.video(), entry_id)
    wanted = [str(match.id) for match in reversed(bench.matches())]
    moderator = sign_in(Role.MODERATOR)
    seen: list[str] = []
    cursor = None
    while True:
        params: dict[str, str | int] = {"state": "pending", "limit": 2}
        if cursor:
            params["cursor"] = cursor
        page = client.get(MATCHES, params=params, headers=moderator).json()
        seen += [item["id"] for item in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    assert seen == wanted
    judged = client.post(f"{MATCHES}/{wanted[0]}/verdict", headers=moderator, json={"verdict": "confirmed"})
    assert (judged.status_code, judged.json()["verdict"], judged.json()["version"]) == (200, "confirmed", 2)
    pending = client.get(MATCHES, params={"state": "pending"}, headers=moderator).json()["items"]
    assert [item["id"] for item in pending] == wanted[1:]
    again = client.post(f"{MATCHES}/{wanted[1]}/verdict", headers=moderator, json={"verdict": "pending"})
    assert again.status_code == 422


def test_what_a_deconfirmed_entry_matched_is_not_told_any_more(
    client: httpx.Client, sign_in: SignIn, bench: Bench
) -> None:
    video_id, entry_id = bench.video(), bench.add(bench.bank(), bench.video())
    bench.found(video_id, entry_id)
    bench.move(entry_id, "deconfirm")
    assert of_video(client, video_id, sign_in(Role.MODERATOR)) == []


def test_a_lead_makes_a_bank_once_and_edits_the_copy_that_was_read(
    client: httpx.Client, sign_in: SignIn, bench: Bench
) -> None:
    headers = sign_in(Role.LEAD) | {"Idempotency-Key": "a-new-bank"}
    body = {"name": "Gore", "kind": "harmful", "policy": "violence.graphic"}
    made = [client.post(BANKS, headers=headers, json=body) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    bank = made[0].json()
    path = f"{BANKS}/{bank['id']}"
    changed = {"action": "restrict_interim", "confirmed": True, "distance": 20}
    edited = client.patch(path, headers=headers | {"If-Match": '"1"'}, json=changed)
    assert edited.status_code == 200
    assert edited.json() == bank | changed | {"version": 2}
    assert edited.headers["ETag"] == '"2"'
    stale = client.patch(path, headers=headers | {"If-Match": '"1"'}, json={"enabled": False})
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 2)
    assert client.get(BANKS, headers=sign_in(Role.ADMIN)).json()["items"] == [edited.json()]
    assert client.get(BANKS, headers=sign_in(Role.MODERATOR)).status_code == 403
    choices = client.get("/v1/forensics/bank-choices", headers=sign_in(Role.MODERATOR)).json()["items"]
    assert choices == [{"id": bank["id"], "name": "Gore", "kind": "harmful"}]


def test_two_leads_make_a_grave_entry_active(
    client: httpx.Client, sign_in: SignIn, bench: Bench, cleared: Actor
) -> None:
    bank_id, video_id = bench.bank(), bench.video()
    body = {"video_id": str(video_id), "severity": "critical", "reason": "It was removed."}
    lead, other = sign_in(Role.LEAD), sign_in(cleared.person)
    added = client.post(f"{BANKS}/{bank_id}/entries", headers=lead, json=body)
    assert (added.status_code, added.json()["state"]) == (201, "proposed")
    command = {"event": "activate", "reason": "So it is."}
    path = f"{ENTRIES}/{added.json()['id']}/state"
    refused = client.post(path, headers=lead, json=command)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_entry")
    done = client.post(path, headers=other, json=command)
    assert (done.status_code, done.json()["state"]) == (200, "active")
    again = client.post(path, headers=other, json=command)
    assert (again.status_code, again.json()["code"]) == (409, "entry_state")
    [scan] = client.get("/v1/forensics/scans", headers=lead).json()["items"]
    assert (scan["entry_id"], scan["state"]) == (added.json()["id"], "running")
    stopped = client.post(f"/v1/forensics/scans/{scan['id']}/cancel", headers=lead)
    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")


def test_entries_of_the_restricted_class_are_for_the_cleared(
    client: httpx.Client, sign_in: SignIn, bench: Bench, cleared: Actor
) -> None:
    bank_id, secret = bench.bank(), bench.video(restricted_class=True)
    plain, hidden = bench.add(bank_id, bench.video()), bench.add(bank_id, secret)
    lead, other = sign_in(Role.LEAD), sign_in(cleared.person)

    def listed(headers: dict[str, str]) -> list[str]:
        page = client.get(f"{BANKS}/{bank_id}/entries", headers=headers).json()
        return [item["id"] for item in page["items"]]

    assert listed(lead) == [str(plain)]
    assert listed(other) == [str(hidden), str(plain)]
    command = {"event": "deconfirm", "reason": "So it is."}
    for path in (f"{ENTRIES}/{hidden}", f"{ENTRIES}/{uuid4()}"):
        assert client.get(path, headers=lead).status_code == 404
        assert client.post(f"{path}/state", headers=lead, json=command).status_code == 404
    body = {"video_id": str(secret), "severity": "low", "reason": "It was removed."}
    other_bank = bench.bank("other")
    assert client.post(f"{BANKS}/{other_bank}/entries", headers=lead, json=body).status_code == 404
    scans = client.get("/v1/forensics/scans", headers=lead).json()["items"]
    assert {scan["entry_id"] for scan in scans} == {str(plain)}


def test_entries_come_in_pages_and_by_state(client: httpx.Client, sign_in: SignIn, bench: Bench) -> None:
    bank_id = bench.bank()
    added = [bench.add(bank_id, bench.video()) for _ in range(3)]
    bench.move(added[1], "quarantine")
    lead, path = sign_in(Role.LEAD), f"{BANKS}/{bank_id}/entries"
    first = client.get(path, params={"limit": 2}, headers=lead).json()
    rest = client.get(path, params={"limit": 2, "cursor": first["next_cursor"]}, headers=lead).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [str(one) for one in reversed(added)]
    assert rest["next_cursor"] is None
    one = client.get(path, params={"state": "quarantined"}, headers=lead).json()["items"]
    assert [item["id"] for item in one] == [str(added[1])]


def test_a_list_goes_in_and_out(client: httpx.Client, sign_in: SignIn, bench: Bench) -> None:
    bank_id, lead = bench.bank(), sign_in(Role.LEAD)
    bench.add(bank_id, bench.showing(pictures(1)))
    body = {"format": "csv", "content": f"hash,type,tags\n{'ab' * 32},pdq,x\n", "reason": "A list."}
    taken = client.post(f"{BANKS}/{bank_id}/import", headers=lead, json=body)
    assert (taken.status_code, taken.json()["added"]) == (201, 1)
    out = client.get(f"{BANKS}/{bank_id}/export", params={"format": "csv"}, headers=lead)
    assert out.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"{'ab' * 32},pdq,x severity:medium" in out.text
    assert "forensics.bank_exported" in bench.actions()
    huge = body | {"content": "x" * (6 << 20)}
    assert client.post(f"{BANKS}/{bank_id}/import", headers=lead, json=huge).status_code == 413


def test_the_words_of_severity_are_those_of_moderation() -> None:
    assert [str(one) for one in EntrySeverity] == [str(one) for one in Severity]


def test_of_a_restricted_original_the_uncleared_know_and_judge_nothing(
    client: httpx.Client, sign_in: SignIn, bench: Bench, cleared: Actor
) -> None:
    original, copy = bench.video(), bench.video()
    entry_id = bench.add(bench.bank(), original)
    bench.found(copy, entry_id, original_start_ms=2_000)
    bench.lab.change(original, restricted_class=True)
    names = ("entry_id", "original_video_id", "original_start_ms", "original_end_ms")

    def told(who: Role | UUID) -> list[Any]:
        [match] = of_video(client, copy, sign_in(who))
        return [match[name] for name in names]

    for who in (Role.MODERATOR, Role.LEAD):
        assert told(who) == [None, None, None, None]
    assert told(cleared.person) == [str(entry_id), str(original), 2_000, 12_000]
    [match] = bench.matches()
    path, verdict = f"{MATCHES}/{match.id}/verdict", {"verdict": "false_positive"}
    refused = client.post(path, headers=sign_in(Role.LEAD), json=verdict)
    assert (refused.status_code, refused.json()["code"]) == (403, "restricted_original")
    assert client.post(path, headers=sign_in(cleared.person), json=verdict).status_code == 200


def test_nobody_lets_go_of_an_entry_of_their_own_video(
    client: httpx.Client, sign_in: SignIn, bench: Bench, people: dict[Role, Person], cleared: Actor
) -> None:
    mine = bench.video(owner_id=people[Role.LEAD].id)
    entry_id = bench.add(bench.bank(), mine)
    lead, path = sign_in(Role.LEAD), f"{ENTRIES}/{entry_id}/state"
    for event in ("quarantine", "deconfirm"):
        refused = client.post(path, headers=lead, json={"event": event, "reason": "It is mine."})
        assert (refused.status_code, refused.json()["code"]) == (403, "own_content")
    assert client.get(f"{ENTRIES}/{entry_id}", headers=lead).json()["state"] == "active"
    other = {"event": "quarantine", "reason": "So it is."}
    assert client.post(path, headers=sign_in(cleared.person), json=other).status_code == 200


def test_a_part_that_begins_after_the_end_is_refused(
    client: httpx.Client, sign_in: SignIn, bench: Bench
) -> None:
    bank_id, video_id = bench.bank(), bench.video(duration_ms=10_000)
    body = {"video_id": str(video_id), "severity": "low", "reason": "It was removed."}
    path, lead = f"{BANKS}/{bank_id}/entries", sign_in(Role.LEAD)
    for start in (10_000, 20_000):
        refused = client.post(path, headers=lead, json=body | {"start_ms": start, "end_ms": 30_000})
        assert (refused.status_code, refused.json()["code"]) == (422, "empty_part")
    assert client.post(path, headers=lead, json=body | {"start_ms": 9_999}).status_code == 201
