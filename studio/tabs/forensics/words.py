"""What the scores are called and what their reasons mean, in the moderator's words. Free of Qt."""

from __future__ import annotations

from typing import Final

from server.forensics.rules import AnalysisKind, AnalysisState, Slot

TITLES: Final = {
    Slot.FACE_MANIPULATION: "Face manipulation",
    Slot.VOICE_SYNTHESIS: "Voice synthesis",
    Slot.LIP_SYNC: "Lip sync",
    Slot.EXPLICIT: "Explicit",
    Slot.VIOLENCE: "Violence",
    Slot.HATE_SPEECH: "Hate speech",
    Slot.NON_CONSENSUAL: "Non-consensual",
    Slot.PROVENANCE: "Provenance",
}

LANES: Final = TITLES | {Slot.FACE_MANIPULATION: "Face", Slot.VOICE_SYNTHESIS: "Voice"}
"""Short names, for the room beside the time bar."""

MEANINGS: Final = {
    Slot.FACE_MANIPULATION: "Whether a face was swapped, altered or made.",
    Slot.VOICE_SYNTHESIS: "Whether the voice was made by a machine.",
    Slot.LIP_SYNC: "Whether the sound and the mouth belong together. Good fakes do.",
    Slot.EXPLICIT: "Nudity and sexual acts.",
    Slot.VIOLENCE: "Injury, blood, fights.",
    Slot.HATE_SPEECH: "Abusive words, spoken or written in the picture. Hate in code is missed.",
    Slot.NON_CONSENSUAL: "Whether somebody is shown against their will.",
    Slot.PROVENANCE: "What the file says of where it comes from.",
}

KINDS: Final = {AnalysisKind.CORE: "Picture and sound", AnalysisKind.TEXT: "Words"}

NOT_ANALYSED: Final = "Not analysed"

ENDED: Final = {
    AnalysisState.REFUSED: "The file could not be analysed.",
    AnalysisState.PARKED: "The analysis failed twice and waits for an administrator.",
    AnalysisState.CANCELLED: "The analysis was cancelled.",
}


def left_out(told: str) -> str:
    """What an analysis did not look at, with the slot that it names first by its title."""
    name, colon, why = told.partition(": ")
    return f"{TITLES[Slot(name)]}: {why}" if colon and name in set(Slot) else told
