"""Files are found by what they hold, are nobody else's to read, and survive being stored twice."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import pytest

from server.kit.db import Database
from server.kit.storage import Store, hold

DATA = b"some bytes"
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "media")


def test_bytes_are_read_back_by_their_hash(db: Database, store: Store) -> None:
    with db.write() as s:
        assert store.put(s, DATA) == NAME
    assert store.has(NAME)
    assert store.size(NAME) == len(DATA)
    assert store.read(NAME) == DATA
    assert b"".join(store.pieces(NAME, 2, 7)) == DATA[2:7]
    assert [name for name, _ in store.names()] == [NAME]


def test_the_same_bytes_are_stored_once(db: Database, store: Store) -> None:
    for _ in range(2):
        with db.write() as s:
            store.put(s, DATA)
    assert len(list(store.names())) == 1
    assert list(store.all_incoming()) == []


def test_what_cannot_be_taken_in_leaves_no_half_of_it(
    db: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="no room"), db.write() as s:
        store.put(s, DATA)
    assert list(store.all_incoming()) == []


def test_a_file_and_its_folders_are_the_owners_alone(db: Database, store: Store) -> None:
    with db.write() as s:
        store.put(s, DATA)
    path = store.path(NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_adopting_keeps_the_incoming_name_until_it_is_dropped(db: Database, store: Store) -> None:
    upload = uuid4()
    file = store.incoming(upload)
    with os.fdopen(store.open_incoming(file), "wb") as out:
        out.write(DATA)
    with db.write() as s:
        store.adopt(s, file, NAME)
        store.adopt(s, file, NAME)
    assert [found for found, _ in store.all_incoming()] == [upload]
    assert store.read(NAME) == DATA


def test_dropping_twice_is_harmless(db: Database, store: Store) -> None:
    with db.write() as s:
        store.put(s, DATA)
    assert store.drop(NAME)
    assert not store.drop(NAME)
    assert not store.has(NAME)


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "A" * 64, "g" * 64, "0" * 63, "0" * 64 + "\n"]
)
def test_no_name_leads_out_of_the_store(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path(name)


def test_whoever_drops_a_file_waits_for_whoever_stores_it(db: Database, store: Store) -> None:
    """The order of events that would lose a file: looked up as unneeded, stored again, deleted."""
    held, dropped = threading.Event(), threading.Event()

    def drop() -> None:
        held.wait(10)
        with db.write() as s:
            hold(s, NAME)
            dropped.set()

    other = threading.Thread(target=drop)
    other.start()
    with db.write() as s:
        store.put(s, DATA)
        held.set()
        assert not dropped.wait(0.2)
    other.join(10)
    assert dropped.is_set()


def test_a_file_that_goes_while_the_names_are_read_is_left_out(db: Database, store: Store) -> None:
    with db.write() as s:
        kept = {store.put(s, DATA), store.put(s, b"another")}
    names = store.names()
    first, _ = next(names)
    for name in kept - {first}:
        store.path(name).unlink()
    with patch.object(Path, "glob", lambda *_: map(store.path, kept)):
        assert [name for name, _ in store.names()] == [first]
