"""The wire types of the evaluation: what each slot is worth, as it was measured."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.forensics.rules import Condition, Slot
from server.kit.wire import Frozen

Part = Annotated[int, Field(ge=0, le=10_000, description="Basis points of the whole")]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class EvaluationLine(Frozen):
    """What a slot is worth in one condition (null = in all together).

    `scored_bp` is the share that gets a score on the screen; AUC and Brier are of the scores before a slot of
    no use is silenced. Rates count every clip, one without a score as not flagged. `auc_low_bp` and
    `auc_high_bp` hold 95 % when sources are drawn anew; `_upper_bp` is the one-sided 95 % bound.
    """

    slot: Slot
    condition: Condition | None
    fakes: Count
    reals: Count
    scored_bp: Part
    auc_bp: Part | None
    auc_low_bp: Part | None
    auc_high_bp: Part | None
    brier_bp: Part | None
    tpr_look_closer_bp: Part | None
    fpr_look_closer_bp: Part | None
    fpr_look_closer_upper_bp: Part | None
    tpr_likely_bp: Part | None
    fpr_likely_bp: Part | None
    fpr_likely_upper_bp: Part | None
    usable: bool


class EvaluationView(Frozen):
    """How the fusion that ships did. Every source of the `clips` of the manifest was scored by a fit on all
    the others, thresholds included; `manifest_sha256` names the clips."""

    fusion: str
    manifest_sha256: str
    clips: Count
    lines: list[EvaluationLine]
