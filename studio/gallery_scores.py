"""Gallery pages of the panel of scores, with made-up analyses in every state it has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.forensics.rules import SLOTS_OF, Abstained, AnalysisKind, AnalysisState, Slot
from server.forensics.schemas import (
    AnalysisView,
    EarlierView,
    KindView,
    ResultView,
    ScoreView,
    SignalView,
    SpanView,
    VerdictView,
    VideoAnalyses,
)
from studio import gallery_evidence as evidence
from studio import gallery_matches as matched
from studio.messages import Problem
from studio.tabs.forensics.evidence_box import EvidenceBox
from studio.tabs.forensics.view import ScoresView
from studio.widgets.card import Card
from studio.widgets.label import Label

VIDEO: Final = UUID(int=1)
MOMENT_MS: Final = 1_200
"""The first moment of `found`."""
_AT: Final = datetime(2026, 5, 1, 12, tzinfo=UTC)
_WIDTH: Final = 362
"""What the panel has beside a review."""


def analysis(kind: AnalysisKind, state: AnalysisState = AnalysisState.DONE, **more: Any) -> AnalysisView:
    """A made-up analysis."""
    values: dict[str, Any] = {
        "id": UUID(int=2 if kind is AnalysisKind.CORE else 3),
        "video_id": VIDEO,
        "kind": kind,
        "state": state,
        "sha256": "0" * 64,
        "priority": 0,
        "runs": 1,
        "progress_bp": 10_000,
        "coverage_bp": 8_200,
        "frames": 96 if kind is AnalysisKind.CORE else 8,
        "method": "made up for the demo",
        "detectors": {"demo": "1"},
        "missing": [],
        "code": None,
        "reason": None,
        "requested_at": _AT,
        "started_at": _AT,
        "finished_at": _AT,
        "version": 1,
    }
    return AnalysisView(**values | more)


def score(slot: Slot, bp: int | Abstained, **more: Any) -> ScoreView:
    """A made-up score, or the reason why there is none."""
    known = None if isinstance(bp, Abstained) else bp
    values: dict[str, Any] = {
        "slot": slot,
        "method": "signals-v1",
        "score_bp": known,
        "low_bp": None if known is None else max(known - 1_900, 0),
        "high_bp": None if known is None else min(known + 1_500, 10_000),
        "reliability_bp": 0 if known is None else 5_000,
        "look_closer": False,
        "likely": False,
        "abstained": None if known is not None else bp,
    }
    return ScoreView(**values | more)


def signal(
    slot: Slot, *spans: tuple[int, int, int, str], note: str = "", track: int | None = None
) -> SignalView:
    """A made-up signal with where it was seen."""
    return SignalView(
        slot=slot,
        detector="demo",
        version="1",
        name="demo",
        value=0.4,
        score_bp=6_000,
        reliability_bp=5_000,
        abstained=None,
        note=note,
        track=track,
        spans=[SpanView(start_ms=a, end_ms=b, score_bp=bp, note=note) for a, b, bp, note in spans],
    )


def kind(
    which: AnalysisKind,
    *scores: ScoreView,
    latest: AnalysisView | None = None,
    signals: list[SignalView] | None = None,
    verdict: VerdictView | None = None,
    earlier: EarlierView | None = None,
    **more: Any,
) -> KindView:
    """What there is of one kind: a result where there are scores; `more` is of its analysis."""
    done = analysis(which, **more)
    said = {one.slot: one for one in scores}
    missing = [score(slot, Abstained.NO_MODEL) for slot in SLOTS_OF[which] if slot not in said]
    result = ResultView(
        analysis=done,
        verdict=verdict or VerdictView(score_bp=None, confidence_bp=None, is_deepfake=None),
        scores=[*scores, *missing],
        signals=signals or [],
    )
    return KindView(
        kind=which, latest=latest or done, result=result if scores or more else None, earlier=earlier
    )


def none_yet(which: AnalysisKind, latest: AnalysisView | None = None) -> KindView:
    """Nothing has given scores so far."""
    return KindView(kind=which, latest=latest, result=None, earlier=None)


def video(core: KindView, text: KindView, *, restricted: bool = False) -> VideoAnalyses:
    """What is known of the made-up video."""
    return VideoAnalyses(video_id=VIDEO, restricted_class=restricted, core=core, text=text, prevalence_bp=200)


CORE, TEXT = AnalysisKind.CORE, AnalysisKind.TEXT


def found() -> VideoAnalyses:
    """Much was found."""
    core = kind(
        CORE,
        score(Slot.FACE_MANIPULATION, 8_400, look_closer=True, likely=True, track=evidence.FIRST),
        score(Slot.VOICE_SYNTHESIS, 3_100),
        score(Slot.LIP_SYNC, 7_100, look_closer=True),
        score(Slot.EXPLICIT, 400),
        signals=[
            *evidence.faces(),
            *evidence.voice(),
            *evidence.lips(),
            signal(
                Slot.FACE_MANIPULATION,
                (MOMENT_MS, 2_600, 8_800, "the edge of the face is softer than its surroundings"),
                (6_400, 8_000, 7_900, "the skin flickers"),
                (8_200, 8_700, 7_000, "the skin flickers"),
                track=evidence.FIRST,
            ),
            *evidence.provenance(),
        ],
        verdict=VerdictView(score_bp=8_100, confidence_bp=5_000, is_deepfake=None),
        earlier=EarlierView(
            method="signals-v0",
            finished_at=_AT,
            verdict=VerdictView(score_bp=6_200, confidence_bp=3_000, is_deepfake=None),
        ),
        missing=["violence: no model for it is installed", "The last 12 seconds are damaged."],
        state=AnalysisState.PARTLY,
    )
    words = kind(TEXT, score(Slot.HATE_SPEECH, 7_200, look_closer=True), signals=evidence.words())
    return video(core, words)


def abstained() -> VideoAnalyses:
    """Nearly every line says why it has no score."""
    core = kind(
        CORE,
        score(Slot.FACE_MANIPULATION, Abstained.NO_FACE),
        score(Slot.VOICE_SYNTHESIS, Abstained.SILENT),
        score(Slot.LIP_SYNC, Abstained.MOUTH_UNSEEN),
        score(Slot.EXPLICIT, 0),
    )
    return video(core, kind(TEXT, score(Slot.HATE_SPEECH, Abstained.NO_SPEECH)))


def no_model() -> VideoAnalyses:
    """What is said while no detector is installed."""
    told = ["No detector is installed on this server: nothing was looked at."]
    more: dict[str, Any] = {"method": "none", "frames": 0, "coverage_bp": 0, "detectors": {}, "missing": told}
    return video(kind(CORE, **more), kind(TEXT, **more))


def running() -> VideoAnalyses:
    """One analysis runs, the other waits."""
    runs = analysis(CORE, AnalysisState.RUNNING, progress_bp=4_300)
    return video(none_yet(CORE, runs), none_yet(TEXT, analysis(TEXT, AnalysisState.QUEUED, runs=0)))


def running_again() -> VideoAnalyses:
    """An analysis runs while the scores of the one before are shown."""
    before = found()
    runs = analysis(CORE, AnalysisState.RUNNING, progress_bp=7_000, id=UUID(int=4))
    return before.model_copy(update={"core": before.core.model_copy(update={"latest": runs})})


def failed() -> VideoAnalyses:
    """One analysis is parked, one was refused."""
    parked = analysis(CORE, AnalysisState.PARKED, runs=2, reason="Reading it stopped the isolated reader.")
    refused = analysis(TEXT, AnalysisState.REFUSED, reason="The file is damaged.")
    return video(none_yet(CORE, parked), none_yet(TEXT, refused))


def restricted() -> VideoAnalyses:
    """Of the restricted class there are numbers and no moments."""
    bare = found()
    return bare.model_copy(
        update={"core": _bare(bare.core), "text": _bare(bare.text), "restricted_class": True}
    )


def _bare(kind: KindView) -> KindView:
    assert kind.result is not None
    without = kind.result.model_copy(update={"signals": []})
    return kind.model_copy(update={"result": without})


def never() -> VideoAnalyses:
    """Nobody has asked."""
    return video(none_yet(CORE), none_yet(TEXT))


def offline(view: ScoresView) -> None:
    """The server does not answer."""
    to_do = "What you decide is kept and sent when it is back."
    view.failed(Problem(what_happened="The server cannot be reached.", what_was_kept="", what_to_do=to_do))


def scores_page() -> QWidget:
    """The panel with all, with reasons in place of scores, and without detectors."""
    return _page(("Scores (demo)", found), ("Abstained", abstained), ("No model", no_model))


def scores_states_page() -> QWidget:
    """The panel while it waits, and where something failed."""
    return _page(("Running", running), ("Failed", failed), ("Not yet analysed", never), ("Offline", offline))


def scores_evidence_page() -> QWidget:
    """The panel with its evidence opened, with what the video was recognised as, and a model's opinion."""
    page = _page(("Faces", found), ("Lips", found), ("Recognised, and a model's opinion", abstained))
    faces, lips, beside = page.findChildren(ScoresView)
    for view, title in ((faces, "Face manipulation"), (lips, "Lip sync")):
        box = next(box for box in view.findChildren(EvidenceBox) if box.title == title)
        box.opener.setChecked(True)
        box.set_now(MOMENT_MS * 4)
    beside.show_matches(matched.matches())
    beside.opinion.show_opinion(matched.opinion())
    return page


def scores_again_page() -> QWidget:
    """Scores while they are worked out anew, and of the restricted class."""
    return _page(("Running again", running_again), ("Restricted", restricted))


def _page(*columns: tuple[str, Callable[..., VideoAnalyses | None]]) -> QWidget:
    page = QWidget()
    page.setProperty("surface", "window")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    row = QHBoxLayout(page)
    row.setContentsMargins(24, 24, 24, 24)
    row.setSpacing(16)
    for title, fill in columns:
        column = QVBoxLayout()
        column.addWidget(Label(title, "strong"))
        card, view = Card(), ScoresView(may_ask=True)
        card.setFixedWidth(_WIDTH if len(columns) < 4 else 292)
        card.setMinimumHeight(1_020 if len(columns) < 4 else 420)
        if fill is offline:
            fill(view)
        elif (known := fill()) is not None:
            view.show_known(known)
        card.body.addWidget(view)
        column.addWidget(card, 1)
        row.addLayout(column)
    row.addStretch(1)
    return page
