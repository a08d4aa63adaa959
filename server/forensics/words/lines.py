"""A line of text that was read or heard: a stranger's words, cut and cleaned where they come in."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from server.forensics.results import Box

LONGEST: Final = 200
"""Characters of a line at most."""
_GAP_MS: Final = 6_000


@dataclass(frozen=True)
class Line:
    """Words from `start_ms` to `end_ms`; `sure` is how well they were read, 0 to 1, and `box` where, if they
    were on the screen."""

    text: str
    start_ms: int
    end_ms: int
    sure: float
    box: Box | None = None

    @property
    def seen(self) -> bool:
        """Whether it was on the screen, not spoken."""
        return self.box is not None


def clean(text: str) -> str:
    """The text in one form of Unicode, on one line, without what cannot be seen, cut to LONGEST."""
    plain = unicodedata.normalize("NFKC", text[: LONGEST * 4])
    shown = "".join(c if c.isprintable() else " " for c in plain)
    return " ".join(shown.split())[:LONGEST]


def joined(lines: Sequence[Line]) -> list[Line]:
    """The lines in the order of time; one that stays on the screen from still to still is one line."""
    found: list[Line] = []
    last: dict[str, int] = {}
    for line in sorted(lines, key=lambda line: (line.start_ms, line.text)):
        at = last.get(line.text.casefold())
        if line.seen and at is not None and line.start_ms - found[at].end_ms <= _GAP_MS:
            found[at] = replace(
                found[at], end_ms=max(found[at].end_ms, line.end_ms), sure=max(found[at].sure, line.sure)
            )
            continue
        last[line.text.casefold()] = len(found)
        found.append(line)
    return found
