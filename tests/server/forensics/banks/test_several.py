"""Several entries moved on by one command, and entries that take themselves out of use."""

from __future__ import annotations

from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.forensics.banks import matching, service
from server.forensics.banks.record import LIVE_BANK
from server.forensics.banks.rules import (
    ENTRIES_AT_ONCE,
    FALSE_POSITIVES,
    NEIGHBOURS,
    STOPPED_MAX,
    EntrySeverity,
    EntryState,
    MatchVerdict,
    ScanState,
)
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.errors import Conflict
from tests.server.conftest import SignIn
from tests.server.forensics.banks.bench import Bench, pictures

pytestmark = pytest.mark.usefixtures("context")
BANKS, STOPPED = "/v1/forensics/banks", "/v1/forensics/stopped-entries"


def listed(
    client: httpx.Client, bank_id: UUID, headers: dict[str, str], count: int, **more: str
) -> list[UUID]:
    """The entries of a list that was taken in."""
    rows = "".join(f"{n:064x},pdq\n" for n in range(1, count + 1))
    body = {"format": "csv", "content": f"hash,type\n{rows}", "reason": "A list.", **more}
    taken = client.post(f"{BANKS}/{bank_id}/import", headers=headers, json=body)
    assert taken.json()["added"] == count
    page = client.get(f"{BANKS}/{bank_id}/entries", params={"limit": 100}, headers=headers).json()
    return [UUID(item["id"]) for item in page["items"]][:count]


def command(event: str, *entries: UUID) -> dict[str, object]:
    return {"event": event, "reason": "So it is.", "entries": [str(one) for one in entries]}


def test_a_second_person_activates_a_grave_list_in_one_step(
    client: httpx.Client, sign_in: SignIn, bench: Bench, cleared: Actor, db: Database
) -> None:
    bank_id, lead, other = bench.bank(), sign_in(Role.LEAD), sign_in(cleared.person)
    ids = listed(client, bank_id, lead, 40, severity="critical")
    path = f"{BANKS}/{bank_id}/entries/state"
    mine = client.post(path, headers=lead, json=command("activate", *ids)).json()
    assert mine["moved"] == []
    assert {one["code"] for one in mine["kept"]} == {"own_entry"}
    assert {one["id"] for one in mine["kept"]} == {str(one) for one in ids}
    assert "You proposed this entry" in mine["kept"][0]["why"]
    assert {bench.state(one) for one in ids} == {EntryState.PROPOSED}
    key = other | {"Idempotency-Key": "all-of-them"}
    done = [client.post(path, headers=key, json=command("activate", *ids)) for _ in range(2)]
    assert [answer.status_code for answer in done] == [200, 200]
    assert done[0].json() == done[1].json()
    assert sorted(done[0].json()["moved"]) == sorted(str(one) for one in ids)
    assert done[0].json()["kept"] == []
    assert {bench.state(one) for one in ids} == {EntryState.ACTIVE}
    assert bench.actions().count("forensics.entry_activated") == len(ids)
    with db.read() as s:
        by = set(s.scalars(sa.select(AuditEntry.actor).where(AuditEntry.action.endswith("_activated"))))
    assert by == {cleared.ref}
    [scan] = bench.scans()  # the whole list is looked for at once
    assert (scan.first, scan.last) == (bench.entry(ids[-1]).number, bench.entry(ids[0]).number)


