"""The words of an analysis; pure, so that the client reads scores by the same ones.

Every score is an integer in basis points, 0 to 10,000, where more means more likely what the slot is about.
None is "not analysed", never 0.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

BP: Final = 10_000
"""The whole, in basis points."""
SIGNALS_ONLY_BP: Final = 5_000
"""The most confidence that signals alone may have; no checkpoint, no more."""
CHECKPOINT_BP: Final = 8_500
"""The most with a checkpoint: published detectors lose 20 to 25 points of AUC on data new to them."""


class Slot(StrEnum):
    """What a score is about."""

    FACE_MANIPULATION = "face_manipulation"
    VOICE_SYNTHESIS = "voice_synthesis"
    LIP_SYNC = "lip_sync"
    EXPLICIT = "explicit"
    VIOLENCE = "violence"
    HATE_SPEECH = "hate_speech"
    NON_CONSENSUAL = "non_consensual"
    PROVENANCE = "provenance"


DEEPFAKE: Final = (Slot.FACE_MANIPULATION, Slot.VOICE_SYNTHESIS, Slot.LIP_SYNC)
"""The slots of which the overall deepfake score is made."""


class MatchClass(StrEnum):
    """What a hit in a hash bank is worth, the surest first.

    `strong` (at most 10 bits at quality 80) may restrict in the meantime where the bank entry is confirmed,
    and always makes an item of the queue; `queue` (at most 31 bits) makes one; `weak` (at most 40) is shown
    as similar and does nothing.
    """

    STRONG = "strong"
    QUEUE = "queue"
    WEAK = "weak"


class Abstained(StrEnum):
    """Why a detector or a slot says nothing."""

    NO_FACE = "no_face"
    FACE_TOO_SMALL = "face_too_small"
    NO_SOUND = "no_sound"
    SILENT = "silent"
    NO_SPEECH = "no_speech"
    MOUTH_UNSEEN = "mouth_unseen"
    TOO_SHORT = "too_short"
    NO_PICTURE = "no_picture"
    NO_MODEL = "no_model"
    NO_USABLE_SIGNAL = "no_usable_signal"
    NOT_INSTALLED = "not_installed"
    RESTRICTED = "restricted"
    FAILED = "failed"


class AnalysisState(StrEnum):
    """Where an analysis is. `partly` lacks what its file does not give; `parked` died twice and waits for an
    admin; all but the first two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"
    PARKED = "parked"
    CANCELLED = "cancelled"


class AnalysisKind(StrEnum):
    """The two jobs of a video: signals of picture and sound first, what is said and written second."""

    CORE = "core"
    TEXT = "text"
