"""Fits the fusion of a slot from the table of examples, with its thresholds and where it is of use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, combinations
from statistics import fmean, pstdev, stdev
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import t as student

from server.forensics.conditions import OF_SLOT, Condition
from server.forensics.evaluation.metrics import auc_interval, threshold
from server.forensics.evaluation.table import Example
from server.forensics.fusion import Scale, SlotFusion
from server.forensics.rules import Slot

LOOK_CLOSER: Final = 0.10
LIKELY: Final = 0.02
LEAST_TPR: Final = 0.30
SIGNALS: Final[dict[Slot, tuple[str, ...]]] = {
    Slot.FACE_MANIPULATION: (
        *("mouth_eye_sharpness", "mouth_cheek_noise", "face_ring_noise", "edge_noise", "face_ring_ela"),
        *("face_ring_sharpness", "spectrum_residual", "jitter", "mouth_jitter"),
    ),
    Slot.VOICE_SYNTHESIS: (
        *("pitch_jitter", "pitch_spread", "shimmer", "clarity", "clarity_spread", "cepstral_movement"),
        *("cepstral_slow_movement", "average_ripple", "group_delay_spread"),
    ),
    Slot.LIP_SYNC: ("sync_surprise",),
}
"""Chosen for what they mean, before the fit; absolute levels, lengths and resolutions are not among them."""
_DRAWS = 30
_PENALTY = 3.0
Rows = NDArray[np.float64]


def fit_slot(slot: Slot, examples: Sequence[Example], *, draws: int = _DRAWS) -> SlotFusion:
    """The fusion of `slot`. Thresholds and uses are from scores of sources that were left out of the fit;
    its interval is from so many refits.

    A set of conditions is of use when, with the thresholds that keep every condition's real clips within the
    rates, at least 0.3 of the fakes in each of them ask for a closer look; the largest such set is taken.
    """
    mine = [one for one in examples if one.slot is slot]
    weights, scales = _fitted(slot, mine)
    held = held_out(slot, mine)
    names = [one.groups[0] for one, _ in held]
    interval = auc_interval([s for _, s in held], [one.fake for one, _ in held], names) if held else None
    usable, look_closer, likely = _uses(slot, mine, held)
    if interval is None or interval[0] <= 0.5:
        usable = frozenset()
    return SlotFusion(
        signals=scales,
        draws=(weights, *_draws(slot, mine, scales, draws)),
        look_closer=_up(look_closer),
        likely=_up(likely),
        auc_low=round(interval[0], 4) if interval else 0.0,
        usable={condition: condition in usable for condition in OF_SLOT[slot]},
    )


def _up(threshold: float) -> float:
    """Four places, never below: rounded down it would flag one real clip more than the rate allows."""
    return math.ceil(threshold * 10_000) / 10_000


def held_out(slot: Slot, examples: Sequence[Example]) -> list[tuple[Example, float]]:
    """Each example with the score that a fit without any of its sources gives it."""
    found: list[tuple[Example, float]] = []
    for group in sorted({one.groups[0] for one in examples}):
        rest = [one for one in examples if group not in one.groups]
        held = [one for one in examples if one.groups[0] == group and one.faces]
        if held and len({one.fake for one in rest if one.faces}) == 2:
            weights, scales = _fitted(slot, rest)
            bare = SlotFusion(signals=scales, draws=(weights,), look_closer=1, likely=1, auc_low=1, usable={})
            found += [(one, max(bare.score(face)[0] for face in one.faces)) for one in held]
    return found


def _fitted(
    slot: Slot, examples: Sequence[Example], scales: dict[str, Scale] | None = None
) -> tuple[tuple[float, ...], dict[str, Scale]]:
    """Coefficients (intercept first) of a ridge logistic; both kinds weigh the same, and so do the sources
    of each kind."""
    used = [one for one in examples if one.faces]
    scales = scales or _scales(slot, used)
    x, y = _standardised(used, scales), np.array([one.fake for one in used], np.float64)
    weight = _weights(used)
    design = np.column_stack([np.ones(len(used)), x])
    penalty = np.r_[0.0, np.full(x.shape[1], _PENALTY)]

    def loss(w: Rows) -> tuple[float, Rows]:
        z = design @ w
        miss = 1 / (1 + np.exp(-z)) - y
        value = float(weight @ (np.logaddexp(0, z) - y * z) + 0.5 * penalty @ (w * w))
        return value, design.T @ (weight * miss) + penalty * w

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B")
    return tuple(round(float(v), 4) for v in found.x), scales


def _weights(used: Sequence[Example]) -> Rows:
    """Of each kind half of all; within it each source in the root of its size."""
    count: dict[tuple[bool, str], int] = {}
    for one in used:
        key = (one.fake, one.groups[0])
        count[key] = count.get(key, 0) + 1
    clips = 2 * min(len({one.clip for one in used if one.fake is kind}) for kind in (True, False))
    raw = np.array([1 / math.sqrt(count[one.fake, one.groups[0]]) for one in used])
    fake = np.array([one.fake for one in used])
    for kind in (True, False):
        raw[fake == kind] *= clips / 2 / max(raw[fake == kind].sum(), 1e-9)
    return raw


def _scales(slot: Slot, used: Sequence[Example]) -> dict[str, Scale]:
    scales: dict[str, Scale] = {}
    for name in SIGNALS[slot]:
        values = [face[name] for one in used for face in one.faces[:1] if name in face]
        if len(values) > 2 and pstdev(values) > 1e-6:
            scales[name] = Scale(mean=round(fmean(values), 5), std=round(pstdev(values), 5))
    return scales


def _standardised(used: Sequence[Example], scales: dict[str, Scale]) -> Rows:
    rows = np.zeros((len(used), len(scales)))
    for i, one in enumerate(used):
        for j, (name, scale) in enumerate(scales.items()):
            if name in one.faces[0]:
                rows[i, j] = np.clip((one.faces[0][name] - scale.mean) / scale.std, -3, 3)
    return rows


def _draws(
    slot: Slot, mine: Sequence[Example], scales: dict[str, Scale], count: int
) -> list[tuple[float, ...]]:
    """Refits on sources drawn with replacement, on the same scales."""
    groups = sorted({one.groups[0] for one in mine})
    dice = np.random.default_rng(7)
    found: list[tuple[float, ...]] = []
    for _ in range(count):
        drawn = dice.integers(0, len(groups), len(groups))
        picked = [one for i in drawn for one in mine if one.groups[0] == groups[i]]
        if len({one.fake for one in picked if one.faces}) == 2:
            found.append(_fitted(slot, picked, scales)[0])
    return found


def _uses(
    slot: Slot, mine: Sequence[Example], held: Sequence[tuple[Example, float]]
) -> tuple[frozenset[Condition], float, float]:
    """The conditions in which the slot is of use, and both thresholds."""
    best: tuple[tuple[int, float], frozenset[Condition], float, float] | None = None
    every = OF_SLOT[slot]
    for chosen in chain.from_iterable(combinations(every, size) for size in range(len(every), 0, -1)):
        within = frozenset(chosen)
        shown = [(one, s) for one, s in held if within.issuperset(set(one.found) & set(every))]
        look_closer, likely = (_threshold(mine, shown, rate) for rate in (LOOK_CLOSER, LIKELY))
        # Where fakes are many and real clips few, the threshold leans on the many: it is as strict as leaves
        # nine tenths of the fakes that are scored above it.
        caught = sorted(s for one, s in shown if one.fake)
        look_closer = max(look_closer, caught[len(caught) // 10] if caught else 0.0)
        likely = max(likely, look_closer)
        rates = [_rate(mine, shown, condition, look_closer) for condition in chosen]
        if min(rates) >= LEAST_TPR:
            rank = (len(chosen), min(rates))
            if best is None or rank > best[0]:
                best = (rank, within, look_closer, likely)
    return (best[1], best[2], best[3]) if best else (frozenset(), 1.0, 1.0)


def _threshold(mine: Sequence[Example], shown: Sequence[tuple[Example, float]], rate: float) -> float:
    """The larger of two: what keeps the real clips of every condition within the rate, and what one more real
    clip would pass at that rate if their logits are normal (the prediction bound of Student's t, with one
    degree of freedom less than there are clips): few clips have few extremes."""
    found = [0.0]
    for condition in sorted({one.condition for one in mine}):
        n = sum(not one.fake and one.condition is condition for one in mine)
        real = [s for one, s in shown if not one.fake and one.condition is condition]
        found.append(threshold(real, n, rate))
    real = [s for one, s in shown if not one.fake]
    clips = len({one.clip for one, _ in shown if not one.fake})
    if clips > 1:
        logits = [math.log(s / (1 - s)) for s in (min(max(s, 1e-6), 1 - 1e-6) for s in real)]
        bound = float(student.ppf(1 - rate, clips - 1)) * math.sqrt(1 + 1 / clips)
        found.append(1 / (1 + math.exp(-(fmean(logits) + bound * stdev(logits)))))
    return min(1.0, max(found))


def _rate(
    mine: Sequence[Example], shown: Sequence[tuple[Example, float]], condition: Condition, at: float
) -> float:
    """The share of all fakes in the condition that reach the threshold; one that abstained does not."""
    n = sum(one.fake and one.condition is condition for one in mine)
    return sum(one.fake and one.condition is condition and s >= at for one, s in shown) / max(1, n)
