"""Hashes from others: what can be read is taken in once, everything else is named; and back out again."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import UUID

import pytest

from server.forensics.banks import exchange
from server.forensics.banks.rules import IMPORT_MAX, OURS, REFERENCE, BankKind, EntrySeverity, EntryState
from server.forensics.banks.schemas import Format, ImportReceipt, NewImport
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.errors import Conflict, Invalid, NotFound
from tests.server.forensics.banks.bench import SECONDS, Bench, pictures

pytestmark = pytest.mark.usefixtures("context")
PDQ, OTHER, FILE = "ab" * 32, "cd" * 32, "12" * 32


def given(content: str, form: Format = Format.CSV, **more: Any) -> NewImport:
    return NewImport(format=form, content=content, reason="a list", **more)


def take_in(db: Database, bank_id: UUID, body: NewImport, actor: Actor = SYSTEM) -> ImportReceipt:
    with db.write() as s:
        return exchange.take_in(s, actor=actor, bank_id=bank_id, body=body)


LIST = (
    "hash,type,tags\r\n"
    f"{PDQ},pdq,violence;confirmed\r\n"
    f"{OTHER.upper()},HASH_PDQ,\r\n"
    f"{FILE},sha256,a b\r\n"
    f"{FILE},md5,\r\n"
    "abc,pdq,\r\n"
    f"{PDQ},pdq,twice\r\n"
)


@pytest.mark.parametrize("form", Format)
def test_a_list_is_taken_in_once(db: Database, bench: Bench, form: Format) -> None:
    rows = list(csv.DictReader(io.StringIO(LIST)))
    content = LIST if form is Format.CSV else json.dumps({"data": rows})
    bank_id = bench.bank("others", BankKind.EXCHANGE)
    receipt = take_in(db, bank_id, given(content, form))
    assert (receipt.added, receipt.known, receipt.skipped) == (3, 1, 2)
    assert [(one.row, one.why) for one in receipt.problems] == [
        (4, "a type that is not known here"),
        (5, "not 64 hexadecimal digits"),
    ]
    again = take_in(db, bank_id, given(content, form))
    assert (again.added, again.known) == (0, 4)
    assert len(bench.scans()) == 1


def test_imported_hashes_wait_for_a_second_person_where_they_are_grave(db: Database, bench: Bench) -> None:
    bank_id = bench.bank("others", BankKind.EXCHANGE)
    take_in(db, bank_id, given(LIST, severity=EntrySeverity.CRITICAL))
    assert bench.scans() == []
    with db.read() as s:
        from server.forensics.banks import queries

        rows = queries.entry_page(s, SYSTEM, bank_id=bank_id, state=None, before=None, limit=10)
    assert {row.state for row in rows} == {EntryState.PROPOSED}
    assert {row.algorithm for row in rows} == {REFERENCE, None}
    assert sorted(map(tuple, (row.tags for row in rows))) == [(), ("a", "b"), ("twice",)]


def test_an_imported_file_is_recognised(db: Database, bench: Bench) -> None:
    video_id = bench.looks(bench.video(sha256=FILE), pictures(1))
    take_in(db, bench.bank("others", BankKind.EXCHANGE), given(LIST))
    bench.scan()
    [match] = bench.matches()
    assert (match.video_id, match.bits) == (video_id, 0)


def test_hashes_of_the_reference_are_not_compared_with_ours(db: Database, bench: Bench) -> None:
    frame = pictures(1)[:1].tobytes().hex()
    video_id = bench.showing(pictures(1))
    bank_id = bench.bank("others", BankKind.EXCHANGE)
    take_in(db, bank_id, given(f"hash,type\n{frame},pdq\n"))
    assert bench.search(video_id) == 0
    take_in(db, bank_id, given(f"hash,type\n{frame},{OURS}\n"))
    assert bench.search(video_id) == 1
    assert bench.matches()[0].quality == exchange.UNKNOWN_QUALITY


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("no header at all", Format.CSV),
        ("hash,kind\nab,pdq\n", Format.CSV),
        ('hash,type\n"never closed', Format.CSV),
        ("hash,type\n" + "a" * 200_000 + ",pdq\n", Format.CSV),
        ("{", Format.JSON),
        ('{"data": 1}', Format.JSON),
        ("[" * 100_000, Format.JSON),
        ("1", Format.JSON),
    ],
)
def test_what_is_no_list_is_refused(db: Database, bench: Bench, content: str, form: Format) -> None:
    bank_id = bench.bank("others", BankKind.EXCHANGE)
    with pytest.raises(Invalid) as refused:
        take_in(db, bank_id, given(content, form))
    assert refused.value.code == "unreadable"


def test_rows_that_say_nothing_are_named(db: Database, bench: Bench) -> None:
    rows = [1, None, [], {}, {"hash": 1, "type": "pdq"}, {"hash": PDQ, "type": None}, {"hash": PDQ + "\x00"}]
    receipt = take_in(db, bench.bank("others", BankKind.EXCHANGE), given(json.dumps(rows), Format.JSON))
    assert (receipt.added, receipt.skipped) == (0, len(rows))
    tags = exchange._tags("=cmd|'x'!A1, fine <b> " + "y" * 65)
    assert tags == ("fine",)


def test_more_rows_than_may_be_are_refused(db: Database, bench: Bench) -> None:
    content = "hash,type\n" + "".join(f"{n:064x},pdq\n" for n in range(IMPORT_MAX + 1))
    with pytest.raises(Invalid) as refused:
        take_in(db, bench.bank("others", BankKind.EXCHANGE), given(content))
    assert refused.value.code == "too_many"


def test_no_bank_or_one_out_of_use_takes_nothing_in(db: Database, bench: Bench) -> None:
    bank_id = bench.bank("others", BankKind.EXCHANGE)
    with pytest.raises(NotFound):
        take_in(db, UUID(int=0), given(LIST))
    bench.change_bank(bank_id, enabled=False)
    with pytest.raises(Conflict):
        take_in(db, bank_id, given(LIST))


def test_what_is_written_can_be_read_again(db: Database, bench: Bench, cleared: Actor, lead: Actor) -> None:
    bank_id = bench.bank()
    bench.add(bank_id, bench.showing(pictures(1)))
    secret = bench.add(bank_id, bench.showing(pictures(2)))
    bench.lab.change(bench.entry(secret).source_video_id or UUID(int=0), restricted_class=True)
    bench.move(bench.add(bank_id, bench.showing(pictures(3))), "quarantine")
    for form in Format:
        text = "".join(exchange.lines(db, lead, bank_id, form))
        found, skipped = exchange.read(given(text, form))
        assert skipped == []
        assert [one.algorithm for one in found].count(OURS) == SECONDS
        assert [one.algorithm for one in found].count(None) == 1
        assert {one.digits for one in found} >= {row.tobytes().hex() for row in pictures(1)}
        more = "".join(exchange.lines(db, cleared, bank_id, form))
        assert len(exchange.read(given(more, form))[0]) == 2 * (SECONDS + 1)
    empty = bench.bank("empty")
    assert "".join(exchange.lines(db, lead, empty, Format.JSON)) == "[]\n"
