"""The seed map is complete, current, and true of the tables that exist."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import pytest

import server.app  # noqa: F401 - imports every table
from server.kit.models import Base

ROOT = Path(__file__).parents[1]
MAP = tomllib.loads((ROOT / "docs/seed-map.toml").read_text())
SEED = next(iter(sorted((ROOT.parent / "shared/seed").glob("*.txt"))), None)


def test_the_page_is_what_the_script_writes() -> None:
    render = runpy.run_path(str(ROOT / "scripts/seed_map.py"))["render"]
    assert (ROOT / "docs/seed-map.md").read_text() == render(MAP)


def test_what_is_said_to_be_here_is_here() -> None:
    known = {
        f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns
    }
    for table in MAP["table"].values():
        if table["state"] == "here":
            for where in table["columns"].values():
                assert where in known or where.startswith("view:"), where
    for state, where in MAP["method"].values():
        if state == "here":
            assert (ROOT / where.split()[0].rstrip(",")).exists(), where


def test_every_state_is_one_of_three() -> None:
    states = {table["state"] for table in MAP["table"].values()}
    states |= {entry[0] for kind in ("method", "screen", "metric", "claim") for entry in MAP[kind].values()}
    assert states <= {"here", "planned", "left out"}


@pytest.mark.skipif(SEED is None, reason="the seed document is not beside this checkout")
def test_nothing_of_the_seed_is_missing() -> None:
    assert SEED is not None
    seed = SEED.read_text()
    schema = seed[: seed.index("DATABASE MIGRATION SCRIPT")]
    tables = re.findall(r"pgTable\(\s*'(\w+)',\s*\{(.*?)\n  \},\s*\n\s*\(table\)", schema, re.S)
    # `sparks` is referred to, and defined nowhere.
    meant = {name for name, _ in tables} | ({"sparks"} & set(re.findall(r"=> (\w+)\.id\)", schema)))
    assert meant == set(MAP["table"])
    for name, body in tables:
        columns = re.findall(r"^\s+\w+: \w+\('(\w+)'", body, re.M)
        known = MAP["table"][name]
        assert set(columns) == {*known.get("columns", ()), *known.get("planned", ())}, name
    assert set(re.findall(r"async (\w+)\(", seed)) == set(MAP["method"])
    assert set(re.findall(r"(\w+\.tsx)", seed)) == set(MAP["screen"])
    metrics = [line for line in _between(seed, "SUCCESS METRICS", "FINAL NOTES") if line]
    assert metrics[:3] == ["Metric", "Target", "Timeline"]
    assert set(metrics[3::3]) == set(MAP["metric"])
    claims = re.findall(r"•\n(.+?) - ", "\n".join(_between(seed, "EXECUTIVE SUMMARY", "COMPLETE DATABASE")))
    assert len(claims) == 7
    assert {*claims, "Revenue Potential"} == set(MAP["claim"])


def _between(seed: str, first: str, last: str) -> list[str]:
    """The lines of the seed from one heading up to another."""
    return [line.strip() for line in seed[seed.index(first) + len(first) : seed.index(last)].splitlines()]
