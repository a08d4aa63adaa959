"""`gates.json` says of every built-in spark what the gates say of it today."""

from __future__ import annotations

import random
from datetime import date

import pytest

from scripts import spark_gates as gates

FILES, KNOWN = gates.files(), gates.known()
AGAIN = random.Random(date.today().toordinal()).sample(FILES, min(5, len(FILES)))  # noqa: DTZ011
"""Others each day; `make gates` judges all."""


def test_every_built_in_spark_was_judged_as_it_is_and_passes() -> None:
    assert set(KNOWN) == {file.stem for file in FILES}
    stale = [file.stem for file in FILES if not gates.is_current(KNOWN[file.stem], file)]
    assert stale == [], "run `make gates`"
    assert {name: said["refusals"] for name, said in KNOWN.items() if said["refusals"]} == {}


@pytest.mark.parametrize("name", sorted(file.stem for file in AGAIN))
def test_the_gates_say_the_same_again(name: str) -> None:
    again, before = gates.judged(gates.FOLDER / f"{name}.json"), KNOWN[name]
    assert (again["sha256"], again["engine"], again["refusals"]) == (before["sha256"], before["engine"], [])
    for what in ("on_black", "on_white", "three"):
        flashes = again["measured"][what]
        assert flashes["general"] == before["measured"][what]["general"]
        assert flashes["red"] == before["measured"][what]["red"]
    assert again["measured"]["frames"] == before["measured"]["frames"]
    assert again["measured"]["particles"] == before["measured"]["particles"]
