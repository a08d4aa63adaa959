"""The audit chain holds under every edit that a person with the database in hand could try."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from server.audit import service
from server.audit.verify import verify
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.errors import NotFound

ERASED_AT = "2026-01-01 00:00:00+00:00"


def write(db: Database, count: int) -> None:
    for n in range(count):
        with db.write() as s:
            service.record(s, actor=SYSTEM, action="test.wrote", target=f"row:{n}", n=n)


def unguarded(db: Database, *statements: str) -> None:
    """Run statements as someone who first removed the guards."""
    with db.writer.begin() as c:
        if db.sqlite:
            names = c.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in names:
                c.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            c.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            c.exec_driver_sql(statement)


def test_a_chain_verifies_and_counts_what_is_unsealed(db: Database, keys: Keys) -> None:
    write(db, 3)
    with db.write() as s:
        assert service.seal(s, keys) == 3
    write(db, 2)
    with db.read() as s:
        verdict = verify(s, keys)
    assert verdict.whole
    assert (verdict.entries, verdict.sealed_to, verdict.unsealed) == (5, 3, 2)


def test_several_entries_of_one_transaction_keep_their_order(db: Database, keys: Keys) -> None:
    with db.write() as s:
        for n in range(3):
            service.record(s, actor=SYSTEM, action=f"test.step{n}", target="row:1")
    with db.read() as s:
        actions = s.scalars(sa.text("SELECT action FROM audit_log ORDER BY seq")).all()
        assert actions == ["test.step0", "test.step1", "test.step2"]
        assert verify(s, keys).whole


def test_a_rolled_back_change_leaves_no_entry(db: Database, keys: Keys) -> None:
    def fail_after_recording() -> None:
        with db.write() as s:
            service.record(s, actor=SYSTEM, action="test.wrote", target="row:1")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail_after_recording()
    with db.read() as s:
        assert verify(s, keys).entries == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action = 'other' WHERE seq = 2",
        "DELETE FROM audit_log WHERE seq = 3",
        "INSERT INTO audit_log SELECT 9, at, actor, action, target, restricted, data_commit, prev_hash, hash"
        " FROM audit_log WHERE seq = 3",
        "INSERT INTO audit_log SELECT 4, at, actor, action, target, restricted, data_commit, prev_hash, hash"
        " FROM audit_log WHERE seq = 2",
        "INSERT INTO audit_log SELECT seq, at, actor, 'other', target, data_commit, prev_hash, hash"
        " FROM audit_log WHERE seq = 3 ON CONFLICT (seq) DO UPDATE SET action = excluded.action",
        "INSERT INTO audit_heads SELECT seq, hash, 'never', signature, details"
        " FROM audit_heads WHERE seq = 3 ON CONFLICT (seq) DO UPDATE SET at = excluded.at",
        "INSERT INTO audit_payloads SELECT seq, salt, '{}', erased_at"
        " FROM audit_payloads WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET json = excluded.json",
        "UPDATE audit_heads SET at = 'never'",
        "DELETE FROM audit_heads",
        "DELETE FROM audit_payloads WHERE seq = 2",
        "UPDATE audit_payloads SET json = '{}' WHERE seq = 2",
        "UPDATE audit_payloads SET json = NULL WHERE seq = 2",
        f"UPDATE audit_payloads SET erased_at = '{ERASED_AT}' WHERE seq = 2",
        f"UPDATE audit_payloads SET seq = 9, json = NULL, erased_at = '{ERASED_AT}' WHERE seq = 2",
    ],
)
def test_the_database_refuses_edits(db: Database, keys: Keys, statement: str) -> None:
    write(db, 3)
    with db.write() as s:
        service.seal(s, keys)
    with pytest.raises(DatabaseError), db.writer.begin() as c:
        c.exec_driver_sql(statement)
    with db.read() as s:
        assert verify(s, keys).whole


def test_the_database_refuses_the_edits_of_its_own_dialect(db: Database, keys: Keys) -> None:
    write(db, 3)
    with db.write() as s:
        service.seal(s, keys)
    columns = "seq, at, actor, action, target, restricted, data_commit, prev_hash, hash"
    copy = (
        "SELECT seq, at, actor, 'other', target, restricted, data_commit, prev_hash, hash"
        " FROM audit_log WHERE seq = 3"
    )
    statements = (
        [
            f"INSERT OR REPLACE INTO audit_log ({columns}) {copy}",
            f"REPLACE INTO audit_log ({columns}) {copy}",
            "REPLACE INTO audit_heads (seq, hash, at, signature)"
            " SELECT seq, zeroblob(32), at, signature FROM audit_heads",
            "REPLACE INTO audit_payloads (seq, salt, json) SELECT seq, salt, '{}' FROM audit_payloads",
        ]
        if db.sqlite
        else [
            "TRUNCATE audit_log",
            "TRUNCATE audit_heads",
            "TRUNCATE audit_payloads",
        ]
    )
    for statement in statements:
        with pytest.raises(DatabaseError), db.writer.begin() as c:
            c.exec_driver_sql(statement)
    with db.read() as s:
        assert verify(s, keys).whole


@pytest.mark.parametrize(
    ("statements", "broken_at"),
    [
        (["UPDATE audit_log SET action = 'other' WHERE seq = 2"], 2),
        (["UPDATE audit_log SET actor = 'person:x' WHERE seq = 4"], 4),
        (["UPDATE audit_log SET restricted = NOT restricted WHERE seq = 3"], 3),
        (["DELETE FROM audit_log WHERE seq = 3"], 3),
        (["DELETE FROM audit_log WHERE seq = 1"], 1),
        (
            [
                "UPDATE audit_log SET seq = 99 WHERE seq = 2",
                "UPDATE audit_log SET seq = 2 WHERE seq = 3",
                "UPDATE audit_log SET seq = 3 WHERE seq = 99",
            ],
            2,
        ),
        (["DELETE FROM audit_log WHERE seq = 5"], 5),
        (["DELETE FROM audit_log"], 1),
        (["UPDATE audit_payloads SET json = '{}' WHERE seq = 4"], 4),
        (["UPDATE audit_payloads SET json = NULL WHERE seq = 4"], 4),
        (["DELETE FROM audit_payloads WHERE seq = 2"], 2),
        (["UPDATE audit_heads SET seq = 4 WHERE seq = 5"], 4),
    ],
)
def test_what_gets_past_the_guards_is_caught(
    db: Database, keys: Keys, statements: list[str], broken_at: int
) -> None:
    write(db, 5)
    with db.write() as s:
        service.seal(s, keys)
    unguarded(db, *statements)
    with db.read() as s:
        verdict = verify(s, keys)
    assert verdict.broken_at == broken_at
    assert verdict.reason


def test_a_head_signed_by_another_key_is_caught(db: Database, keys: Keys) -> None:
    write(db, 2)
    with db.write() as s:
        service.seal(s, Keys(keys.field_key, keys.pepper, bytes(32)))
    with db.read() as s:
        assert verify(s, keys).broken_at == 2


def test_erased_details_keep_the_chain_whole_and_leave_a_record(db: Database, keys: Keys) -> None:
    write(db, 3)
    with db.write() as s:
        service.erase(s, actor=SYSTEM, seq=2, reason="asked for by the person")
    with db.read() as s:
        assert verify(s, keys).whole
        gone = s.execute(sa.text("SELECT json, erased_at FROM audit_payloads WHERE seq = 2")).one()
        assert gone.json is None
        assert gone.erased_at is not None
        last = s.execute(sa.text("SELECT action, target FROM audit_log ORDER BY seq DESC LIMIT 1")).one()
        assert tuple(last) == ("audit.erased", "audit:2")


@pytest.mark.parametrize("seq", [2, 99])
def test_what_has_no_details_cannot_be_erased(db: Database, keys: Keys, seq: int) -> None:
    write(db, 3)
    with db.write() as s:
        service.erase(s, actor=SYSTEM, seq=2, reason="asked for")
    with pytest.raises(NotFound), db.write() as s:
        service.erase(s, actor=SYSTEM, seq=seq, reason="again")
    with db.read() as s:
        assert verify(s, keys).entries == 4


def test_a_wipe_that_looks_like_an_erasure_is_caught(db: Database, keys: Keys) -> None:
    write(db, 3)
    with db.write() as s:
        service.record(s, actor=SYSTEM, action="audit.erased", target="audit:5", reason="too early")
    write(db, 2)
    with db.writer.begin() as c:
        c.exec_driver_sql(
            f"UPDATE audit_payloads SET json = NULL, erased_at = '{ERASED_AT}' WHERE seq IN (3, 5)"
        )
    with db.read() as s:
        verdict = verify(s, keys)
    assert (verdict.broken_at, verdict.whole) == (3, False)
    with db.write() as s:
        service.record(s, actor=SYSTEM, action="audit.erased", target="audit:3", reason="said later")
    with db.read() as s:
        assert verify(s, keys).broken_at == 5


@pytest.mark.parametrize("value", [1.5, float("nan"), [1, 2.0], {"a": {"b": (0.1,)}}])
def test_a_float_never_enters_the_chain(db: Database, value: object) -> None:
    with pytest.raises(TypeError, match="float"), db.write() as s:
        service.record(s, actor=SYSTEM, action="test.wrote", target="row:1", value=value)
