"""Judges the sparks of resources/sparks and writes what was found into gates.json there (`make gates`).

    python scripts/spark_gates.py [--changed]

Keyed by spark, with the hash of its content and the number of the engine: a server publishes a built-in spark
only where both are those that were judged. `--changed` judges those alone of which that is not so.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server.sparks import judging
from server.sparks.engine import film

FOLDER = Path(__file__).parents[1] / "resources/sparks"
GATES = FOLDER / "gates.json"


def judged(file: Path) -> dict[str, Any]:
    """What the gates say of a file, without what differs from machine to machine."""
    text = file.read_text(encoding="utf-8")
    sha256 = judging.accepted(text).sha256
    found = judging.examine(file, judging.FileLimits(), content=text, sha256=sha256)
    measured = {name: value for name, value in found.measured.items() if name != "cpu_s"}
    return {
        "sha256": sha256,
        "engine": film.ENGINE,
        "refusals": [f"{one.code}: {one.message}" for one in found.refusals],
        "measured": measured,
    }


def is_current(said: dict[str, Any] | None, file: Path) -> bool:
    """Whether an entry of gates.json is about this content and this engine."""
    sha256 = judging.accepted(file.read_text(encoding="utf-8")).sha256
    return said is not None and (said["sha256"], said["engine"]) == (sha256, film.ENGINE)


def files() -> list[Path]:
    """The built-in sparks, by name."""
    return sorted(path for path in FOLDER.glob("*.json") if path != GATES)


def known() -> dict[str, Any]:
    """What gates.json says, by spark."""
    found: dict[str, Any] = json.loads(GATES.read_text())["sparks"] if GATES.is_file() else {}
    return found


def main(arguments: Sequence[str]) -> int:
    """Judge, write, and say of each what stands in its way; 1 where anything does."""
    before, after = known(), {}
    for file in files():
        said = before.get(file.stem)
        if not ("--changed" in arguments and is_current(said, file)):
            said = judged(file)
        assert said is not None
        after[file.stem] = said
        print(f"{file.stem}: {'; '.join(said['refusals']) or 'passes'}", file=sys.stderr)
    GATES.write_text(json.dumps({"sparks": after}, indent=1, sort_keys=True) + "\n")
    return int(any(said["refusals"] for said in after.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
