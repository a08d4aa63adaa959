"""Evaluates the fusion on a table of examples: left-out sources, or the fusion that ships."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.forensics.conditions import OF_SLOT, Condition
from server.forensics.evaluation.fit import fit_slot, held_out
from server.forensics.evaluation.metrics import auc, auc_interval, brier, upper_bound
from server.forensics.evaluation.table import Example
from server.forensics.fusion import Fusion, SlotFusion
from server.forensics.rules import Slot


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a slot is worth in one condition (None: all together).

    AUC and Brier are of the scores that were given before a slot that is of no use is silenced; coverage is
    the share that gets a score on the screen; rates count all `fakes` and `reals`, and those without a score
    as not flagged. `_upper` is the one-sided 95 % bound.
    """

    slot: Slot
    condition: Condition | None
    fakes: int
    reals: int
    coverage: float
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    brier: float | None
    tpr_look_closer: float | None
    fpr_look_closer: float | None
    fpr_look_closer_upper: float | None
    tpr_likely: float | None
    fpr_likely: float | None
    fpr_likely_upper: float | None
    usable: bool


@dataclass(frozen=True)
class _Scored:
    example: Example
    raw: float | None
    shown: float | None
    look_closer: bool
    likely: bool


def leave_source_out(slot: Slot, examples: Sequence[Example]) -> list[Line]:
    """Every source scored by a fusion, with its thresholds and uses, that was fitted on all the others."""
    mine = [one for one in examples if one.slot is slot]
    raw = {id(one): score for one, score in held_out(slot, mine)}
    scored: list[_Scored] = []
    for group in sorted({one.groups[0] for one in mine}):
        rest = [one for one in mine if group not in one.groups]
        held = [one for one in mine if one.groups[0] == group]
        whole = len({one.fake for one in rest if one.faces}) == 2
        # Nothing here looks at an interval, which takes most of the time of a fit.
        fusion = fit_slot(slot, rest, draws=0) if whole else None
        scored += [_score(one, fusion, raw.get(id(one))) for one in held]
    return _lines(slot, scored, lambda _: any(one.shown is not None for one in scored))


def shipped(slot: Slot, examples: Sequence[Example], fusion: Fusion) -> list[Line]:
    """Every example scored by the fusion that ships: a fair test only on clips that it was not fitted on."""
    own = fusion.slots.get(slot)
    scored = [_score(one, own, _raw(own, one)) for one in examples if one.slot is slot]
    return _lines(slot, scored, lambda condition: own is not None and own.speaks_in([condition]))


def _raw(fusion: SlotFusion | None, one: Example) -> float | None:
    return max(fusion.score(face)[0] for face in one.faces) if fusion and one.faces else None


def _score(one: Example, fusion: SlotFusion | None, raw: float | None) -> _Scored:
    found = set(one.found) & set(OF_SLOT[one.slot])
    own = _raw(fusion, one)
    if fusion is None or own is None or not fusion.speaks_in(found):
        return _Scored(one, raw, None, False, False)
    return _Scored(one, raw, own, own >= fusion.look_closer, own >= fusion.likely)


def _lines(slot: Slot, scored: Sequence[_Scored], usable: Callable[[Condition], bool]) -> list[Line]:
    if not scored:
        return []
    conditions = OF_SLOT[slot]
    each = [
        _line(
            slot, condition, [one for one in scored if one.example.condition is condition], usable(condition)
        )
        for condition in conditions
    ]
    return [*each, _line(slot, None, scored, any(line.usable for line in each))]


def _line(slot: Slot, condition: Condition | None, scored: Sequence[_Scored], usable: bool) -> Line:
    fakes = [one for one in scored if one.example.fake]
    reals = [one for one in scored if not one.example.fake]
    raw = [one for one in scored if one.raw is not None]
    scores, kinds = [one.raw or 0.0 for one in raw], [one.example.fake for one in raw]
    interval = auc_interval(scores, kinds, [one.example.groups[0] for one in raw]) if raw else None
    return Line(
        slot=slot,
        condition=condition,
        fakes=len(fakes),
        reals=len(reals),
        coverage=sum(one.shown is not None for one in scored) / max(1, len(scored)),
        auc=auc([s for s, k in zip(scores, kinds, strict=True) if k],
                [s for s, k in zip(scores, kinds, strict=True) if not k]),
        auc_low=interval[0] if interval else None,
        auc_high=interval[1] if interval else None,
        brier=brier(scores, kinds),
        tpr_look_closer=_share(fakes, lambda one: one.look_closer),
        fpr_look_closer=_share(reals, lambda one: one.look_closer),
        fpr_look_closer_upper=upper_bound(sum(one.look_closer for one in reals), len(reals)),
        tpr_likely=_share(fakes, lambda one: one.likely),
        fpr_likely=_share(reals, lambda one: one.likely),
        fpr_likely_upper=upper_bound(sum(one.likely for one in reals), len(reals)),
        usable=usable,
    )  # fmt: skip


def _share(of: Sequence[_Scored], kind: Callable[[_Scored], bool]) -> float | None:
    return sum(map(kind, of)) / len(of) if of else None
