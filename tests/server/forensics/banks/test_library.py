"""The index follows the database: each change once, in every process, and anew where the files are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server.forensics.banks import library
from server.forensics.banks.rules import INDEX_FOLDER, OURS
from server.forensics.hashing.index import HashIndex
from server.kit.db import Database
from server.kit.jobs import Context
from tests.server.forensics.banks.bench import SECONDS, Bench, pictures

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def data(context: Context) -> Path:
    return context.settings.data


def numbers(index: HashIndex) -> set[int]:
    """The entries that are found in an index."""
    found = [index.search(pictures(seed)[:1], 0).entry for seed in range(1, 6)]
    return {int(one) for one in np.concatenate(found)}


def test_what_becomes_active_is_found_and_what_is_taken_out_is_not(
    db: Database, bench: Bench, data: Path
) -> None:
    bank_id = bench.bank()
    added = [bench.add(bank_id, bench.showing(pictures(seed))) for seed in (1, 2)]
    one, other = (bench.entry(entry_id).number for entry_id in added)
    assert numbers(library.index(db, data, OURS)) == {one, other}
    bench.move(added[0], "quarantine")
    assert numbers(library.index(db, data, OURS)) == {other}
    bench.move(added[0], "activate")
    bench.move(added[1], "deconfirm")
    index = library.index(db, data, OURS)
    assert numbers(index) == {one}
    assert len(index) == SECONDS


def test_two_processes_take_in_each_change_once(db: Database, bench: Bench, data: Path) -> None:
    bank_id = bench.bank()
    first = bench.add(bank_id, bench.showing(pictures(1)))
    here = library.index(db, data, OURS)
    library._open.clear()
    there = library.index(db, data, OURS)
    assert here is not there
    bench.add(bank_id, bench.showing(pictures(2)))
    assert len(library.index(db, data, OURS)) == 2 * SECONDS
    assert len(here) == 2 * SECONDS
    assert library._catch_up(db, here)
    assert len(there) == 2 * SECONDS
    bench.move(first, "deconfirm")
    assert library._catch_up(db, here)
    assert len(here) == len(there) == SECONDS


def test_more_changes_than_are_taken_at_once(
    db: Database, bench: Bench, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_AT_ONCE", 2)
    bank_id = bench.bank()
    added = [bench.add(bank_id, bench.showing(pictures(seed))) for seed in range(1, 6)]
    for entry_id in added[:2]:
        bench.move(entry_id, "quarantine")
    bench.move(added[0], "activate")
    assert numbers(library.index(db, data, OURS)) == {
        bench.entry(entry_id).number for n, entry_id in enumerate(added) if n != 1
    }


def test_files_that_are_ahead_or_damaged_are_made_anew(
    db: Database, bench: Bench, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(bench.bank(), bench.showing(pictures(1)))
    ahead = library.index(db, data, OURS)
    ahead.remove(10**6, position=10**6)  # as if a backup had been restored since
    assert len(library.index(db, data, OURS)) == SECONDS
    assert "ahead" in caplog.text
    library._open.clear()
    [*_, newest] = sorted((data / INDEX_FOLDER).iterdir())
    (newest / "head").write_bytes(b"")
    assert len(library.index(db, data, OURS)) == SECONDS


def test_changes_that_another_process_took_in_meanwhile_are_read_anew(
    db: Database, bench: Bench, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading what is missing and writing it another process writes some of it, or more than it."""
    bank_id = bench.bank()
    first = bench.add(bank_id, bench.showing(pictures(1)))
    here = library.index(db, data, OURS)
    library._open.clear()
    there = library.index(db, data, OURS)
    bench.add(bank_id, bench.showing(pictures(2)))
    really = library.rows

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(library, "rows", really)
        found = really(*given)
        assert library._catch_up(db, there)  # this very change
        bench.move(first, "quarantine")
        bench.move(first, "activate")
        bench.move(first, "deconfirm")
        return found

    monkeypatch.setattr(library, "rows", overtaken)
    assert library._catch_up(db, here)
    assert len(here) == len(there) == SECONDS
    assert numbers(here) == {2}


def test_a_change_from_another_position_is_refused() -> None:
    index = HashIndex()
    rows = library.packing.joined([])
    assert index.replace([], rows, since=0, position=3)
    assert not index.replace([], rows, since=0, position=5)  # what was 3 is not known to it
    assert not index.replace([], rows, since=5, position=6)
    assert index.replace([], rows, since=3, position=4)
    assert index.position == 4
