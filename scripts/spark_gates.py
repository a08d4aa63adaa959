"""Judges the sparks of resources/sparks and writes what was found into gates.json there (`make gates`).

    python scripts/spark_gates.py [--changed] [--processes 2]

Keyed by spark, with the hash of its content and of the engine's sources: a server publishes a built-in spark
only where both are those that were judged. `--changed` judges those alone of which that is not so.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from server.content.media.results import FileLimits
from server.sparks import judging
from server.sparks.engine.version import ENGINE

FOLDER = Path(__file__).parents[1] / "resources/sparks"
GATES = FOLDER / "gates.json"


def judged(file: Path) -> dict[str, Any]:
    """What the gates say of a file, without what differs from machine to machine."""
    text = file.read_text(encoding="utf-8")
    sha256 = judging.accepted(text).sha256
    found = judging.examine(file, FileLimits(), content=text, sha256=sha256)
    return {
        "sha256": sha256,
        "engine": ENGINE,
        "refusals": [_said(one) for one in found.refusals],
        "measured": _timeless(found.measured),
    }


def _said(one: judging.Refusal) -> str:
    when = "" if one.second is None else f" At {one.second} s in {one.region}."
    return f"{one.code}: {one.message}{when}"


def _timeless(measured: Any) -> Any:
    """The same without the times that it took."""
    if isinstance(measured, dict):
        return {name: _timeless(value) for name, value in measured.items() if name != "cpu_s"}
    return [_timeless(one) for one in measured] if isinstance(measured, list) else measured


def is_current(said: dict[str, Any] | None, file: Path) -> bool:
    """Whether an entry of gates.json is about this content and this engine."""
    sha256 = judging.accepted(file.read_text(encoding="utf-8")).sha256
    return said is not None and (said["sha256"], said["engine"]) == (sha256, ENGINE)


def files() -> list[Path]:
    """The built-in sparks, by name."""
    return sorted(path for path in FOLDER.glob("*.json") if path != GATES)


def known() -> dict[str, Any]:
    """What gates.json says, by spark."""
    found: dict[str, Any] = json.loads(GATES.read_text())["sparks"] if GATES.is_file() else {}
    return found


def main(arguments: Sequence[str]) -> int:
    """Judge, write, and say of each what stands in its way; 1 where anything does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--changed", action="store_true", help="those alone of which gates.json is not")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    before, everything = known(), files()
    due = [file for file in everything if not (options.changed and is_current(before.get(file.stem), file))]
    after = {file.stem: before[file.stem] for file in everything if file not in due}
    # The largest first, so that none of the processes is alone with it at the end; and each started afresh,
    # as the server's are: what OpenCV has begun in this one is not copied.
    due.sort(key=_lasts, reverse=True)
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        for file, said in zip(due, pool.map(judged, due), strict=True):
            after[file.stem] = said
            print(f"{file.stem}: {'; '.join(said['refusals']) or 'passes'}", file=sys.stderr, flush=True)
            # At once: where a process dies, `--changed` goes on from here.
            _write(after)
    _write(after)
    return int(any(said["refusals"] for said in after.values()))


def _write(sparks: dict[str, Any]) -> None:
    GATES.write_text(json.dumps({"sparks": sparks}, indent=1, sort_keys=True) + "\n")


def _lasts(file: Path) -> float:
    return float(json.loads(file.read_text(encoding="utf-8"))["duration"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
