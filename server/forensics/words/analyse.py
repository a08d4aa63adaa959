"""The text job: one file in, one Analysis of its words out. Runs in the worker process.

What is read and heard is a stranger's: it is cut, never logged, and shown as text alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Final

from server.content.media.progress import WHOLE, Progress, silent
from server.content.media.results import FileLimits
from server.forensics.analyse import hash_of
from server.forensics.results import Analysis, Box, Signal, SlotScore, Span, Verdict
from server.forensics.rules import SIGNALS_ONLY_BP, Abstained, Slot, why_not
from server.forensics.sample import MediaSample
from server.forensics.sampling import take_words
from server.forensics.words.abusive import AbusiveLanguage, Found
from server.forensics.words.detectors import ABUSE, SCREEN, SPEECH, not_installed, versions
from server.forensics.words.lines import Line
from server.forensics.words.screen import ScreenText, all_lines
from server.forensics.words.transcript import Transcript, parts

METHOD: Final = "words-v1"
LOOK_CLOSER_BP: Final = 8_500
"""A line that scores so much is worth a look: see docs/forensics.md for how often harmless ones do."""
_DECODED_BP, _READ_BP, _HEARD_BP = 1_500, 4_000, 9_500
_SHOWN: Final = 100
_HITS: Final = 20
_HIT_BP: Final = 5_000
Reader = ScreenText | Transcript | AbusiveLanguage


def analyse(
    path: Path,
    limits: FileLimits,
    *,
    sha256: str | None = None,
    models: str | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Read, hear and judge the words of the file at `path`; no checkpoint answers for words yet.

    The same file gives the same Analysis. Raises Refusal when it is neither picture nor sound.
    """
    ABUSE.prepare()
    sample = take_words(path, limits)
    progress.tell(_DECODED_BP)
    return examined(sample, sha256 or hash_of(path), progress)


def examined(sample: MediaSample, sha256: str, progress: Progress = silent) -> Analysis:
    """The analysis of the words of a sample. One that breaks gives FAILED, and the others their signals."""
    screen, seen = _screen(sample, progress)
    speech, heard = _speech(sample, progress)
    judged, score = _judged([*seen, *heard], [screen, speech])
    progress.tell(WHOLE)
    missing = [f"{score.slot.value}: {why_not(score.slot, score.abstained)}"] if score.abstained else []
    return Analysis(
        sha256=sha256,
        method=METHOD,
        frames=len(sample.stills),
        coverage_bp=sample.coverage_bp,
        detectors=versions(),
        slots=(score,),
        signals=(screen, speech, judged),
        verdict=Verdict(None, 0, None),
        missing=(*missing, *not_installed()),
    )


def _screen(sample: MediaSample, progress: Progress) -> tuple[Signal, list[Line]]:
    why = SCREEN.is_available() or (None if sample.has_picture else Abstained.NO_PICTURE)
    if why is not None:
        return _silent(SCREEN, "screen_text", why), []
    try:
        count = len(sample.stills)
        lines = all_lines(list(progress.over(SCREEN.read(sample), count, _DECODED_BP, _READ_BP)))
    except MemoryError:
        raise
    except Exception:
        return _silent(SCREEN, "screen_text", Abstained.FAILED), []
    sure = round(fmean(line.sure for line in lines) * WHOLE) if lines else WHOLE
    return _said(SCREEN, "screen_text", lines, reliability_bp=sure), lines


def _speech(sample: MediaSample, progress: Progress) -> tuple[Signal, list[Line]]:
    why = SPEECH.is_available() or SPEECH.why_not(sample)
    if why is not None:
        return _silent(SPEECH, "transcript", why), []
    try:
        found = list(progress.over(SPEECH.listen(sample), len(parts(sample)), _READ_BP, _HEARD_BP))
    except MemoryError:
        raise
    except Exception:
        return _silent(SPEECH, "transcript", Abstained.FAILED), []
    lines = [line for line in found if line is not None]
    sure = round(fmean(line.sure for line in lines) * WHOLE) if lines else 0
    said = _said(SPEECH, "transcript", lines, reliability_bp=sure)
    return replace(said, note="rough: heard by a machine, many words are wrong"), lines


def _judged(lines: Sequence[Line], sources: Sequence[Signal]) -> tuple[Signal, SlotScore]:
    """The signal of the judge, and what it makes of the slot. Nothing to judge is no 0: it abstains."""
    why = ABUSE.is_available()
    if why is None and all(one.abstained is Abstained.NOT_INSTALLED for one in sources):
        why = Abstained.NOT_INSTALLED
    found: list[Found] = []
    if why is None:
        try:
            found = ABUSE.judge(lines)
            why = None if found else _nothing(sources)
        except MemoryError:
            raise
        except Exception:
            why = Abstained.FAILED
    if why is not None:
        return _silent(ABUSE, "abusive_language", why), SlotScore(Slot.HATE_SPEECH, METHOD, abstained=why)
    worst = max(found, key=lambda one: (one.score_bp, -one.line.start_ms))
    trust = round(SIGNALS_ONLY_BP * worst.line.sure)
    hits = sorted((one for one in found if one.score_bp >= _HIT_BP), key=lambda one: -one.score_bp)[:_HITS]
    hits.sort(key=lambda one: one.line.start_ms)
    judged = Signal(
        name="abusive_language",
        slot=Slot.HATE_SPEECH,
        detector=ABUSE.name,
        version=ABUSE.version,
        value=float(len(hits)),
        score_bp=worst.score_bp,
        reliability_bp=trust,
        note=f"{len(found)} lines; the worst by {worst.why}, {'seen' if worst.line.seen else 'heard'}",
        spans=tuple(
            Span(one.line.start_ms, one.line.end_ms, one.score_bp, f"{one.line.text} ({one.why})")
            for one in hits
        ),
        boxes=tuple(replace(one.line.box, score_bp=one.score_bp) for one in hits if one.line.box is not None),
    )
    score = SlotScore(
        Slot.HATE_SPEECH,
        METHOD,
        score_bp=worst.score_bp,
        low_bp=0,  # how sure the classifier may be of such lines was measured on no corpus
        high_bp=WHOLE,
        reliability_bp=trust,
        look_closer=worst.score_bp >= LOOK_CLOSER_BP,
    )
    return judged, score


def _nothing(sources: Sequence[Signal]) -> Abstained:
    """Why there was nothing to judge: what failed goes before what was not there."""
    reasons = {one.abstained for one in sources}
    return Abstained.FAILED if Abstained.FAILED in reasons else Abstained.NO_WORDS


def _said(detector: Reader, name: str, lines: Sequence[Line], *, reliability_bp: int) -> Signal:
    shown = lines[:_SHOWN]
    boxes: list[Box] = [line.box for line in shown if line.box is not None]
    return replace(
        _silent(detector, name, None),
        value=float(len(lines)),
        reliability_bp=reliability_bp,
        spans=tuple(Span(line.start_ms, line.end_ms, None, line.text) for line in shown),
        boxes=tuple(boxes),
    )


def _silent(detector: Reader, name: str, why: Abstained | None) -> Signal:
    return Signal(
        name=name,
        slot=Slot.HATE_SPEECH,
        detector=detector.name,
        version=detector.version,
        abstained=why,
    )