def test_what_may_not_be_moved_on_stays_and_says_why(
    client: httpx.Client, sign_in: SignIn, bench: Bench, people: dict[Role, Person]
) -> None:
    bank_id, lead = bench.bank(), sign_in(Role.LEAD)
    me = Actor("person", people[Role.LEAD].id, "lead", frozenset(), frozenset())
    own = bench.add(bank_id, bench.video(), actor=me, severity=EntrySeverity.HIGH)
    theirs = bench.add(bank_id, bench.video(), severity=EntrySeverity.HIGH)
    active = bench.add(bank_id, bench.video())
    elsewhere = bench.add(bench.bank("other"), bench.video(), severity=EntrySeverity.HIGH)
    secret = bench.add(bank_id, bench.video(restricted_class=True), severity=EntrySeverity.HIGH)
    gone = bench.add(bank_id, bench.video())
    bench.move(gone, "deconfirm")
    unknown = uuid4()
    named = (own, theirs, active, elsewhere, secret, gone, unknown, theirs)
    told = client.post(
        f"{BANKS}/{bank_id}/entries/state", headers=lead, json=command("activate", *named)
    ).json()
    assert told["moved"] == [str(theirs)]
    assert {one["id"]: one["code"] for one in told["kept"]} == {
        str(own): "own_entry",
        str(active): "entry_state",
        str(gone): "entry_state",
        str(elsewhere): "not_found",
        str(secret): "not_found",
        str(unknown): "not_found",
    }
    assert [bench.state(one) for one in (own, theirs, secret)] == [
        EntryState.PROPOSED,
        EntryState.ACTIVE,
        EntryState.PROPOSED,
    ]


def test_of_several_ones_own_video_is_not_let_go(
    client: httpx.Client, sign_in: SignIn, bench: Bench, people: dict[Role, Person]
) -> None:
    bank_id, lead = bench.bank(), sign_in(Role.LEAD)
    mine = bench.add(bank_id, bench.video(owner_id=people[Role.LEAD].id))
    other = bench.add(bank_id, bench.video())
    path = f"{BANKS}/{bank_id}/entries/state"
    for event in ("quarantine", "deconfirm"):
        told = client.post(path, headers=lead, json=command(event, mine, other)).json()
        assert told["moved"] == [str(other)]
        assert [(one["id"], one["code"]) for one in told["kept"]] == [(str(mine), "own_content")]
    assert bench.state(mine) is EntryState.ACTIVE


def test_several_are_taken_out_and_their_looks_end(
    client: httpx.Client, sign_in: SignIn, bench: Bench
) -> None:
    bank_id, lead = bench.bank(), sign_in(Role.LEAD)
    ids = [bench.add(bank_id, bench.showing(pictures(n))) for n in range(3)]
    path = f"{BANKS}/{bank_id}/entries/state"
    out = client.post(path, headers=lead, json=command("quarantine", *ids[:2])).json()
    assert out["moved"] == [str(one) for one in ids[:2]]
    assert [bench.state(one) for one in ids] == [EntryState.QUARANTINED] * 2 + [EntryState.ACTIVE]
    ended = {scan.first: scan.state for scan in bench.scans()}
    assert [ended[bench.entry(one).number] for one in ids] == [
        ScanState.CANCELLED,
        ScanState.CANCELLED,
        ScanState.RUNNING,
    ]
    copy = bench.showing(pictures(0))
    assert bench.search(copy) == 0
    assert client.post(path, headers=lead, json=command("deconfirm", *ids)).json()["kept"] == []
    assert {bench.state(one) for one in ids} == {EntryState.DECONFIRMED}


def test_a_command_names_a_bank_and_not_too_many(client: httpx.Client, sign_in: SignIn, bench: Bench) -> None:
    bank_id, lead = bench.bank(), sign_in(Role.LEAD)
    path = f"{BANKS}/{bank_id}/entries/state"
    for ids in ((), tuple(uuid4() for _ in range(ENTRIES_AT_ONCE + 1))):
        assert client.post(path, headers=lead, json=command("activate", *ids)).status_code == 422
    assert client.post(path, headers=lead, json=command("expire", uuid4())).status_code == 422
    nowhere = f"{BANKS}/{uuid4()}/entries/state"
    assert client.post(nowhere, headers=lead, json=command("activate", uuid4())).status_code == 404
    moderator = sign_in(Role.MODERATOR)
    assert client.post(path, headers=moderator, json=command("activate", uuid4())).status_code == 403
    assert client.get(STOPPED, headers=moderator).status_code == 403


