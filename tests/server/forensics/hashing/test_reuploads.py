"""Re-uploads of generated scenes are found; `make drill` does it for all. With `-s` it prints the tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.server.forensics.hashing.edits import EDITS
from tests.server.forensics.hashing.reuploads import drill, originals, real_clips

QUICK = ("re-encoded, CRF 35", "cropped 5 %", "mirrored", "letterboxed to 9:16", "speed 1.1")


def test_edited_scenes_are_found_and_strangers_are_not(tmp_path: Path) -> None:
    banked = originals(tmp_path, range(3), seconds=12)
    table = drill(tmp_path, banked, {name: EDITS[name] for name in QUICK})
    assert {name: row["found"] for name, row in table["edits"].items()} == dict.fromkeys(QUICK, 3)
    assert table["unrelated_pairs"] == 30
    assert table["false_matches"] == 0


@pytest.mark.drill
def test_the_recall_of_forty_scenes_is_what_was_promised(tmp_path: Path) -> None:
    table = drill(tmp_path, originals(tmp_path, range(40), seconds=60))
    print("scenes", json.dumps(table))
    missed = {
        name: row["recall"]
        for name, row in table["edits"].items()
        if row["target"] is not None and row["recall"] < row["target"]
    }
    assert missed == {}
    assert table["unrelated_pairs"] >= 5_000
    assert table["false_matches"] == 0


REAL = Path(__file__).parents[5] / "shared/media"


@pytest.mark.drill
def test_edited_real_clips_are_found_and_strangers_are_not(tmp_path: Path) -> None:
    manifest = REAL / "MANIFEST.csv"
    if not manifest.is_file():
        pytest.skip(f"no real clips: {manifest} is not there")
    table = drill(tmp_path, real_clips(manifest))
    print("clips", json.dumps(table))
    assert table["false_matches"] == 0
    targets = [row for row in table["edits"].values() if row["target"] is not None]
    assert sum(row["found"] for row in targets) >= 0.9 * sum(row["tried"] for row in targets)
