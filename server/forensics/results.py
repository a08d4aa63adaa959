"""What analysing a file gives: signals with their evidence, a score for each slot, and what was not analysed.

Pure values: a worker process makes them, JSON carries them, the database keeps them. Times are ms of the
player's clock (0 = the first frame), boxes are in basis points of the upright picture's width and height.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from server.forensics.rules import Abstained, Slot


@dataclass(frozen=True)
class Span:
    """A stretch of time. `score_bp` 0 to 10,000, None where it has none."""

    start_ms: int
    end_ms: int
    score_bp: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Box:
    """A region of the picture at `t_ms`; `track` is the face it belongs to."""

    t_ms: int
    x_bp: int
    y_bp: int
    width_bp: int
    height_bp: int
    track: int | None = None
    score_bp: int | None = None


@dataclass(frozen=True)
class Curve:
    """Evenly spaced values from `start_ms`, one each `step_ms`; None where nothing was measured."""

    name: str
    unit: str
    start_ms: int
    step_ms: float
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Signal:
    """One measurement of one detector.

    `value` is in the detector's own unit; `score_bp` (0 to 10,000) is what it says by itself of its slot, if
    anything; `reliability_bp` how far the input lets it be trusted. With `abstained` there is neither.
    `track` is the face that it was measured on, if one; `note` a fact in words, cut to length.
    """

    name: str
    slot: Slot
    detector: str
    version: str
    value: float | None = None
    score_bp: int | None = None
    reliability_bp: int = 0
    abstained: Abstained | None = None
    track: int | None = None
    note: str = ""
    spans: tuple[Span, ...] = ()
    boxes: tuple[Box, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class SlotScore:
    """What all signals of a slot say together, 0 to 10,000, within `low_bp`..`high_bp` (80 %).

    `method` is "signals-v1", or "model:NAME@sha256" with a checkpoint. `look_closer` and `likely` say which
    of the two thresholds it passes (false positive rates of 0.10 and 0.02). `track` is the face it speaks of:
    the worst of several.
    """

    slot: Slot
    method: str
    score_bp: int | None = None
    track: int | None = None
    low_bp: int | None = None
    high_bp: int | None = None
    reliability_bp: int = 0
    look_closer: bool = False
    likely: bool = False
    abstained: Abstained | None = None


@dataclass(frozen=True)
class Verdict:
    """The slots of the deepfake panel together. `is_deepfake` None is "undetermined"."""

    score_bp: int | None
    confidence_bp: int
    is_deepfake: bool | None


@dataclass(frozen=True)
class Analysis:
    """All that was found in the file whose content has `sha256`. `coverage_bp` is the share of its length
    that was looked at; `detectors` are the versions that ran; `missing` says in words what was not."""

    sha256: str
    method: str
    frames: int
    coverage_bp: int
    detectors: dict[str, str]
    slots: tuple[SlotScore, ...]
    signals: tuple[Signal, ...]
    verdict: Verdict
    missing: tuple[str, ...] = field(default=())
