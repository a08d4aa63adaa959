"""Scores over HTTP: who reads what, and what asking again, cancelling and listing do."""

from __future__ import annotations

from uuid import UUID, uuid4

import httpx
import pytest

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.kit.access import Actor
from server.kit.db import Database
from tests.server.conftest import SignIn
from tests.server.forensics.lab import CORE, TEXT, Lab

VIDEOS, ANALYSES = "/v1/forensics/videos", "/v1/forensics/analyses"


def test_a_moderator_reads_scores_with_their_evidence(
    client: httpx.Client, sign_in: SignIn, lab: Lab
) -> None:
    video_id = lab.video()
    lab.analysed(video_id, score_bp=2_000)
    lab.analysed(video_id)
    waiting = lab.ask(video_id)
    told = client.get(f"{VIDEOS}/{video_id}", headers=sign_in(Role.MODERATOR)).json()
    assert told["prevalence_bp"] == 200
    assert told["text"] == {"kind": "text", "latest": None, "result": None, "earlier": None}
    core = told["core"]
    assert (core["latest"]["id"], core["latest"]["state"]) == (str(waiting), "queued")
    assert core["result"]["analysis"]["state"] == "done"
    assert core["result"]["verdict"]["score_bp"] == 7_400
    assert core["earlier"]["verdict"]["score_bp"] == 2_000
    [signal] = core["result"]["signals"]
    assert signal["spans"][0] == {
        "start_ms": 1_000,
        "end_ms": 2_000,
        "score_bp": 7_400,
        "note": "edges differ",
    }
    assert signal["boxes"][0]["width_bp"] == 3_000
    assert signal["curves"][0]["values"] == [0.1, None, None]


def test_the_restricted_class_is_for_the_cleared_and_comes_without_evidence(
    client: httpx.Client, sign_in: SignIn, lab: Lab, cleared: Actor
) -> None:
    video_id = lab.video()
    asked = lab.analysed(video_id)
    lab.change(video_id, restricted_class=True)  # the evidence is not dropped yet
    for role in (Role.MODERATOR, Role.LEAD):
        assert client.get(f"{VIDEOS}/{video_id}", headers=sign_in(role)).status_code == 404
    told = client.get(f"{VIDEOS}/{video_id}", headers=sign_in(cleared.person)).json()
    [signal] = told["core"]["result"]["signals"]
    assert (signal["spans"], signal["boxes"], signal["curves"]) == ([], [], [])
    assert signal["score_bp"] == 7_400
    again = client.post(f"{VIDEOS}/{video_id}/analyses", json={}, headers=sign_in(Role.ADMIN))
    assert again.status_code == 404
    listed = client.get(ANALYSES, headers=sign_in(Role.ADMIN)).json()["items"]
    assert listed == []
    assert client.post(f"{ANALYSES}/{asked}/cancel", headers=sign_in(Role.LEAD)).status_code == 404


def test_nobody_reads_the_scores_of_their_own_videos(
    client: httpx.Client, sign_in: SignIn, lab: Lab, people: dict[Role, Person]
) -> None:
    video_id = lab.video(owner_id=people[Role.MODERATOR].id)
    assert client.get(f"{VIDEOS}/{video_id}", headers=sign_in(Role.MODERATOR)).status_code == 404
    assert client.get(f"{VIDEOS}/{video_id}", headers=sign_in(Role.LEAD)).status_code == 200


def test_nobody_stops_or_asks_for_the_analysis_of_their_own_video(
    client: httpx.Client, sign_in: SignIn, lab: Lab, people: dict[Role, Person]
) -> None:
    video_id = lab.video(owner_id=people[Role.LEAD].id)
    asked = lab.ask(video_id)
    lead, admin = sign_in(Role.LEAD), sign_in(Role.ADMIN)
    assert client.get(ANALYSES, headers=lead).json()["items"] == []
    assert client.post(f"{ANALYSES}/{asked}/cancel", headers=lead).status_code == 404
    assert client.post(f"{VIDEOS}/{video_id}/analyses", json={}, headers=lead).status_code == 404
    assert client.post(f"{ANALYSES}/{asked}/cancel", headers=admin).status_code == 200


def test_a_moderator_asks_for_a_first_look_and_no_other(
    client: httpx.Client, sign_in: SignIn, lab: Lab
) -> None:
    video_id, moderator = lab.video(), sign_in(Role.MODERATOR)
    path = f"{VIDEOS}/{video_id}/analyses"
    first = client.post(path, json={"kind": "core"}, headers=moderator)
    assert (first.status_code, first.json()["state"]) == (201, "queued")
    again = client.post(path, json={"kind": "core"}, headers=moderator)
    assert again.json()["id"] == first.json()["id"]
    other = lab.video()
    lab.analysed(other)
    refused = client.post(f"{VIDEOS}/{other}/analyses", json={"kind": "core"}, headers=moderator)
    assert refused.status_code == 403


@pytest.mark.parametrize("role", [Role.LEAD, Role.ADMIN])
def test_asking_again_is_one_analysis_however_often_it_is_sent(
    client: httpx.Client, sign_in: SignIn, lab: Lab, role: Role
) -> None:
    video_id = lab.video()
    headers = sign_in(role) | {"Idempotency-Key": "again-and-again"}
    answers = [
        client.post(f"{VIDEOS}/{video_id}/analyses", json={"kind": "text"}, headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    [row] = lab.rows(video_id)
    assert (row.kind, row.priority) == (TEXT, 100)
    other = client.post(f"{VIDEOS}/{video_id}/analyses", json={"kind": "core"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_what_is_no_video_is_not_found(client: httpx.Client, sign_in: SignIn, lab: Lab) -> None:
    lead = sign_in(Role.LEAD)
    assert client.get(f"{VIDEOS}/{uuid4()}", headers=lead).status_code == 404
    assert client.post(f"{VIDEOS}/{uuid4()}/analyses", json={}, headers=lead).status_code == 404
    assert client.post(f"{ANALYSES}/{uuid4()}/cancel", headers=lead).status_code == 404


def test_what_waits_can_be_cancelled_once(client: httpx.Client, sign_in: SignIn, lab: Lab) -> None:
    asked = lab.ask(lab.video())
    lead = sign_in(Role.LEAD)
    answer = client.post(f"{ANALYSES}/{asked}/cancel", headers=lead)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    again = client.post(f"{ANALYSES}/{asked}/cancel", headers=lead)
    assert (again.status_code, again.json()["code"]) == (409, "not_open")


def test_the_list_goes_on_where_its_last_page_ended(
    client: httpx.Client, sign_in: SignIn, lab: Lab, db: Database
) -> None:
    asked = [lab.ask(lab.video(), kind) for kind in (CORE, TEXT, CORE)]
    done = lab.analysed(lab.video())
    admin = sign_in(Role.ADMIN)
    seen: list[UUID] = []
    cursor = None
    while True:
        params: dict[str, str | int] = {"state": "queued", "limit": 2}
        if cursor:
            params["cursor"] = cursor
        page = client.get(ANALYSES, params=params, headers=admin).json()
        seen += [UUID(item["id"]) for item in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    assert seen == asked[::-1]
    everything = client.get(ANALYSES, headers=admin).json()["items"]
    assert [UUID(item["id"]) for item in everything] == [done, *asked[::-1]]
