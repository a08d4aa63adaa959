"""Reads a MANIFEST.csv: which clips there are, what is true of each, and which come from one source."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from server.refused import Refused

_COLUMNS = {"file", "kind", "label", "source", "notes"}
_SOURCE = re.compile(r"\b[\w-]+/[\w.-]*\w")
_SWAP = re.compile(r"audio swap|sound swap", re.IGNORECASE)
_NO_TRUTH = re.compile(r"not lip-?sync truth|silent", re.IGNORECASE)


@dataclass(frozen=True)
class Clip:
    """One file. `group` is the same for clips that share a source, which must never be on both sides of a
    split; `sound_swapped` one whose picture is untouched, `own_sound` one whose sound is its mouth's."""

    path: Path
    kind: str
    label: str
    group: str
    sound_swapped: bool
    own_sound: bool

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name


@dataclass(frozen=True)
class Manifest:
    """The clips of a manifest, and the sha256 of the manifest itself."""

    clips: tuple[Clip, ...]
    sha256: str


def read(path: Path) -> Manifest:
    """The manifest at `path`, its files beside it. Raises Refused when it is none, or a file is missing."""
    data = path.read_bytes()
    rows = list(csv.DictReader(data.decode("utf-8").splitlines()))
    if not rows or not rows[0].keys() >= _COLUMNS:
        raise Refused(f"{path.name} lacks a column: {', '.join(sorted(_COLUMNS))} are needed.")
    missing = [row["file"] for row in rows if not (path.parent / row["file"]).is_file()]
    if missing:
        raise Refused(f"{len(missing)} files of {path.name} are not beside it, e.g. {missing[0]}.")
    groups = _groups(rows)
    clips = [
        Clip(
            path=path.parent / row["file"],
            kind=row["kind"],
            label=row["label"],
            group=group,
            sound_swapped=bool(_SWAP.search(row["notes"])),
            own_sound=row["label"] == "real" and not _NO_TRUTH.search(row["notes"]),
        )
        for row, group in zip(rows, groups, strict=True)
    ]
    return Manifest(tuple(clips), hashlib.sha256(data).hexdigest())


def _groups(rows: list[dict[str, str]]) -> list[str]:
    """Each row's group: the repositories that its source names, and those of which it says "same clip as"."""
    named: list[list[str]] = []
    for row in rows:
        also = row.get("licence", "") if "same clip as" in row.get("licence", "") else ""
        head = row["source"].split(" : ")[0].lower()
        named.append([head, *(found.lower() for found in _SOURCE.findall(also)[:1])])
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for names in named:
        for other in names[1:]:
            a, b = sorted((root(names[0]), root(other)))
            parent[b] = a
    return [root(names[0]) for names in named]
