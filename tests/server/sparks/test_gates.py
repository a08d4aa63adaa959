"""`gates.json` says of every built-in spark what the gates say of it today, and by which engine."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from scripts import spark_engine
from scripts import spark_gates as gates
from server.sparks.engine.version import ENGINE

FILES, KNOWN = gates.files(), gates.known()
SEED = os.environ.get("SPARKS_SEED") or os.environ.get("PYTEST_XDIST_TESTRUNUID") or os.urandom(4).hex()
"""Others each time; all processes of one run draw the same."""
CHANGED = [file for file in FILES if not gates.is_current(KNOWN.get(file.stem), file)]
AGAIN = random.Random(SEED).sample(FILES, min(5, len(FILES)))
"""`make gates` judges all."""


def test_the_version_is_that_of_the_sources() -> None:
    assert spark_engine.digest() == ENGINE, "run `make gates`"
    assert spark_engine.version() == spark_engine.VERSION.read_text(encoding="utf-8")


def test_every_source_changes_the_version_but_its_own(tmp_path: Path) -> None:
    def digest(**files: str) -> str:
        for name, text in files.items():
            file = tmp_path / f"{name.replace('__', '/')}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, newline="")
        return spark_engine.digest(tmp_path)

    first = digest(tone="1\n", audio__mix="2\n", version="3\n")
    assert digest(version="4\n") == first
    assert digest(tone="1\r\n") == first
    assert digest(audio__mix="5\n") != first
    assert digest(audio__mix="2\n") == first
    assert digest(more="") != first


def test_every_built_in_spark_was_judged_as_it_is_and_passes() -> None:
    assert set(KNOWN) == {file.stem for file in FILES}
    assert [file.stem for file in CHANGED] == [], "run `make gates`"
    assert {name: said["refusals"] for name, said in KNOWN.items() if said["refusals"]} == {}


@pytest.mark.parametrize("name", sorted({file.stem for file in CHANGED + AGAIN}))
def test_the_gates_say_the_same_again(name: str) -> None:
    print(f"drawn by SPARKS_SEED={SEED}")
    again = gates.judged(gates.FOLDER / f"{name}.json")
    assert again["refusals"] == []
    if name in {file.stem for file in CHANGED}:
        return  # what is written of it is of something else
    before = KNOWN[name]
    assert (again["sha256"], again["engine"]) == (before["sha256"], before["engine"])
    for what in ("on_black", "on_white", "three_on_black", "three_on_white"):
        flashes = again["measured"][what]
        assert flashes["general"] == before["measured"][what]["general"]
        assert flashes["red"] == before["measured"][what]["red"]
    for what in ("frames", "particles", "unborn"):
        assert again["measured"][what] == before["measured"][what]
    heard, once = again["measured"]["loudness"], before["measured"]["loudness"]
    assert (heard is None) == (once is None)
    if heard is not None:
        assert heard == pytest.approx(once, abs=0.05)
