"""Puts the signals of a slot together: a stored logistic over standardised signals, and the verdict of all.

Fitted by `scripts/fit_forensics.py` and stored in resources/models/fusion-v1.json: numbers only. A missing
signal is marginalised, not set to zero: its weight draws the score towards even odds (MacKay 1992, "The
Evidence Framework Applied to Classification Networks").
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import fmean

from pydantic import BaseModel, ConfigDict

import resources
from server.forensics.results import Signal, SlotScore, Verdict
from server.forensics.rules import BP, CHECKPOINT_BP, DEEPFAKE, SIGNALS_ONLY_BP, Abstained, Condition, Slot

STORED = "models/fusion-v1.json"
METHOD = "signals-v1"
CLEARED_BP = 2_000
"""A slot whose whole interval lies below speaks against manipulation."""
_FAR = 3.0


class Scale(BaseModel):
    """Mean and standard deviation of a signal over the clips that it was fitted on."""

    model_config = ConfigDict(frozen=True)
    mean: float
    std: float


class SlotFusion(BaseModel):
    """The logistic of one slot. `draws` are the coefficients of refits on resampled sources: intercept first,
    then those of `signals` in order; the first is the fit itself. `usable` says for each condition whether
    the evaluation found a use there; thresholds are shares, 0 to 1."""

    model_config = ConfigDict(frozen=True)
    signals: dict[str, Scale]
    draws: tuple[tuple[float, ...], ...]
    look_closer: float
    likely: float
    auc_low: float
    usable: dict[Condition, bool]

    def score(self, values: Mapping[str, float]) -> tuple[float, float, float]:
        """Score, and the interval that holds 80 % of the refits, each 0 to 1."""
        every = sorted(self._one(draw, values) for draw in self.draws)
        low = every[int(0.1 * (len(every) - 1))]
        high = every[math.ceil(0.9 * (len(every) - 1))]
        own = self._one(self.draws[0], values)
        return own, min(low, own), max(high, own)

    def speaks_in(self, found: Iterable[Condition]) -> bool:
        """Whether the evaluation found a use for it, in each of the conditions too."""
        return self.auc_low > 0.5 and all(self.usable.get(condition, True) for condition in found)

    def known(self, values: Mapping[str, float]) -> float:
        """The share of the weights whose signals are there, 0 to 1."""
        weights = dict(zip(self.signals, map(abs, self.draws[0][1:]), strict=True))
        whole = sum(weights.values())
        return sum(weights[name] for name in self.signals if name in values) / whole if whole else 0.0

    def _one(self, draw: Sequence[float], values: Mapping[str, float]) -> float:
        logit, unknown = draw[0], 0.0
        for (name, scale), weight in zip(self.signals.items(), draw[1:], strict=True):
            if name in values:
                far = (values[name] - scale.mean) / scale.std
                logit += weight * min(_FAR, max(-_FAR, far))
            else:
                unknown += weight * weight
        return 1.0 / (1.0 + math.exp(-logit / math.sqrt(1.0 + math.pi * unknown / 8.0)))


class Fusion(BaseModel):
    """All slots, with what they were fitted on: the sha256 of the manifest and how many clips of it."""

    model_config = ConfigDict(frozen=True)
    version: str
    manifest_sha256: str
    clips: int
    slots: dict[Slot, SlotFusion]


@lru_cache(maxsize=1)
def stored() -> Fusion:
    """The fusion that ships. Raises FileNotFoundError, or ValidationError for a file of another shape."""
    return Fusion.model_validate(json.loads(resources.path(STORED).read_text()))


def slot_score(
    slot: Slot, signals: Iterable[Signal], found: frozenset[Condition], fusion: SlotFusion | None
) -> SlotScore:
    """What the signals of `slot` say together, in the conditions `found`; of several faces the worst.

    None and a reason where the detectors abstained, where there is no fusion, or where the evaluation found
    no use under one of the conditions.
    """
    mine = [one for one in signals if one.slot is slot]
    tracks: dict[int | None, dict[str, Signal]] = {}
    for one in mine:
        if one.value is not None and one.abstained is None and _wanted(one, fusion):
            tracks.setdefault(one.track, {})[one.name] = one
    if not tracks:
        why = next((one.abstained for one in mine if one.abstained), Abstained.TOO_SHORT)
        return SlotScore(slot, METHOD, abstained=why)
    if fusion is None:
        return SlotScore(slot, METHOD, abstained=Abstained.NO_MODEL)
    if not fusion.speaks_in(found):
        return SlotScore(slot, METHOD, abstained=Abstained.NO_USABLE_SIGNAL)
    scored = [(_scored(slot, fusion, track, named)) for track, named in tracks.items()]
    return max(scored, key=lambda one: (one.score_bp or 0, -(one.track or 0)))


def _wanted(one: Signal, fusion: SlotFusion | None) -> bool:
    return fusion is None or one.name in fusion.signals


def _scored(slot: Slot, fusion: SlotFusion, track: int | None, named: Mapping[str, Signal]) -> SlotScore:
    values = {name: float(one.value or 0.0) for name, one in named.items()}
    score, low, high = fusion.score(values)
    trust = fmean(one.reliability_bp for one in named.values()) * fusion.known(values)
    return SlotScore(
        slot,
        METHOD,
        score_bp=round(score * BP),
        low_bp=round(low * BP),
        high_bp=round(high * BP),
        track=track,
        reliability_bp=min(SIGNALS_ONLY_BP, round(trust)),
        look_closer=score >= fusion.look_closer,
        likely=score >= fusion.likely,
    )


def verdict(slots: Iterable[SlotScore]) -> Verdict:
    """The slots of the deepfake panel together.

    The score is a noisy-or of how far each slot stands above even odds, weighted by its reliability. The
    confidence is their mean reliability, where one that abstained counts as none. True needs two slots that
    are likely, one of them by its checkpoint; false needs two slots that are cleared and none that asks for a
    closer look; all else is undetermined.
    """
    three = [one for one in slots if one.slot in DEEPFAKE]
    scored = [one for one in three if one.score_bp is not None]
    if not scored:
        return Verdict(None, 0, None)
    quiet = 1.0
    for one in scored:
        quiet *= 1.0 - one.reliability_bp / BP * max(0.0, 2.0 * (one.score_bp or 0) / BP - 1.0)
    checkpoint = any(one.method.startswith("model:") for one in scored)
    confidence = round(sum(one.reliability_bp for one in scored) / len(DEEPFAKE))
    likely = [one for one in scored if one.likely]
    cleared = sum(one.high_bp is not None and one.high_bp < CLEARED_BP for one in scored)
    answer: bool | None = None
    if len(likely) >= 2 and any(one.method.startswith("model:") for one in likely):
        answer = True
    elif cleared >= 2 and not any(one.look_closer for one in scored):
        answer = False
    return Verdict(
        score_bp=round((1.0 - quiet) * BP),
        confidence_bp=min(CHECKPOINT_BP if checkpoint else SIGNALS_ONLY_BP, confidence),
        is_deepfake=answer,
    )
