"""Finds what a reader of a text does not see: hidden characters, links, letters that pass for others.

Free of Qt. The categories follow Unicode Technical Standard 39 (security mechanisms), sections 4 and 5.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class SpanKind(StrEnum):
    """Why a part of a text is marked."""

    HIDDEN = "hidden character"
    LINK = "link"
    MIXED = "mixed alphabets"
    QUOTED = "quoted in a flag"


@dataclass(frozen=True)
class Piece:
    """A part of a text as it is shown; `kind` None = nothing special. `tip` says more."""

    text: str
    kind: SpanKind | None = None
    tip: str = ""


_LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|me|gg|ly|co|app|shop|xyz|ru|info)\b(?:/\S*)?",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_QUOTE: Final = re.compile(r"[\"“”„«»](.{3,200}?)[\"“”«»]", re.DOTALL)
_JOINERS: Final = "\u200c\u200d"
_PLAIN_SPACE: Final = "\n\t "
_ALONE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "GEORGIAN"})
"""Alphabets with letters that look alike; two of them in one word are a disguise."""


def pieces(text: str, quotes: Iterable[str] = ()) -> list[Piece]:
    """Cut `text` into parts; every hidden character is replaced by its name in brackets.

    `quotes` are words of others about the text; what they quote of it is marked.
    """
    marks = [*_hidden(text), *_links(text), *_mixed(text), *_quoted(text, quotes)]
    found: list[Piece] = []
    at = 0
    for start, end, kind, tip in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
        if start < at:
            continue  # inside a mark that began earlier
        if start > at:
            found.append(Piece(text[at:start]))
        shown = f"[{tip}]" if kind is SpanKind.HIDDEN else text[start:end]
        found.append(Piece(shown, kind, tip))
        at = end
    if at < len(text):
        found.append(Piece(text[at:]))
    return found


def findings(parts: Sequence[Piece]) -> list[str]:
    """What is marked, in words: how many of each kind."""
    counts = {kind: sum(part.kind is kind for part in parts) for kind in SpanKind}
    return [
        f"{count} {kind}{'s' if count > 1 and kind in _PLURAL else ''}"
        for kind, count in counts.items()
        if count
    ]


_PLURAL: Final = (SpanKind.HIDDEN, SpanKind.LINK)


def masked(text: str) -> str:
    """The shape of a text without its letters: the length of its words and lines remains."""
    return "".join("x" if not each.isspace() else each for each in text)


Mark = tuple[int, int, SpanKind, str]


def _hidden(text: str) -> Iterator[Mark]:
    for at, each in enumerate(text):
        if _is_hidden(text, at, each):
            name = unicodedata.name(each, "control character").lower()
            yield at, at + 1, SpanKind.HIDDEN, f"{name} U+{ord(each):04X}"


def _is_hidden(text: str, at: int, each: str) -> bool:
    if each in _PLAIN_SPACE:
        return False
    category = unicodedata.category(each)
    if each in _JOINERS:
        # They shape words of Arabic and Indic scripts and hold emoji together; elsewhere they hide.
        return not (0 < at < len(text) - 1 and all(map(_joins, (text[at - 1], text[at + 1]))))
    if "\ufe00" <= each <= "\ufe0f":
        return at == 0 or unicodedata.category(text[at - 1]) not in ("So", "Sm", "Po", "Nd")
    return (
        category in ("Cc", "Cf", "Co", "Cn")
        or (category == "Zs" and each != "\u00a0")
        or each in "\u115f\u3164"
    )


def _joins(each: str) -> bool:
    category = unicodedata.category(each)
    if category in ("So", "Sk", "Mn", "Mc"):
        return True
    return category == "Lo" and not unicodedata.name(each, "").startswith(("CJK", "HANGUL", "HIRAGANA"))


def _links(text: str) -> Iterator[Mark]:
    for link in _LINK.finditer(text):
        yield link.start(), link.end(), SpanKind.LINK, link.group()


def _mixed(text: str) -> Iterator[Mark]:
    for word in _WORD.finditer(text):
        alphabets = {script for letter in word.group() if (script := _alphabet(letter)) in _ALONE}
        if len(alphabets) > 1:
            names = " and ".join(sorted(name.capitalize() for name in alphabets))
            yield word.start(), word.end(), SpanKind.MIXED, f"{names} letters in one word"


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _quoted(text: str, quotes: Iterable[str]) -> Iterator[Mark]:
    folded = text.casefold()
    if len(folded) != len(text):
        folded = text
    for words in quotes:
        for quote in _QUOTE.finditer(words):
            wanted = quote.group(1).strip().casefold()
            at = folded.find(wanted) if wanted else -1
            if at >= 0:
                yield at, at + len(wanted), SpanKind.QUOTED, "quoted in a flag"
