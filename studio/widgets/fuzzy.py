"""Ranks names against a few typed letters, free of Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")

_START, _WORD, _NEXT, _GAP = 12, 8, 5, -1


class Match(NamedTuple):
    """How good a match is, the higher the better, and where its letters are."""

    score: int
    places: tuple[int, ...]


def match(typed: str, name: str) -> Match | None:
    """Find the letters of `typed` in order in `name`, ignoring case and spaces.

    Of all ways the best counts: letters that begin the name or a word, or follow one another. A
    dynamic programme over (letter, place), as in the Smith-Waterman alignment that fzf uses.
    Returns None when a letter is missing.
    """
    letters = "".join(typed.casefold().split())
    folded = name.casefold()
    if len(folded) != len(name):
        folded = name.lower() if len(name.lower()) == len(name) else name
    if not letters:
        return Match(0, ())
    best: dict[int, Match] = {}
    for number, letter in enumerate(letters):
        reached: dict[int, Match] = {}
        for place, here in enumerate(folded):
            if here != letter:
                continue
            worth = _worth(name, place)
            if number == 0:
                reached[place] = Match(worth - min(place, 6), (place,))
                continue
            before = [
                Match(found.score + worth + (_NEXT if last == place - 1 else _GAP), (*found.places, place))
                for last, found in best.items()
                if last < place
            ]
            if before:
                reached[place] = max(before)
        best = reached
    return max(best.values(), default=None)


def _worth(name: str, place: int) -> int:
    if place == 0:
        return _START
    before = name[place - 1]
    return _WORD if not before.isalnum() or (before.islower() and name[place].isupper()) else 1


def rank(typed: str, items: Iterable[Item], name: Callable[[Item], str]) -> list[tuple[Item, Match]]:
    """Return the items that match, the best first; of equals the shorter name, then as they came."""
    found = [(item, hit) for item in items if (hit := match(typed, name(item))) is not None]
    if typed.strip():
        found.sort(key=lambda pair: (-pair[1].score, len(name(pair[0]))))
    return found
