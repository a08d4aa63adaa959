"""Why one item comes before another: an integer, its explanation, and the clocks of each SLA class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.moderation.rules import Severity, SlaClass

BOOST = 1000
"""Added once when three quarters of the SLA are gone, and again at its breach: nothing starves."""
BOOST_LABELS = ("three quarters of the time are gone", "past its due time")

DECIDE_WITHIN = {
    SlaClass.CRITICAL: timedelta(hours=1),
    SlaClass.NCII: timedelta(hours=4),
    SlaClass.HIGH: timedelta(hours=24),
    SlaClass.MEDIUM: timedelta(hours=72),
    SlaClass.LOW: timedelta(days=7),
}
LEGAL_TERM = {SlaClass.NCII: timedelta(hours=48)}
"""Terms set by law, which no hold may pass (NCII: US TAKE IT DOWN Act, 48 h from a valid request)."""

URGENCY = (SlaClass.LOW, SlaClass.MEDIUM, SlaClass.HIGH, SlaClass.NCII, SlaClass.CRITICAL)


NEUTRAL_BP, AGREED_BP, DISMISSED_BP = 10_000, 15_000, 2_000
"""What one reporter counts, in basis points: unknown, always agreed with, never agreed with."""
_DOUBT = 5
"""Decided flags that a record must outweigh, so that nobody is judged by one of them."""


def reporter_weight_bp(*, agreed: int, dismissed: int) -> int:
    """What a reporter counts, 2000..15000 bp, by how many of their flags a measure followed, or none."""
    known = NEUTRAL_BP * _DOUBT + AGREED_BP * agreed + DISMISSED_BP * dismissed
    return known // (_DOUBT + agreed + dismissed)


@dataclass(frozen=True)
class Signals:
    """What speaks for an item. `reporters` are distinct people, `weight_bp` is what they count together (see
    `reporter_weight_bp`); `reach_band` is 0 (unseen) to 5 (viral)."""

    severity: Severity
    reporters: int = 0
    weight_bp: int = 0
    trusted_flagger: bool = False
    hash_match: bool = False
    reach_band: int = 0
    concerns_minors: bool = False
    boosts: int = 0


def score(signals: Signals) -> tuple[int, list[list[str | int]]]:
    """The priority and its explanation, `[[label, points], ...]`, whose points add up to it.

    Time pressure is not in the number: the queue is ordered by priority, then by due time.
    """
    parts: list[list[str | int]] = [[f"severity {signals.severity}", 1000 * signals.severity.tier]]
    if signals.reporters:
        label = "1 reporter" if signals.reporters == 1 else f"{signals.reporters} reporters"
        if signals.weight_bp != signals.reporters * NEUTRAL_BP:
            label += f", counting as {signals.weight_bp / NEUTRAL_BP:.1f}"
        parts.append([label, min(300, int(60 * math.log2(1 + signals.weight_bp / NEUTRAL_BP)))])
    if signals.trusted_flagger:
        parts.append(["trusted flagger", 200])
    if signals.hash_match:
        parts.append(["matches a known hash", 150])
    if signals.reach_band:
        parts.append(["reach", min(200, signals.reach_band * 40)])
    if signals.concerns_minors:
        parts.append(["a minor may be concerned", 50])
    if signals.boosts:
        parts.append(boost_part(signals.boosts))
    return sum(int(points) for _, points in parts), parts


def boost_part(boosts: int) -> list[str | int]:
    """The line of the explanation for one or two boosts."""
    return [BOOST_LABELS[boosts - 1], BOOST * boosts]


@dataclass(frozen=True)
class Clocks:
    """`due_at` by our own promise, `legal_due_at` by law, `boost_at` when waiting begins to count."""

    due_at: datetime
    legal_due_at: datetime | None
    boost_at: datetime


def clocks(sla_class: SlaClass, *, since: datetime) -> Clocks:
    """The terms of an item that was opened at `since`."""
    term = DECIDE_WITHIN[sla_class]
    legal = LEGAL_TERM.get(sla_class)
    return Clocks(
        due_at=since + term,
        legal_due_at=since + legal if legal else None,
        boost_at=since + term * 3 / 4,
    )


def stricter(a: SlaClass, b: SlaClass) -> SlaClass:
    """The more urgent of two classes."""
    return max(a, b, key=URGENCY.index)
