"""What is written is on the disk soon after, and nobody waits for it."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.offline import flusher
from studio.offline.store import Store

WAIT_S = 30


class Disk:
    """Stands between the program and `os.fsync`; a `slow` one waits, a `broken` one refuses."""

    def __init__(self) -> None:
        self.synced: list[int] = []
        self.asked, self.goes_on = threading.Event(), threading.Event()
        self.goes_on.set()
        self.broken = False
        self._fsync = os.fsync

    def fsync(self, handle: int) -> None:
        self.asked.set()
        assert self.goes_on.wait(WAIT_S)
        if self.broken:
            raise OSError(errno.EIO, "the disk is broken")
        self.synced.append(os.fstat(handle).st_ino)
        self._fsync(handle)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    return disk


@pytest.fixture
def store(disk: Disk, tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "s.sqlite")
    yield store
    disk.broken = False
    disk.goes_on.set()
    store.close()


def log_of(store: Store) -> os.stat_result:
    return store.path.with_name(f"{store.path.name}-wal").stat()


def test_nobody_waits_for_the_disk(store: Store, disk: Disk) -> None:
    disk.goes_on.clear()
    store.save_draft("note", "typed")
    assert disk.asked.wait(WAIT_S)
    store.save_draft("note", "typed on")
    assert (store.draft("note"), disk.synced) == ("typed on", [])
    disk.goes_on.set()
    store.flush()
    assert set(disk.synced) == {log_of(store).st_ino}


def test_all_that_was_written_is_synced_at_the_end(store: Store, disk: Disk) -> None:
    log = log_of(store).st_ino
    disk.goes_on.clear()
    store.save_draft("note", "typed")
    assert disk.asked.wait(WAIT_S)
    store.save_draft("note", "typed on")
    disk.goes_on.set()
    store.close()
    assert disk.synced == [log, log]


def test_a_disk_that_refuses_is_told_once_until_it_took_everything(
    store: Store, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[OSError] = []
    store.warn(told.append)
    copied: list[str] = []
    copy_back = flusher.Flusher._copy_back

    def copying(self: flusher.Flusher, mode: str) -> None:
        if disk.broken:
            raise OSError(errno.EIO, "the disk is broken")
        copied.append(mode)
        copy_back(self, mode)

    monkeypatch.setattr(flusher.Flusher, "_copy_back", copying)
    disk.broken = True
    store.save_draft("note", "typed")
    with pytest.raises(OSError, match="broken"):
        store.flush()
    store.save_draft("note", "typed on")
    with pytest.raises(OSError, match="broken"):
        store.flush()
    assert (len(told), copied) == (1, [])
    assert store.draft("note") == "typed on"
    disk.broken = False
    store.save_draft("note", "kept")
    store.flush()
    assert copied == ["TRUNCATE"], "a second sync of the same bytes would prove nothing"
    assert store.draft("note") == "kept"


def test_nothing_waits_for_a_store_that_is_closed(store: Store) -> None:
    store.save_draft("note", "typed")
    store.close()
    store._flusher.wake()
    store.flush()


def test_what_changes_nothing_is_not_synced(store: Store, disk: Disk) -> None:
    store.flush()
    before = len(disk.synced)
    with store.transaction() as db:
        db.execute("DELETE FROM drafts WHERE key = 'none'")
    store.flush()
    assert len(disk.synced) == before


def test_the_log_begins_anew_when_it_is_long(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flusher, "LOG_BYTES", 64 << 10)
    for n in range(400):
        store.save_draft("note", "x" * 2_000 + str(n))
        store.flush()
    assert log_of(store).st_size < 400 * 4_096 / 2
    assert store.draft("note").endswith("399")
