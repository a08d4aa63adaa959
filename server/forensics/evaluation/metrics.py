"""How well scores tell fakes from real clips, with how little the few clips allow to say so."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, rankdata

_DRAWS = 1_000
Scores = NDArray[np.float64]


def auc(fake: Sequence[float], real: Sequence[float]) -> float | None:
    """The chance that a fake scores higher than a real clip, ties half; None without one of them."""
    if not fake or not real:
        return None
    ranks = rankdata([*fake, *real])[: len(fake)].sum()
    return float((ranks - len(fake) * (len(fake) + 1) / 2) / (len(fake) * len(real)))


def auc_interval(
    scores: Sequence[float], fakes: Sequence[bool], groups: Sequence[str]
) -> tuple[float, float] | None:
    """95 % interval of the AUC when whole sources are drawn again (1000 times, always the same draws).

    None when fewer than two sources have a fake, or a real clip, or all draws miss one of them.
    """
    names = sorted(set(groups))
    if min(len({g for g, f in zip(groups, fakes, strict=True) if f is kind}) for kind in (True, False)) < 2:
        return None
    value, fake = np.array(scores), np.array(fakes)
    where = np.array([names.index(group) for group in groups])
    wins = (value[fake][:, None] > value[~fake][None, :]) + 0.5 * (
        value[fake][:, None] == value[~fake][None, :]
    )
    # Sources are drawn whole: what those of one win against those of another is added up once.
    member = np.eye(len(names))[where]
    won = member[fake].T @ wins @ member[~fake]
    dice = np.random.default_rng(20)
    times = np.array(
        [np.bincount(dice.integers(0, len(names), len(names)), minlength=len(names)) for _ in range(_DRAWS)],
        np.float64,
    )
    pairs = (times @ member[fake].sum(axis=0)) * (times @ member[~fake].sum(axis=0))
    wins_drawn = ((times @ won) * times).sum(axis=1)
    found = wins_drawn[pairs > 0] / pairs[pairs > 0]
    return (float(np.percentile(found, 2.5)), float(np.percentile(found, 97.5))) if found.size else None


def upper_bound(hits: int, n: int) -> float | None:
    """The one-sided 95 % upper bound of a rate (Clopper & Pearson 1934); None of nothing."""
    if n == 0:
        return None
    return 1.0 if hits == n else float(beta.ppf(0.95, hits + 1, n - hits))


def brier(scores: Sequence[float], fakes: Sequence[bool]) -> float | None:
    """Mean squared error of the scores as probabilities, both kinds counted as equally many; None of one."""
    parts = [
        [(s - f) ** 2 for s, f in zip(scores, fakes, strict=True) if f is kind] for kind in (True, False)
    ]
    return sum(math.fsum(part) / len(part) for part in parts) / 2 if all(parts) else None


def threshold(real: Sequence[float], n: int, rate: float) -> float:
    """The least threshold that at most `rate` of `n` real clips reach, of which those in `real` scored."""
    allowed = math.floor(rate * n + 1e-9)
    above = sorted(real, reverse=True)
    return math.nextafter(above[allowed], 2.0) if len(above) > allowed else 0.0
