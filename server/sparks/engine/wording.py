"""What letters say: one line that our font can draw, whoever wrote it. A name is anybody's."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, Literal

from PIL import ImageFont

import resources

FONT: Final = "fonts/Inter-SemiBold.ttf"
LONGEST: Final = 24
"""Characters of a name, as many as a text of the spark's own may have: what is drawn is made by them."""
_NO_CHARACTER: Final = "\U0010fffd"
"""Private for ever in the last plane: what the font draws for it, it draws for all that it lacks."""
_KNOWN: Final = 160
"""px at which glyphs are compared."""


def said(says: Literal["text", "sender", "initial"], text: str, sender: str) -> str:
    """The line: `text` where nobody sent it, or somebody whose name the font cannot write."""
    given = _name(sender, initial=says == "initial") if says != "text" else ""
    return given or one_line(text)


def one_line(text: str) -> str:
    """With a space for whatever is not printed: a layout of one line refuses the end of it."""
    return "".join(c if c.isprintable() else " " for c in text)


def _name(sender: str, *, initial: bool) -> str:
    """A name as far as the font has it, "" where it lacks a letter: a row of boxes names nobody, and half a
    name somebody else. Signs that it lacks, such as emoji, are left out."""
    composed = unicodedata.normalize("NFC", one_line(sender[: 8 * LONGEST]))
    name = " ".join("".join(c for c in composed if _is_letter(c) or has(c)).split())[:LONGEST].strip()
    if initial:
        name = name[:1].upper()
    return name if all(map(has, name)) else ""


def _is_letter(c: str) -> bool:
    return unicodedata.category(c)[0] in "LMN"


@lru_cache(maxsize=1_024)
def has(c: str) -> bool:
    """Whether the font has a glyph of its own for a character."""
    return _drawn(c) != _drawn(_NO_CHARACTER)


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(resources.path(FONT)), _KNOWN)


def _drawn(c: str) -> tuple[tuple[int, int], bytes]:
    mask = _font().getmask(c, mode="L")
    return mask.size, bytes(mask)
