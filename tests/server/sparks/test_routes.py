"""The catalogue over HTTP: who sees what, what is refused and how, once is once."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.kit import clock
from server.kit.db import Database
from server.sparks.engine.format.spark import LARGEST
from tests.server.conftest import SignIn
from tests.server.sparks.studio import Studio, pack, refused, spark, text

SPARKS = "/v1/sparks"


@pytest.fixture
def admins(sign_in: SignIn) -> dict[str, str]:
    return sign_in(Role.ADMIN)


@pytest.fixture
def fans(sign_in: SignIn) -> dict[str, str]:
    return sign_in(Role.FAN)


def at(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def slugs(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["slug"] for one in answer.json()["items"]]


def test_from_a_file_to_the_catalogue(
    client: httpx.Client, studio: Studio, admins: dict[str, str], fans: dict[str, str]
) -> None:
    made = client.post(SPARKS, headers=admins, json={"content": text(), "note": "first"})
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    draft = made.json()
    assert (draft["state"], draft["credits"], draft["duration_ms"]) == ("draft", None, 1500)
    path = f"{SPARKS}/{draft['id']}"
    body = {"number": 1, "sha256": draft["sha256"]}
    asked = client.post(f"{path}/publish", headers=admins | at(1), json=body)
    assert (asked.status_code, asked.json()["state"]) == (202, "judging")
    studio.work(UUID(draft["id"]))
    assert client.get(f"{path}/versions/1/judging", headers=admins).json()["measured"] == {"flashes": 0}
    found = client.get(path, headers=fans)
    assert found.headers["ETag"] == '"2"'
    assert found.json() == draft | {
        "state": "published",
        "credits": 5,
        "published_version": 1,
        "published_at": found.json()["published_at"],
        "version": 2,
    }
    assert slugs(client.get(SPARKS, headers=fans)) == ["ember"]


def test_the_file_of_a_version_may_be_kept_for_ever(
    client: httpx.Client, studio: Studio, fans: dict[str, str]
) -> None:
    path = f"{SPARKS}/{studio.published()}/versions/1/content"
    answer = client.get(path, headers=fans)
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.json()["id"] == "ember"
    again = client.get(path, headers=fans | {"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(path, headers=fans | {"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_a_refusal_is_told_with_second_and_region(
    client: httpx.Client, studio: Studio, admins: dict[str, str]
) -> None:
    made = studio.create()
    studio.says = refused
    studio.ask(made)
    studio.work(made)
    told = client.get(f"{SPARKS}/{made}/versions/1/judging", headers=admins).json()
    assert told["state"] == "refused"
    assert told["refusals"] == [
        {
            "code": "flashes",
            "message": "It flashes 5 times in a second.",
            "second": 1.25,
            "region": [100, 200, 300, 400],
        }
    ]


def test_drafts_and_what_has_not_passed_do_not_exist_for_others(
    client: httpx.Client, studio: Studio, admins: dict[str, str], fans: dict[str, str]
) -> None:
    draft, shown = studio.create(id="draft"), studio.published()
    studio.add(shown, name="Embers")
    studio.price(shown, 9, clock.now() + timedelta(days=1))
    for path in ("", "/versions", "/versions/1/content", "/prices"):
        assert client.get(f"{SPARKS}/{draft}{path}", headers=fans).status_code == 404
        assert client.get(f"{SPARKS}/{draft}{path}", headers=admins).status_code == 200
    assert client.get(f"{SPARKS}/{shown}/versions/2/content", headers=fans).status_code == 404
    versions = [client.get(f"{SPARKS}/{shown}/versions", headers=who).json() for who in (fans, admins)]
    assert [[one["number"] for one in page["items"]] for page in versions] == [[1], [2, 1]]
    assert versions[0]["items"][0]["author"] is None
    assert versions[1]["items"][1]["author"].startswith("person:")
    prices = [client.get(f"{SPARKS}/{shown}/prices", headers=who).json() for who in (fans, admins)]
    assert [[one["credits"] for one in page["items"]] for page in prices] == [[5], [9, 5]]
    assert slugs(client.get(f"{SPARKS}?state=draft", headers=fans)) == []
    assert slugs(client.get(f"{SPARKS}?state=draft", headers=admins)) == ["draft"]


def test_what_is_retired_is_still_played_by_its_id(
    client: httpx.Client, studio: Studio, admins: dict[str, str], fans: dict[str, str]
) -> None:
    path = f"{SPARKS}/{studio.published()}"
    gone = client.post(f"{path}/retire", headers=admins | at(2), json={"reason": "dated"})
    assert (gone.status_code, gone.json()["state"]) == (200, "retired")
    assert slugs(client.get(SPARKS, headers=fans)) == []
    assert client.get(path, headers=fans).json()["state"] == "retired"
    assert client.get(f"{path}/versions/1/content", headers=fans).status_code == 200
    twice = client.post(f"{path}/retire", headers=admins | at(3), json={"reason": "dated"})
    assert (twice.status_code, twice.json()["code"]) == (409, "spark_state")
    back = client.post(f"{path}/restore", headers=admins | at(3), json={"reason": "missed"})
    assert (back.status_code, back.headers["ETag"]) == (200, '"4"')
    assert slugs(client.get(SPARKS, headers=fans)) == ["ember"]


def test_the_catalogue_in_pages_and_by_what_is_asked_for(
    client: httpx.Client, studio: Studio, fans: dict[str, str]
) -> None:
    studio.published(id="a-rose", name="Röse 100%", family="flower", credits=3)
    studio.published(id="b-storm", name="Storm", family="weather", tier="rare", credits=200)
    studio.published(id="c-snow", name="Snow", family="weather", credits=7)
    seen, cursor = [], ""
    while True:
        answer = client.get(f"{SPARKS}?limit=1{cursor}", headers=fans)
        seen += slugs(answer)
        if answer.json()["next_cursor"] is None:
            break
        cursor = f"&cursor={answer.json()['next_cursor']}"
    assert seen == ["a-rose", "b-storm", "c-snow"]
    for query, expected in {
        "tier=rare": ["b-storm"],
        "family=weather": ["b-storm", "c-snow"],
        "credits_min=5&credits_max=50": ["c-snow"],
        "q=RÖS": ["a-rose"],
        "q=100%25": ["a-rose"],
        "q=%25": ["a-rose"],
        "q=_": [],
        "q=snow&tier=rare": [],
    }.items():
        assert slugs(client.get(f"{SPARKS}?{query}", headers=fans)) == expected, query


def test_an_edit_names_the_copy_it_was_made_of(
    client: httpx.Client, studio: Studio, admins: dict[str, str]
) -> None:
    made = studio.create()
    path = f"{SPARKS}/{made}"
    body = {"content": text(name="Embers")}
    added = client.post(f"{path}/versions", headers=admins | at(1), json=body)
    assert (added.status_code, added.headers["ETag"], added.json()["current_version"]) == (201, '"2"', 2)
    for what, said in (
        ("versions", {"content": text(name="Ash")}),
        ("prices", {"credits": 7}),
        ("publish", {"number": 1, "sha256": added.json()["sha256"]}),
        ("retire", {"reason": "dated"}),
        ("restore", {"reason": "missed"}),
    ):
        stale = client.post(f"{path}/{what}", headers=admins | at(1), json=said)
        assert (stale.status_code, stale.json()["current"]["version"]) == (412, 2)
        assert client.post(f"{path}/{what}", headers=admins, json=said).status_code == 422
    priced = client.post(f"{path}/prices", headers=admins | at(2), json={"credits": 7})
    assert (priced.status_code, priced.json()["credits"]) == (201, 7)


def test_sent_twice_is_done_once(client: httpx.Client, studio: Studio, admins: dict[str, str]) -> None:
    key = {"Idempotency-Key": "0123456789"}
    first, second = (client.post(SPARKS, headers=admins | key, json={"content": text()}) for _ in range(2))
    assert first.json() == second.json()
    assert studio.count() == 1
    other = client.post(SPARKS, headers=admins | key, json={"content": text(id="other")})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    path = f"{SPARKS}/{first.json()['id']}/publish"
    body = {"number": 1, "sha256": first.json()["sha256"]}
    asked = [
        client.post(path, headers=admins | at(1) | {"Idempotency-Key": "publish-01"}, json=body)
        for _ in range(2)
    ]
    assert [one.status_code for one in asked] == [202, 202]
    again = client.post(path, headers=admins | at(1), json=body)
    assert (again.status_code, again.json()["code"]) == (409, "judging_already")


def test_what_is_retired_or_brought_back_twice_by_one_key_is_so_once(
    client: httpx.Client, db: Database, studio: Studio, admins: dict[str, str]
) -> None:
    path = f"{SPARKS}/{studio.published()}"
    for verb, version in (("retire", 2), ("restore", 3)):
        headers = admins | at(version) | {"Idempotency-Key": f"{verb}-0001"}
        first, second = (
            client.post(f"{path}/{verb}", headers=headers, json={"reason": "dated"}) for _ in range(2)
        )
        assert first.status_code == second.status_code == 200
        assert first.json() == second.json()
        assert second.headers["ETag"] == f'"{version + 1}"'
    with db.read() as s:
        found = list(s.scalars(sa.select(AuditEntry.action)))
    assert [found.count(f"sparks.{what}") for what in ("retired", "restored")] == [1, 1]


def test_a_planned_price_is_withdrawn_by_its_moment(
    client: httpx.Client, studio: Studio, admins: dict[str, str], fans: dict[str, str]
) -> None:
    made = studio.published()
    studio.price(made, 9, clock.now() + timedelta(days=1))
    path = f"{SPARKS}/{made}/prices"
    planned, held = client.get(path, headers=admins).json()["items"]
    address = f"{path}/{planned['valid_from']}"
    assert client.delete(address, headers=fans | at(3)).status_code == 403
    assert client.delete(address, headers=admins).status_code == 422
    stale = client.delete(address, headers=admins | at(2))
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 3)
    key = {"Idempotency-Key": "withdraw-1"}
    gone = [client.delete(address, headers=admins | at(3) | key) for _ in range(2)]
    assert [(one.status_code, one.headers["ETag"], one.json()["credits"]) for one in gone] == [
        (200, '"4"', 5)
    ] * 2
    assert client.get(path, headers=admins).json()["items"] == [held | {"valid_to": None}]
    assert client.delete(address, headers=admins | at(4)).status_code == 404
    begun = client.delete(f"{path}/{held['valid_from']}", headers=admins | at(4))
    assert (begun.status_code, begun.json()["code"]) == (409, "price_in_force")
    assert client.delete(f"{path}/soon", headers=admins | at(4)).status_code == 422


def test_a_lie_about_the_hash_is_refused(
    client: httpx.Client, studio: Studio, admins: dict[str, str]
) -> None:
    lie = "0" * 64
    made = studio.create()
    for path, body in (
        (SPARKS, {"content": text(id="other"), "sha256": lie}),
        (f"{SPARKS}/{made}/versions", {"content": text(name="Other"), "sha256": lie}),
        (f"{SPARKS}/{made}/publish", {"number": 1, "sha256": lie}),
    ):
        answer = client.post(path, headers=admins | at(1), json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "hash_mismatch")
    assert studio.count() == 1


DEEP = "[" * 60_000
HOSTILE: dict[str, str] = {
    "empty": "",
    "no json": "{",
    "a list": "[]",
    "deep": DEEP,
    "deep in an object": '{"schema": ' + DEEP,
    "huge": json.dumps(spark(about="x" * LARGEST)),
    "huge number": text().replace("1.5", "1e999"),
    "not a number": text().replace("1.5", "NaN"),
    "many digits": text().replace("1.5", "9" * 20_000),
    "twice the same key": text().replace('"id": "ember"', '"id": "ember", "id": "other"'),
    "a zero": text(name="a\x00b"),
    "another format": text(schema="spark/2"),
    "a thousand layers": text(layers=[spark()["layers"][0]] * 200),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_what_is_wrong(
    client: httpx.Client, studio: Studio, admins: dict[str, str], name: str
) -> None:
    answer = client.post(SPARKS, headers=admins, json={"content": HOSTILE[name]})
    assert (answer.status_code, answer.json()["code"]) == (422, "faulty_spark"), answer.text[:500]
    assert all(one["message"] for one in answer.json()["errors"])
    assert studio.count() == 0


def test_half_of_a_pair_is_no_text(client: httpx.Client, studio: Studio, admins: dict[str, str]) -> None:
    answer = client.post(SPARKS, headers=admins, content=b'{"content": "\\ud800"}')
    assert answer.status_code == 422
    body = {"content": text(name="NAME").replace("NAME", "\\ud800")}
    assert client.post(SPARKS, headers=admins, json=body).status_code == 422
    assert studio.count() == 0


def test_every_problem_is_told_by_its_path(client: httpx.Client, admins: dict[str, str]) -> None:
    bad = spark(duration=99, palettes={"warm": ["red"]}, tier="rare")
    bad["layers"][0]["look"] = {"colours": "cold", "size": [9, 1]}
    answer = client.post(SPARKS, headers=admins, json={"content": json.dumps(bad)})
    told = {one["field"] for one in answer.json()["errors"]}
    assert {"duration", "palettes.warm[0]", "credits", "layers[0].look.colours"} <= told
    whole = client.post(f"{SPARKS}/import", headers=admins, json={"pack": pack(spark(id="good"), bad)})
    assert (whole.status_code, whole.json()["code"]) == (422, "faulty_pack")
    assert {f"sparks[1].{path}" for path in told} <= {one["field"] for one in whole.json()["errors"]}
    assert slugs(client.get(f"{SPARKS}?state=draft", headers=admins)) == []


def test_too_large_a_request_is_not_read(client: httpx.Client, admins: dict[str, str]) -> None:
    answer = client.post(SPARKS, headers=admins, json={"content": "x" * (600 << 10)})
    assert answer.status_code == 413


def test_a_pack_is_taken_in_once(client: httpx.Client, studio: Studio, admins: dict[str, str]) -> None:
    studio.create(name="Before")
    body = {"pack": pack(spark(), spark(id="frost", name="Frost"))}

    def taken() -> list[Any]:
        answer = client.post(f"{SPARKS}/import", headers=admins, json=body)
        assert answer.status_code == 201, answer.text
        return [(one["slug"], one["outcome"], one["number"]) for one in answer.json()["items"]]

    assert taken() == [("ember", "version", 2), ("frost", "created", 1)]
    assert taken() == [("ember", "known", 2), ("frost", "known", 1)]
    assert studio.count() == 3


def test_what_is_exported_can_be_imported(
    client: httpx.Client, db: Database, studio: Studio, admins: dict[str, str]
) -> None:
    empty = client.get(f"{SPARKS}/export", headers=admins)
    assert empty.json() == {"schema": "spark-pack/1", "sparks": []}
    made = studio.published()
    studio.published(id="frost", family="cold")
    studio.add(made, name="Later")
    answer = client.get(f"{SPARKS}/export", headers=admins)
    assert [(one["id"], one["name"]) for one in answer.json()["sparks"]] == [
        ("ember", "Ember"),
        ("frost", "Ember"),
    ]
    of_one = client.get(f"{SPARKS}/export?family=cold", headers=admins).json()["sparks"]
    assert [one["id"] for one in of_one] == ["frost"]
    back = client.post(f"{SPARKS}/import", headers=admins, json={"pack": answer.text})
    assert {one["outcome"] for one in back.json()["items"]} == {"known"}
    with db.read() as s:
        assert "sparks.exported" in s.scalars(sa.select(AuditEntry.action)).all()


def test_more_than_a_pack_can_hold_is_not_exported(
    client: httpx.Client, studio: Studio, admins: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.sparks.engine.format import reading

    monkeypatch.setattr(reading, "MOST_SPARKS", 1)
    studio.published()
    studio.published(id="frost")
    answer = client.get(f"{SPARKS}/export", headers=admins)
    assert (answer.status_code, answer.json()["code"]) == (409, "pack_full")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_admins_change_the_catalogue(
    client: httpx.Client, studio: Studio, sign_in: SignIn, role: Role
) -> None:
    path = f"{SPARKS}/{studio.published()}"
    headers = sign_in(role)
    for method, address in (
        ("POST", SPARKS),
        ("POST", f"{SPARKS}/import"),
        ("GET", f"{SPARKS}/export"),
        ("GET", f"{path}/versions/1/judging"),
        *(("POST", f"{path}/{verb}") for verb in ("versions", "publish", "retire", "restore", "prices")),
    ):
        assert client.request(method, address, headers=headers).status_code == 403, address
    assert client.get(path, headers=headers).status_code == 200


def test_what_is_not_there_is_not_found(client: httpx.Client, studio: Studio, admins: dict[str, str]) -> None:
    path = f"{SPARKS}/{uuid4()}"
    for verb, body in (
        ("versions", {"content": text()}),
        ("publish", {"number": 1, "sha256": "0" * 64}),
        ("retire", {"reason": "dated"}),
        ("restore", {"reason": "dated"}),
        ("prices", {"credits": 1}),
    ):
        assert client.post(f"{path}/{verb}", headers=admins | at(1), json=body).status_code == 404
    for what in ("", "/versions", "/versions/1/content", "/versions/1/judging", "/prices"):
        assert client.get(f"{path}{what}", headers=admins).status_code == 404
