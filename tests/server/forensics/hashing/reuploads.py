"""The re-upload drill: bank videos, edit them, look them up, count what is found."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.content.media.results import FileLimits
from server.forensics.hashing.frames import bank_hashes, query_hashes
from server.forensics.hashing.index import HashIndex
from server.forensics.hashing.matching import matches, query, rows
from server.forensics.rules import MatchClass
from tests.server.forensics.hashing.edits import EDITS, Edit
from tests.server.forensics.hashing.scenes import Scene, decode, encode

LIMITS = FileLimits()


@dataclass
class Tally:
    """How the re-uploads of one kind fared."""

    tried: int = 0
    found: int = 0
    strong: int = 0
    bits: list[float] = field(default_factory=list)


def originals(folder: Path, seeds: Iterable[int], seconds: int) -> list[Path]:
    """The scenes of these seeds as files."""
    return [encode(folder / f"scene-{seed}.mp4", Scene(seed, seconds).frames(), crf=20) for seed in seeds]


def drill(folder: Path, banked: list[Path], edits: Mapping[str, Edit] = EDITS) -> dict[str, Any]:
    """Bank all the files, look up each edit of each: a table as JSON takes it.

    `unrelated_pairs` counts each pair of a look-up and a banked video of which it is no copy; `false_matches`
    those among them that would have made an item of the queue, `false_similar` those shown as similar.
    """
    index = HashIndex()
    for entry, path in enumerate(banked):
        index.append(rows(bank_hashes(path, LIMITS), entry))
    tallies = {name: Tally() for name in edits}
    wrong: list[MatchClass] = []
    pairs = 0
    for entry, path in enumerate(banked):
        print(f"{path.name}: {entry + 1} of {len(banked)}", file=sys.stderr)
        pictures, rate = decode(path)
        for name, edit in edits.items():
            if not edit.applies(len(pictures), rate):
                continue
            again = edit.write(folder / "again.mp4", pictures, rate)
            hits = matches(query(query_hashes(again, LIMITS)), index)
            own = [hit for hit in hits if hit.entry == entry and hit.kind is not MatchClass.WEAK]
            tally = tallies[name]
            tally.tried += 1
            tally.found += bool(own)
            tally.strong += any(hit.kind is MatchClass.STRONG for hit in own)
            tally.bits += [own[0].median_bits] if own else []
            wrong += [hit.kind for hit in hits if hit.entry != entry]
            pairs += len(banked) - 1
    return {
        "banked": len(banked),
        "edits": {name: _figures(tally, edits[name]) for name, tally in tallies.items() if tally.tried},
        "unrelated_pairs": pairs,
        "false_matches": sum(kind is not MatchClass.WEAK for kind in wrong),
        "false_similar": sum(kind is MatchClass.WEAK for kind in wrong),
    }


def _figures(tally: Tally, edit: Edit) -> dict[str, Any]:
    return {
        "tried": tally.tried,
        "found": tally.found,
        "recall": round(tally.found / tally.tried, 3),
        "strong": tally.strong,
        "median_bits": statistics.median(tally.bits) if tally.bits else None,
        "target": edit.target,
    }
