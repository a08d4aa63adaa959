"""The words of an analysis; pure, so that the client reads scores by the same ones.

Every score is an integer in basis points, 0 to 10,000, where more means more likely what the slot is about.
None is "not analysed", never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
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


class Condition(StrEnum):
    """What may have been done to a file, by whom ever."""

    CLEAN = "clean"
    NOISE = "noise"
    GATE = "gate"
    TELEPHONE = "telephone"
    RECOMPRESSED = "recompressed"
    RESIZED = "resized"


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
    NO_WORDS = "no_words"
    NO_MODEL = "no_model"
    NO_USABLE_SIGNAL = "no_usable_signal"
    NOT_INSTALLED = "not_installed"
    RESTRICTED = "restricted"
    FAILED = "failed"


WHY: Final = {
    Abstained.NO_FACE: "No face was found.",
    Abstained.FACE_TOO_SMALL: "The faces are too small to judge.",
    Abstained.NO_SOUND: "The video has no sound.",
    Abstained.SILENT: "The sound is silent.",
    Abstained.NO_SPEECH: "Nobody speaks.",
    Abstained.MOUTH_UNSEEN: "No mouth is seen while somebody speaks.",
    Abstained.TOO_SHORT: "The video is too short to judge.",
    Abstained.NO_PICTURE: "The video has no picture.",
    Abstained.NO_WORDS: "No word was read or heard.",
    Abstained.NO_MODEL: "No detector for this is installed on the server.",
    Abstained.NO_USABLE_SIGNAL: "No usable signal: here the measurements do no better than chance.",
    Abstained.NOT_INSTALLED: "The detector for this is not installed on the server.",
    Abstained.RESTRICTED: "Not looked at, since the video is restricted.",
    Abstained.FAILED: "The detector failed.",
}
"""Why a detector says nothing, in a sentence."""
NEVER_SEEN: Final = "Never read from the picture: it follows from consent records and reports alone."
"""Why there is no score for `non_consensual`, whatever a detector says."""


def why_not(slot: Slot, abstained: Abstained | None) -> str:
    """Why a slot has no score, in a sentence; "" where nobody says."""
    if slot is Slot.NON_CONSENSUAL:
        return NEVER_SEEN
    return WHY[abstained] if abstained is not None else ""


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


OPEN: Final = (AnalysisState.QUEUED, AnalysisState.RUNNING)
"""The states in which an analysis waits or is worked on; a video has at most one of a kind."""
KEPT: Final = (AnalysisState.DONE, AnalysisState.PARTLY)
"""The states of an analysis that has scores."""
RUNS: Final = 2
"""How often an analysis is begun whose worker dies, before it is parked."""


@dataclass(frozen=True)
class Transition:
    """`event` leads from `before` (None = there is no such analysis yet) to `after`, if `guard` holds."""

    before: AnalysisState | None
    event: str
    after: AnalysisState
    guard: str


_QUEUED, _RUNNING = AnalysisState.QUEUED, AnalysisState.RUNNING
MACHINE: Final = (
    Transition(None, "request", _QUEUED, "the video is ready; none of this kind is open"),
    Transition(_QUEUED, "begin", _RUNNING, "the most urgent one; run + 1"),
    Transition(_RUNNING, "keep", AnalysisState.DONE, "by the job that began it"),
    Transition(_RUNNING, "keep", AnalysisState.PARTLY, "the same; the analysis says what is missing"),
    Transition(_RUNNING, "refuse", AnalysisState.REFUSED, "the file cannot be read"),
    Transition(_RUNNING, "give back", _QUEUED, f"its worker died, fewer than {RUNS} runs"),
    Transition(_RUNNING, "give back", AnalysisState.PARKED, f"its worker died {RUNS} times"),
    Transition(_RUNNING, "postpone", _QUEUED, "the server stops meanwhile; run - 1"),
    Transition(_QUEUED, "cancel", AnalysisState.CANCELLED, "somebody cancels it, or the video is deleted"),
    Transition(_RUNNING, "cancel", AnalysisState.CANCELLED, "the same; the worker is stopped"),
)


class Priority(IntEnum):
    """Which analysis is begun first; within one, core before text, then as they came."""

    REFRESH = -100
    UPLOAD = 0
    ASKED = 100
    CLAIMED = 200


CONTENT: Final = (Slot.EXPLICIT, Slot.VIOLENCE, Slot.HATE_SPEECH, Slot.NON_CONSENSUAL)
"""The slots of the content panel."""
SLOTS_OF: Final = {
    AnalysisKind.CORE: (*DEEPFAKE, Slot.EXPLICIT, Slot.VIOLENCE, Slot.NON_CONSENSUAL),
    AnalysisKind.TEXT: (Slot.HATE_SPEECH,),
}
"""What each job gives a score for, or a reason why not: the columns of the seed."""


def overall_risk(scores: Mapping[str, int | None]) -> tuple[str, int] | None:
    """The highest score that there is, with its name: one certain harm is not diluted by four absent ones.

    `scores` are basis points by name, None where not analysed. None when nothing was analysed.
    """
    known = [(bp, name) for name, bp in scores.items() if bp is not None]
    if not known:
        return None
    bp, name = max(known)
    return name, bp


def manipulated_of_100(score_bp: int, *, prevalence_bp: int) -> float:
    """Of 100 videos with this score, how many are manipulated, where `prevalence_bp` of all videos are.

    A score is calibrated on as many manipulated videos as real ones. Bayes' rule moves it to the share that
    there really is: posterior odds = odds of the score x odds of the prevalence (Saerens, Latinne and
    Decaestecker 2002, Neural Computation 14, eq. 2.4).
    """
    right = score_bp * prevalence_bp
    wrong = (BP - score_bp) * (BP - prevalence_bp)
    return 100 * right / (right + wrong) if right + wrong else 0.0
