"""What the panel of scores says: the answers of the server as lines, spans and sentences. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.forensics.rules import (
    BP,
    CONTENT,
    DEEPFAKE,
    OPEN,
    AnalysisKind,
    AnalysisState,
    Slot,
    manipulated_of_100,
    overall_risk,
    why_not,
)
from server.forensics.schemas import (
    AnalysisView,
    KindView,
    ScoreView,
    SignalView,
    VerdictView,
    VideoAnalyses,
)
from studio.tabs.forensics import provenance
from studio.tabs.forensics.evidence import NEUTRAL, Evidence, Face, Moment, all_faces, moments, of_slot
from studio.tabs.forensics.provenance import Provenance
from studio.tabs.forensics.words import (
    ENDED,
    KINDS,
    LANES,
    MEANINGS,
    NOT_ANALYSED,
    TITLES,
)
from studio.video.playhead import Course, Lane, Range, percent

SECOND_MS: Final = 1_000
_LONGEST_S: Final = 24 * 3_600
HEARD: Final = frozenset({Slot.VOICE_SYNTHESIS, Slot.LIP_SYNC})
"""Slots that speak of the sound, so that their stretches are drawn over it."""


class Level(StrEnum):
    """How much a score asks for. Each has a word and a tone, so that colour never stands alone."""

    NONE = "none"
    QUIET = "quiet"
    LOOK = "look"
    LIKELY = "likely"


@dataclass(frozen=True)
class Meter:
    """One line of a panel. `score_bp` None is "not analysed", and `why` says why; else it says how the score
    came about, if that is not plain. `quotes`: the notes of its moments are what was said or written."""

    title: str
    meaning: str
    score_bp: int | None
    low_bp: int | None = None
    high_bp: int | None = None
    level: Level = Level.NONE
    word: str = NOT_ANALYSED
    why: str = ""
    moments: tuple[Moment, ...] = ()
    evidence: Evidence | None = None
    quotes: bool = False


@dataclass(frozen=True)
class Progress:
    """Where an analysis is that is not over, or how it ended without scores. One that has `begun` has done
    `share_bp` of its work, where 0 = it did not say."""

    text: str
    share_bp: int | None = None
    analysis: AnalysisView | None = None
    begun: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Section:
    """The deepfake or the content panel: its meters, what they come to, and how it was worked out."""

    title: str
    overall: Meter
    meters: tuple[Meter, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scores:
    """Everything that the panel shows of a video."""

    progress: tuple[Progress, ...]
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    method: tuple[str, ...]
    provenance: Provenance | None
    lanes: tuple[Lane, ...]
    faces: tuple[Face, ...] = ()


def read(known: VideoAnalyses) -> Scores:
    """What the panel shows."""
    kinds = (known.core, known.text)
    scores = {score.slot: score for kind in kinds if kind.result for score in kind.result.scores}
    passed = {slot for slot, score in scores.items() if score.look_closer or score.likely}
    kept = [signal for kind in kinds if kind.result for signal in kind.result.signals]
    signals = [_telling(signal, always=signal.slot in passed) for signal in kept]
    said = _Said(scores, signals, kept)
    sections: tuple[Section, ...] = ()
    if any(kind.result for kind in kinds):
        sections = (
            _deepfake(known, said),
            _content(known.core, said),
        )
    return Scores(
        progress=tuple(made for kind in kinds if (made := _progress(kind)) is not None),
        sections=sections,
        notes=(_NO_EVIDENCE,) if known.restricted_class and sections else (),
        method=tuple(dict.fromkeys(line for kind in kinds for line in _method(kind))),
        provenance=provenance.read(kept) if sections else None,
        lanes=(*_course(kept), *_lanes(signals)),
        faces=() if known.restricted_class else all_faces(kept),
    )


@dataclass(frozen=True)
class _Said:
    """What the analyses say: the scores, the signals with what tells of something, and all that was kept."""

    scores: dict[Slot, ScoreView]
    signals: Sequence[SignalView]
    kept: Sequence[SignalView]

    def meters(self, slots: Sequence[Slot]) -> tuple[Meter, ...]:
        """A line for each slot."""
        return tuple(_meter(slot, self) for slot in slots)


def _telling(signal: SignalView, *, always: bool) -> SignalView:
    """A signal without the stretches that only say where something was measured: where its slot passes no
    threshold, a stretch counts that says more than even odds."""
    always &= signal.name not in NEUTRAL
    told = [span for span in signal.spans if always or (span.score_bp or 0) > BP // 2]
    return signal.model_copy(update={"spans": told})


def never_asked(known: VideoAnalyses) -> bool:
    """Whether nothing has ever looked at the video."""
    return known.core.latest is None and known.text.latest is None


# The two panels

_NO_VERDICT: Final = VerdictView(score_bp=None, confidence_bp=None, is_deepfake=None)
_NO_EVIDENCE: Final = "Of restricted videos no evidence is kept, so there are no moments to go to."


def _deepfake(known: VideoAnalyses, said: _Said) -> Section:
    core = known.core
    verdict = core.result.verdict if core.result else _NO_VERDICT
    meters = said.meters(DEEPFAKE)
    notes = []
    if verdict.score_bp is not None:
        notes.append(of_100_videos(verdict.score_bp, known.prevalence_bp))
    if core.earlier is not None:
        notes.append(_before(core.earlier.method, core.earlier.verdict))
    return Section("Deepfake", _overall_deepfake(verdict), meters, tuple(notes))


def _overall_deepfake(verdict: VerdictView) -> Meter:
    if verdict.score_bp is None:
        return Meter("Overall", "", None)
    word = {True: "Likely manipulated", False: "No sign of it", None: "Undetermined"}[verdict.is_deepfake]
    level = Level.LIKELY if verdict.is_deepfake else Level.QUIET
    sure = f"Confidence {percent(verdict.confidence_bp or 0)}."
    if verdict.is_deepfake is None:
        sure += " Not enough was found to say either."
    return Meter("Overall", "", verdict.score_bp, level=level, word=word, why=sure)


def _content(core: KindView, said: _Said) -> Section:
    meters = said.meters(CONTENT)
    known: dict[str, int | None] = {meter.title: meter.score_bp for meter in meters}
    if core.result is not None:
        known["Deepfake"] = core.result.verdict.score_bp
    risk = overall_risk(known)
    missing = [title for title, bp in known.items() if bp is None]
    if risk is None:
        overall = Meter("Overall risk", "", None)
    else:
        name, bp = risk
        rule = f"The highest of what was analysed: {name}."
        if missing:
            rule += f" Not in it: {', '.join(missing).lower()}."
        overall = Meter("Overall risk", "", bp, level=Level.QUIET, word=f"Highest: {name.lower()}", why=rule)
    return Section("Content", overall, meters)


def _meter(slot: Slot, said: _Said) -> Meter:
    title, meaning, score = TITLES[slot], MEANINGS[slot], said.scores.get(slot)
    kept = of_slot(slot, score.track if score else None, said.kept)
    if score is None or score.score_bp is None:
        why = why_not(slot, score.abstained if score else None)
        return Meter(title, meaning, None, why=why or "No analysis has got to this yet.", evidence=kept)
    level = Level.LIKELY if score.likely else Level.LOOK if score.look_closer else Level.QUIET
    word = {Level.LIKELY: "Likely", Level.LOOK: "Look closer", Level.QUIET: "Nothing stands out"}[level]
    return Meter(
        title,
        meaning,
        score.score_bp,
        score.low_bp,
        score.high_bp,
        level,
        word,
        moments=moments(slot, said.signals),
        quotes=slot is Slot.HATE_SPEECH,
        evidence=kept,
    )


def _lanes(signals: Sequence[SignalView]) -> tuple[Lane, ...]:
    lanes = []
    for slot, title in TITLES.items():
        seen = [span for signal in signals if signal.slot is slot for span in signal.spans]
        ranges = dict.fromkeys(
            Range(span.start_ms, span.end_ms, f"{title}: {span.note}" if span.note else title, span.score_bp)
            for span in sorted(seen, key=lambda span: span.start_ms)
            if 0 <= span.start_ms <= span.end_ms
        )
        if ranges:
            lanes.append(Lane(LANES[slot], tuple(ranges), heard=slot in HEARD))
    return tuple(lanes)


def _course(signals: Sequence[SignalView]) -> tuple[Lane, ...]:
    """The highest score of each second, of whatever slot."""
    highest: dict[int, int] = {}
    for span in (span for signal in signals for span in signal.spans):
        if span.score_bp is not None and 0 <= span.start_ms <= span.end_ms:
            for second in range(span.start_ms // SECOND_MS, min(span.end_ms // SECOND_MS, _LONGEST_S) + 1):
                highest[second] = max(highest.get(second, 0), span.score_bp)
    if not highest:
        return ()
    first, last = min(highest), max(highest)
    values = tuple(highest.get(second) for second in range(first, last + 1))
    return (Lane("Scores", (), course=Course(first * SECOND_MS, SECOND_MS, values)),)


# Sentences


def of_100_videos(score_bp: int, prevalence_bp: int) -> str:
    """What a score means where few videos are manipulated."""
    number = manipulated_of_100(score_bp, prevalence_bp=prevalence_bp)
    about = f"about {round(number)}" if number >= 1 else "fewer than 1"
    verb = "is" if number < 1.5 else "are"
    share = prevalence_bp / 100
    return f"Of 100 videos like this, {about} {verb} manipulated, if {share:g} of 100 videos are altogether."


def _before(method: str | None, verdict: VerdictView) -> str:
    said = NOT_ANALYSED.lower() if verdict.score_bp is None else percent(verdict.score_bp)
    return f"An earlier analysis ({method or 'unknown method'}) said: {said}."


def _method(kind: KindView) -> list[str]:
    if kind.result is None:
        return []
    done = kind.result.analysis
    parts = [_METHODS.get(done.method or "", done.method or "")]
    if done.frames:
        parts.append(f"{done.frames} frames")
    if done.coverage_bp is not None and done.frames:
        parts.append(f"{percent(done.coverage_bp)} of the length")
    if kind.kind is AnalysisKind.CORE and done.detectors:
        models = [s.method for s in kind.result.scores if s.method.startswith("model:")]
        parts.append(f"checkpoint {models[0][6:].partition('@')[0]}" if models else "no checkpoint")
    beside = tuple(f"{slot}:" for slot in Slot)  # what is said of a slot stands beside it already
    missing = [words for words in done.missing if not words.startswith(beside)]
    return [f"{KINDS[kind.kind]}: {', '.join(part for part in parts if part)}.", *missing]


_METHODS: Final = {"none": "nothing looked"}


def _progress(kind: KindView) -> Progress | None:
    """What is under way, or why there are no newer scores; None where all is said by the scores."""
    latest, name = kind.latest, KINDS[kind.kind]
    if latest is None:
        return Progress(f"{name}: not analysed yet.")
    if latest.state is AnalysisState.QUEUED:
        again = " It stopped once and is tried again." if latest.runs else ""
        return Progress(f"{name}: to be analysed.{again}", None, latest)
    if latest.state is AnalysisState.RUNNING:
        return Progress(f"{name}: being analysed", latest.progress_bp, latest, begun=True)
    if latest.state in ENDED:
        old = " The scores below are from before." if kind.result is not None else ""
        said = " ".join(part for part in (ENDED[latest.state], latest.reason) if part)
        return Progress(f"{name}: {said}{old}", None, latest, ended=True)
    return None


def may_cancel(progress: Progress) -> bool:
    """Whether there is something to be stopped."""
    return progress.analysis is not None and progress.analysis.state in OPEN


def only_progress(before: VideoAnalyses, now: VideoAnalyses) -> bool:
    """Whether nothing but the shares that are done has changed."""
    return _still(before) == _still(now)


def _still(known: VideoAnalyses) -> VideoAnalyses:
    def without(kind: KindView) -> KindView:
        if kind.latest is None:
            return kind
        latest = kind.latest.model_copy(update={"progress_bp": 0, "version": 1, "priority": 0})
        return kind.model_copy(update={"latest": latest})

    return known.model_copy(update={"core": without(known.core), "text": without(known.text)})
