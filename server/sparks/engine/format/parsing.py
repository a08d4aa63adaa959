"""JSON from somebody else: its size, nesting and oddities are looked at before anything is made of it.

Python's own reader takes NaN and Infinity, lets the last of two equal keys win and goes as deep as the stack
does; RFC 8259 leaves all of that open, and a file that two programs read differently has no one hash.
"""

from __future__ import annotations

import json
import math
import re
from typing import Final, cast

from server.sparks.engine.format.problems import Faulty, Json, Problem, Step, path, shown

DEEPEST_NESTING: Final = 16
"""A spark needs 9: a point of a polygon that a force of a layer gathers to."""
LONGEST_NUMBER: Final = 40
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""A string, closed or not, or a bracket. It never gives back what it took, so no text makes it slow."""

_HALF = re.compile("[\ud800-\udfff]")


class _Object(dict[str, "Json"]):
    """A JSON object that remembers which of its keys came more than once."""

    twice: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Json]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        again: dict[str, None] = {}
        for key, _ in pairs:
            if key in seen:
                again[key] = None
            seen.add(key)
        made.twice = tuple(again)
    return made


def _whole(digits: str) -> int | float:
    # Python refuses to turn very many digits into an int, and takes long for not so many.
    return int(digits) if len(digits) <= LONGEST_NUMBER else float(digits)


def parse(data: bytes, largest: int, *, deeper: int = 0) -> dict[str, Json]:
    """What the JSON object in `data` says, of at most `largest` bytes.

    Raises Faulty: larger than that, not UTF-8, no JSON, nested deeper than 16 (and `deeper`), a number that
    is none (NaN) or has no end, a key twice in one object, a text that cannot be stored.
    """
    if len(data) > largest:
        raise _whole_file(f"the file has {len(data):,} bytes; {largest:,} is the most")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _whole_file(f"the file is not UTF-8: byte {error.start:,} is not part of a character") from None
    if _depth(text) > DEEPEST_NESTING + deeper:
        raise _whole_file(f"brackets are nested deeper than {DEEPEST_NESTING + deeper}")
    try:
        made = json.loads(text, object_pairs_hook=_object, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise _whole_file(f"line {error.lineno}, column {error.colno}: {_why(error)}") from None
    problems: list[Problem] = []
    _look(made, [], problems)
    if not isinstance(made, dict):
        problems.append(Problem(path="", message=f"the file must hold one object {{…}}, not {shown(made)}"))
    if problems:
        raise Faulty(problems)
    return cast("dict[str, Json]", made)


def _whole_file(message: str) -> Faulty:
    return Faulty([Problem(path="", message=message)])


def _why(error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Unexpected UTF-8 BOM"):
        return "the file begins with a byte order mark; save it as UTF-8 without one"
    return f"this is not JSON ({error.msg[0].lower()}{error.msg[1:]})"


def _depth(text: str) -> int:
    deepest = depth = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in "]}":
            depth -= 1
    return deepest


def _look(value: Json, steps: list[Step], problems: list[Problem]) -> None:
    """Adds what is wrong with `value` and what is in it. As deep as the JSON is, so never deep."""
    if isinstance(value, float):
        if not math.isfinite(value):
            text = "NaN is no number" if math.isnan(value) else "this number is too large"
            problems.append(Problem(path=path(steps), message=text))
    elif isinstance(value, str):
        _text(value, steps, problems)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            _look(item, [*steps, i], problems)
    elif isinstance(value, dict):
        for key in cast("_Object", value).twice:
            problems.append(
                Problem(path=path([*steps, key]), message="this name is given twice in one object")
            )
        for key, item in value.items():
            _text(key, steps, problems)
            _look(item, [*steps, key], problems)


def _text(text: str, steps: list[Step], problems: list[Problem]) -> None:
    if "\x00" in text:
        problems.append(Problem(path=path(steps), message="a text must not contain the character U+0000"))
    if _HALF.search(text):
        problems.append(
            Problem(path=path(steps), message="a text contains half a character (a lone surrogate)")
        )
