"""What reads and judges words, in the order in which they run."""

from __future__ import annotations

from typing import Final

from server.forensics.rules import Abstained
from server.forensics.words.abusive import AbusiveLanguage
from server.forensics.words.screen import ScreenText
from server.forensics.words.transcript import Transcript

SCREEN: Final = ScreenText()
SPEECH: Final = Transcript()
ABUSE: Final = AbusiveLanguage()
EVERY: Final = (SCREEN, SPEECH, ABUSE)
HOW: Final = {
    SCREEN.name: "On-screen text is not read: install its reader with `pip install --no-deps rapidocr`.",
    SPEECH.name: "Speech is not written down: install its reader with `pip install 'creator-studio[asr]'`.",
    ABUSE.name: "Words are not judged: install the classifier with `pip install 'creator-studio[text]'`.",
}
"""What to do about one that is not installed."""


def versions() -> dict[str, str]:
    """The version of each, by name; to install what is missing makes another look due."""
    return {one.name: one.version if one.is_available() is None else "not installed" for one in EVERY}


def not_installed() -> tuple[str, ...]:
    """A sentence for each that is not."""
    return tuple(HOW[one.name] for one in EVERY if one.is_available() is Abstained.NOT_INSTALLED)