def test_entries_far_from_each_other_are_looked_for_apart(bench: Bench, db: Database) -> None:
    bank_id, other = bench.bank(), bench.bank("other")
    first = bench.add(bank_id, bench.video(), severity=EntrySeverity.HIGH)
    for _ in range(NEIGHBOURS):
        bench.add(other, bench.video(), severity=EntrySeverity.HIGH)
    last = [bench.add(bank_id, bench.video(), severity=EntrySeverity.HIGH) for _ in range(2)]
    with db.write() as s:
        by = Actor("person", uuid4(), "second", frozenset(), frozenset())
        ids = [*last, first]
        assert service.move_all(s, actor=by, entry_ids=ids, event="activate", reason="yes") == {}
    numbers = [bench.entry(one).number for one in (first, *last)]
    assert {(scan.first, scan.last) for scan in bench.scans()} == {
        (numbers[0], numbers[0]),
        (numbers[1], numbers[2]),
    }


def _wrong(bench: Bench, db: Database, entry_id: UUID) -> None:
    """People call two of its matches wrong."""
    for _ in range(FALSE_POSITIVES):
        video_id = bench.video()
        bench.found(video_id, entry_id)
        [match] = bench.matches(video_id)
        with db.write() as s:
            matching.judge(s, actor=SYSTEM, match_id=match.id, verdict=MatchVerdict.FALSE_POSITIVE)


def test_an_entry_that_took_itself_out_waits_for_somebody(
    client: httpx.Client, sign_in: SignIn, bench: Bench, db: Database, cleared: Actor
) -> None:
    bank_id, lead = bench.bank(), sign_in(Role.LEAD)
    wrong, by_hand, secret = (
        bench.add(bank_id, bench.video()),
        bench.add(bank_id, bench.video()),
        bench.add(bank_id, bench.video(restricted_class=True)),
    )
    bench.move(by_hand, "quarantine")
    for entry_id in (wrong, secret):
        _wrong(bench, db, entry_id)

    def waiting(who: Role | UUID) -> dict[str, str]:
        page = client.get(STOPPED, headers=sign_in(who)).json()
        return {item["id"]: item["stopped"] for item in page["items"]}

    why = "the matches of 2 videos were wrong"
    assert waiting(Role.LEAD) == {str(wrong): why}
    assert waiting(cleared.person) == {str(wrong): why, str(secret): why}
    first = client.get(STOPPED, params={"limit": 1}, headers=sign_in(cleared.person)).json()
    rest = client.get(
        STOPPED, params={"limit": 1, "cursor": first["next_cursor"]}, headers=sign_in(cleared.person)
    ).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [str(secret), str(wrong)]
    assert rest["next_cursor"] is None
    path = f"{BANKS}/{bank_id}/entries/state"
    client.post(path, headers=lead, json=command("activate", wrong))
    assert waiting(Role.LEAD) == {}
    assert bench.entry(wrong).stopped is None
    bench.move(secret, "deconfirm")
    assert waiting(cleared.person) == {}


def test_who_keeps_the_banks_hears_of_it(bench: Bench, db: Database) -> None:
    bank_id = bench.bank()
    entry_id = bench.add(bank_id, bench.video())
    with db.write() as s:
        service.move(s, actor=SYSTEM, entry_id=entry_id, event="quarantine", reason="by hand")
        assert (LIVE_BANK, str(bank_id)) not in s.info["live"]
    bench.move(entry_id, "activate")
    with db.write() as s:
        service.stop(s, entry_id=entry_id, why="it matches everything, " * 20)
        assert (LIVE_BANK, str(bank_id)) in s.info["live"]
    stopped = bench.entry(entry_id).stopped
    assert stopped is not None
    assert len(stopped) == STOPPED_MAX
    with pytest.raises(Conflict), db.write() as s:
        service.stop(s, entry_id=entry_id, why="again")
