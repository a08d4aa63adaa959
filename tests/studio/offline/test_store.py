"""The client's database: private, durable, and never destroyed by damage or a newer version."""

from __future__ import annotations

import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.offline.store import Store, StoreTooNew


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_settings_and_modes(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        store = Store(tmp_path / "p" / "offline.sqlite")
        store.save_draft("note", "x")
    finally:
        os.umask(umask)
    assert store.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert mode(tmp_path / "p") == 0o700
    files = sorted((tmp_path / "p").iterdir())
    assert [file.name for file in files] == [
        "offline.sqlite",
        "offline.sqlite-shm",
        "offline.sqlite-wal",
    ]
    assert {mode(file) for file in files} == {0o600}
    store.close()


def test_drafts_survive_reopening(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    store = Store(path)
    store.save_draft("note:1", "first")
    store.save_draft("note:2", "second")
    store.save_draft("note:1", "first, longer")
    store.close()
    store = Store(path)
    assert store.draft("note:1") == "first, longer"
    assert store.draft("note:3") == ""
    assert store.drafts() == {"note:2": "second", "note:1": "first, longer"}
    store.save_draft("note:1", "")
    assert store.drafts() == {"note:2": "second"}
    store.close()


def test_cache(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    assert store.get("queue") is None
    store.put("queue", b"\0old")
    store.put("queue", b"\0new")
    cached = store.get("queue")
    assert cached is not None
    assert cached.value == b"\0new"
    assert cached.stored_at.tzinfo is not None
    store.close()


def test_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")

    def fail() -> None:
        with store.transaction() as db:
            db.execute("INSERT INTO drafts VALUES ('k', 't', 'now')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.drafts() == {}
    store.save_draft("k", "t")
    assert store.drafts() == {"k": "t"}
    store.close()


@pytest.mark.parametrize("damage", ["garbage", "torn"])
def test_damaged_file_is_set_aside(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.sqlite"
    store = Store(path)
    for number in range(200):
        store.save_draft(f"k{number}", "text " * 100)
    store.close()
    content = bytearray(path.read_bytes())
    if damage == "garbage":
        content[:100] = b"x" * 100
    else:
        content[8192:40960] = b"\xff" * 32768
    path.write_bytes(content)

    store = Store(path)
    assert store.drafts() == {}
    assert store.set_aside is not None
    assert store.set_aside.read_bytes() == content
    store.save_draft("k", "works again")
    store.close()
    assert Store(path).set_aside is None


def test_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    Store(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew):
        Store(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["s.sqlite"]


def test_directory_that_cannot_be_written_is_not_damage(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").mkdir()
    with pytest.raises(OSError, match="directory"):
        Store(tmp_path / "s.sqlite")


def test_threads_do_not_mix(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.save_draft(f"k{n}", str(n)), range(100)))
    assert store.drafts() == {f"k{n}": str(n) for n in range(100)}
    store.close()


def test_two_programs_open_a_new_file_together(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: Store(tmp_path / "s.sqlite"), range(8)))
    stores[0].save_draft("k", "t")
    assert {store.draft("k") for store in stores} == {"t"}
    for store in stores:
        store.close()
