"""The words of a model's opinion; pure, so that the client reads it by the same ones."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from server.forensics.rules import Slot


class OpinionState(StrEnum):
    """Where the opinion of a video is. Only `done` says anything of the video: that a model would not answer,
    or could not, is no all-clear.

    `not_asked`, `not_configured` (no key here) and `restricted` (never asked of that class) have no opinion
    behind them. `cancelled` ended because the video was deleted.
    """

    NOT_ASKED = "not_asked"
    NOT_CONFIGURED = "not_configured"
    RESTRICTED = "restricted"
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Severity(StrEnum):
    """How bad something is, from the least to the most."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


ORDER: Final = tuple(Severity)
"""The severities, from the least to the most."""

ASKED_OF: Final = (
    Slot.FACE_MANIPULATION,
    Slot.EXPLICIT,
    Slot.VIOLENCE,
    Slot.HATE_SPEECH,
    Slot.NON_CONSENSUAL,
)
"""What a model is asked about: what stills and words can show. It hears no sound and sees no motion."""


def worse(one: Severity, other: Severity) -> Severity:
    """The graver of two."""
    return max(one, other, key=ORDER.index)
