"""The wire types of forensics; those of hash banks are made in `banks.schemas`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from server.forensics.banks.schemas import BankChoice as BankChoice
from server.forensics.banks.schemas import BankEdit as BankEdit
from server.forensics.banks.schemas import BankView as BankView
from server.forensics.banks.schemas import EntriesCommand as EntriesCommand
from server.forensics.banks.schemas import EntriesMoved as EntriesMoved
from server.forensics.banks.schemas import EntryCommand as EntryCommand
from server.forensics.banks.schemas import EntryView as EntryView
from server.forensics.banks.schemas import ImportReceipt as ImportReceipt
from server.forensics.banks.schemas import MatchView as MatchView
from server.forensics.banks.schemas import NewBank as NewBank
from server.forensics.banks.schemas import NewEntry as NewEntry
from server.forensics.banks.schemas import NewImport as NewImport
from server.forensics.banks.schemas import NewVerdict as NewVerdict
from server.forensics.banks.schemas import ScanView as ScanView
from server.forensics.rules import Abstained, AnalysisKind, AnalysisState, Slot
from server.kit.wire import BasisPoints, Frozen, Instant, Version

Share = Annotated[int, Field(ge=0, le=10_000, description="Basis points of the whole")]
Ms = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1, description="ms of the player's clock")]


class AnalysisView(Frozen):
    """Where an analysis is. `reason` says in a sentence why it was refused or parked; `missing` what it did
    not look at; `coverage_bp` the share of the file's length that it did."""

    id: UUID
    video_id: UUID
    kind: AnalysisKind
    state: AnalysisState
    sha256: str
    priority: int
    runs: int
    progress_bp: Share
    coverage_bp: Share | None
    frames: int | None
    method: str | None
    detectors: dict[str, str]
    missing: list[str]
    code: str | None
    reason: str | None
    requested_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    version: Version


class SpanView(Frozen):
    """A stretch of time in which something was seen."""

    start_ms: Ms
    end_ms: Ms
    score_bp: BasisPoints | None = None
    note: str = ""


class BoxView(Frozen):
    """A region of the upright picture at `t_ms`, in basis points of its width and height."""

    t_ms: Ms
    x_bp: int
    y_bp: int
    width_bp: int
    height_bp: int
    track: int | None = None
    score_bp: BasisPoints | None = None


class CurveView(Frozen):
    """Evenly spaced values, one each `step_ms` from `start_ms` on; null where nothing was measured."""

    name: str
    unit: str
    start_ms: Ms
    step_ms: float
    values: list[float | None]


class SignalView(Frozen):
    """One measurement of one detector, on the face `track` if on one, or a fact in words (`note`). For the
    restricted class it comes without evidence."""

    slot: Slot
    detector: str
    version: str
    name: str
    value: float | None
    score_bp: BasisPoints | None
    reliability_bp: Share
    abstained: Abstained | None
    track: int | None = None
    note: str = ""
    spans: list[SpanView] = []
    boxes: list[BoxView] = []
    curves: list[CurveView] = []


class ScoreView(Frozen):
    """What is said of one slot: `score_bp` within `low_bp`..`high_bp` (80 %), or `abstained` with the reason;
    null is "not analysed", never 0.

    `track` is the face that it speaks of, the worst of several. `look_closer` and `likely` = it passes the
    threshold with a false positive rate of at most 0.10 and 0.02.
    """

    slot: Slot
    method: str
    score_bp: BasisPoints | None
    track: int | None = None
    low_bp: BasisPoints | None
    high_bp: BasisPoints | None
    reliability_bp: Share
    look_closer: bool
    likely: bool
    abstained: Abstained | None


class VerdictView(Frozen):
    """The deepfake slots together. `is_deepfake` null is "undetermined"."""

    score_bp: BasisPoints | None
    confidence_bp: Share | None
    is_deepfake: bool | None


class EarlierView(Frozen):
    """What an earlier analysis said, before the current one took its place."""

    method: str | None
    finished_at: Instant | None
    verdict: VerdictView


class ResultView(Frozen):
    """What an analysis found."""

    analysis: AnalysisView
    verdict: VerdictView
    scores: list[ScoreView]
    signals: list[SignalView]


class KindView(Frozen):
    """What there is of one kind. `latest` is the last analysis asked for, whatever became of it; `result` is
    the last one that gave scores, which may be the same."""

    kind: AnalysisKind
    latest: AnalysisView | None
    result: ResultView | None
    earlier: EarlierView | None


class VideoAnalyses(Frozen):
    """Everything that is known of a video. `prevalence_bp` is how many of all videos are taken to be
    manipulated, in basis points: what the meaning of a score hangs on (a setting of the server)."""

    video_id: UUID
    restricted_class: bool
    core: KindView
    text: KindView
    prevalence_bp: Share


class NewAnalysis(Frozen):
    """Which analysis is asked for again."""

    kind: AnalysisKind = AnalysisKind.CORE
