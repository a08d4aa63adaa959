"""The re-upload drill: bank videos, edit them, look them up, count what is found."""

from __future__ import annotations

import csv
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Outcome:
    """What was found of one re-upload: its original or not, and strangers."""

    edit: str
    kind: MatchClass | None
    bits: float | None
    wrong: tuple[MatchClass, ...]


def originals(folder: Path, seeds: Iterable[int], seconds: int) -> list[Path]:
    """The scenes of these seeds as files."""
    return [encode(folder / f"scene-{seed}.mp4", Scene(seed, seconds).frames(), crf=20) for seed in seeds]


def real_clips(manifest: Path) -> list[Path]:
    """The untouched videos of a manifest of clips; the others show the same people again."""
    with manifest.open(newline="") as lines:
        return [
            manifest.parent / row["file"]
            for row in csv.DictReader(lines)
            if row["kind"] == "video" and row["label"] in ("real", "benign")
        ]


def drill(folder: Path, banked: list[Path], edits: Mapping[str, Edit] = EDITS) -> dict[str, Any]:
    """Bank all the files, look up each edit of each: a table as JSON takes it."""
    index = HashIndex()
    bank(index, banked)
    found = [
        outcome
        for entry, path in enumerate(banked)
        for outcome in outcomes(folder, index, entry, path, edits)
    ]
    return table(found, len(banked), edits)


def bank(index: HashIndex, banked: Iterable[Path]) -> None:
    """Add the files as entries 0, 1, 2..."""
    for entry, path in enumerate(banked):
        index.append(rows(bank_hashes(path, LIMITS), entry))


def outcomes(
    folder: Path, index: HashIndex, entry: int, path: Path, edits: Mapping[str, Edit]
) -> Iterator[Outcome]:
    """Look up each edit of one banked file that it is long enough for."""
    print(f"looking up {path.name}", file=sys.stderr)
    pictures, rate = decode(path)
    for name, edit in edits.items():
        if edit.applies(len(pictures), rate):
            again = edit.write(folder / f"{path.stem}-again.mp4", pictures, rate)
            hits = matches(query(query_hashes(again, LIMITS)), index)
            own = next((hit for hit in hits if hit.entry == entry), None)
            yield Outcome(
                edit=name,
                kind=own.kind if own else None,
                bits=own.median_bits if own else None,
                wrong=tuple(hit.kind for hit in hits if hit.entry != entry),
            )


def table(found: list[Outcome], banked: int, edits: Mapping[str, Edit]) -> dict[str, Any]:
    """Counts and recall of each edit.

    `unrelated_pairs` counts each pair of a look-up and a banked video of which it is no copy; `false_matches`
    those among them that would have made an item of the queue, `false_similar` those shown as similar.
    """
    wrong = [kind for outcome in found for kind in outcome.wrong]
    return {
        "banked": banked,
        "edits": {
            name: _figures([outcome for outcome in found if outcome.edit == name], edit.target)
            for name, edit in edits.items()
            if any(outcome.edit == name for outcome in found)
        },
        "unrelated_pairs": len(found) * (banked - 1),
        "false_matches": sum(kind is not MatchClass.WEAK for kind in wrong),
        "false_similar": sum(kind is MatchClass.WEAK for kind in wrong),
    }


def _figures(tried: list[Outcome], target: float | None) -> dict[str, Any]:
    found = [outcome for outcome in tried if outcome.kind not in (None, MatchClass.WEAK)]
    return {
        "tried": len(tried),
        "found": len(found),
        "recall": round(len(found) / len(tried), 3),
        "strong": sum(outcome.kind is MatchClass.STRONG for outcome in found),
        "median_bits": statistics.median(o.bits for o in found if o.bits is not None) if found else None,
        "target": target,
    }
