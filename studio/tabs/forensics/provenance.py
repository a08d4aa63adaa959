"""What the file says of where it comes from: the state of its content credentials, and facts. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.forensics.rules import WHY, Slot
from server.forensics.schemas import SignalView

MANIFEST: Final = "manifest"
"""The signal that says how the C2PA manifest of the file is: 0 none, 1 invalid, 2 valid, 3 trusted."""

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
    """The badge, where the credentials were looked at, and what else the file says, by name."""

    badge: Badge
    facts: tuple[tuple[str, str], ...] = ()


def read(signals: Sequence[SignalView]) -> Provenance | None:
    """What the signals of the slot say; None where nothing looked."""
    own = [signal for signal in signals if signal.slot is Slot.PROVENANCE]
    if not own:
        return None
    manifest = next((signal for signal in own if signal.name == MANIFEST), None)
    facts = tuple((_name(s.name), s.note) for s in own if s.note and s is not manifest)
    if manifest is not None and manifest.abstained is None and manifest.value is not None:
        return Provenance(_BADGES.get(round(manifest.value), _NONE), facts)
    why = WHY[manifest.abstained] if manifest is not None and manifest.abstained is not None else ""
    unread = why or "The content credentials were not looked at."
    return Provenance(Badge("Credentials not read", "neutral", "", unread), facts)


def _name(name: str) -> str:
    known = _FACTS.get(name)
    return known or name.rpartition(".")[2].replace("_", " ").capitalize()
