"""What the file says of where it comes from: the state of its content credentials, and facts. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.forensics.rules import WHY, Slot
from server.forensics.schemas import SignalView

MANIFEST: Final = "manifest"
"""The signal that says how the C2PA manifest of the file is: 0 none, 1 invalid, 2 valid, 3 trusted."""

TAG: Final = "tag."
"""What the name of a signal begins with that is a tag of the file, under the file's own key."""
OWN_WORDS: Final = "What the file says of itself; anybody can write it:"
LONGEST, LONGEST_KEY = 200, 40

_FACTS: Final = {
    "claim_generator": "Made with",
    "issuer": "Signed by",
    "generator_named": "Names a generator",
    "container": "Container",
    "video": "Picture",
    "audio": "Sound",
    "damaged": "Damaged",
}


@dataclass(frozen=True)
class Badge:
    """The state of the content credentials as a chip, and what it does and does not say."""

    word: str
    tone: str
    icon: str
    meaning: str


_NONE: Final = Badge(
    "No credentials",
    "neutral",
    "",
    "The file carries no content credentials. Most files do not: it says nothing.",
)
_BADGES: Final = {
    0: _NONE,
    1: Badge(
        "Invalid credentials",
        "danger",
        "alert-triangle",
        "The file carries content credentials that do not fit it: it was changed after it was signed.",
    ),
    2: Badge(
        "Valid credentials",
        "info",
        "check",
        "Nobody changed the file since it was signed. By whom is not vouched for.",
    ),
    3: Badge(
        "Trusted credentials",
        "success",
        "shield",
        "Nobody changed the file since it was signed, and the signer is on the trust list.",
    ),
}


@dataclass(frozen=True)
class Provenance:
    """The badge, where the credentials were looked at, what else was read of the file, by name, and what it
    says of itself in its tags, which anybody can write."""

    badge: Badge
    facts: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


def read(signals: Sequence[SignalView]) -> Provenance | None:
    """What the signals of the slot say; None where nothing looked."""
    own = [signal for signal in signals if signal.slot is Slot.PROVENANCE]
    if not own:
        return None
    manifest = next((signal for signal in own if signal.name == MANIFEST), None)
    facts, tags = [], []
    for signal in own:
        if signal.note and signal is not manifest:
            said = clean(signal.note, LONGEST)
            if signal.name.startswith(TAG):
                tags.append((f"Tag “{clean(signal.name.removeprefix(TAG), LONGEST_KEY)}”", said))
            else:
                name = signal.name.replace("_", " ").capitalize()
                facts.append((_FACTS.get(signal.name) or clean(name, LONGEST_KEY), said))
    told = tuple(facts), tuple(tags)
    if manifest is not None and manifest.abstained is None and manifest.value is not None:
        return Provenance(_BADGES.get(round(manifest.value), _NONE), *told)
    why = WHY[manifest.abstained] if manifest is not None and manifest.abstained is not None else ""
    unread = why or "The content credentials were not looked at."
    return Provenance(Badge("Credentials not read", "neutral", "", unread), *told)


def clean(text: str, most: int) -> str:
    """A stranger's words on one line: without what breaks it, or turns the direction of reading."""
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
