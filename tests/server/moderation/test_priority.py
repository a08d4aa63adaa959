"""The priority is the sum of its explanation, and every clock follows its class."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.moderation import priority
from server.moderation.priority import Signals
from server.moderation.rules import Severity, SlaClass

signals = st.builds(
    Signals,
    severity=st.sampled_from(Severity),
    reporters=st.integers(0, 10_000_000),
    weight_bp=st.integers(0, 10**11),
    trusted_flagger=st.booleans(),
    hash_match=st.booleans(),
    reach_band=st.integers(0, 9),
    concerns_minors=st.booleans(),
    boosts=st.integers(0, 2),
)


def crowded(severity: Severity, reporters: int) -> Signals:
    return Signals(severity, reporters=reporters, weight_bp=10_000 * reporters)


@given(signals)
def test_the_explanation_adds_up(given_signals: Signals) -> None:
    points, why = priority.score(given_signals)
    assert type(points) is int
    assert points == sum(int(part[1]) for part in why)


@given(signals, st.integers(0, 1000))
def test_more_reporters_never_lower_it_and_never_outweigh_a_severity(known: Signals, more: int) -> None:
    crowd = crowded(known.severity, known.reporters + more)
    alone = crowded(known.severity, known.reporters)
    assert priority.score(crowd)[0] >= priority.score(alone)[0]
    assert priority.score(crowd)[0] - 1000 * known.severity.tier <= 300


@pytest.mark.parametrize(
    ("known", "points"),
    [
        (Signals(Severity.LOW), 1000),
        (crowded(Severity.MEDIUM, 1), 2060),
        (crowded(Severity.HIGH, 7), 3180),
        (crowded(Severity.CRITICAL, 1_000_000), 4300),
        (Signals(Severity.MEDIUM, reporters=1, weight_bp=2_000), 2015),
        (Signals(Severity.MEDIUM, reporters=2, weight_bp=30_000), 2120),
        (Signals(Severity.HIGH, trusted_flagger=True, hash_match=True, reach_band=3), 3470),
        (Signals(Severity.LOW, concerns_minors=True, boosts=2), 3050),
    ],
)
def test_the_formula(known: Signals, points: int) -> None:
    assert priority.score(known)[0] == points


@pytest.mark.parametrize(
    ("agreed", "dismissed", "weight_bp"),
    [(0, 0, 10_000), (1, 0, 10_833), (0, 1, 8_666), (100, 0, 14_761), (0, 100, 2_380), (5, 5, 9_000)],
)
def test_a_record_moves_the_weight_of_a_reporter_slowly(agreed: int, dismissed: int, weight_bp: int) -> None:
    assert priority.reporter_weight_bp(agreed=agreed, dismissed=dismissed) == weight_bp


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_reporter_counts_less_than_a_fifth_or_more_than_one_and_a_half(
    agreed: int, dismissed: int
) -> None:
    assert 2_000 <= priority.reporter_weight_bp(agreed=agreed, dismissed=dismissed) <= 15_000


def test_the_explanation_says_what_the_reporters_count() -> None:
    assert priority.score(crowded(Severity.LOW, 2))[1][1][0] == "2 reporters"
    weighed = Signals(Severity.LOW, reporters=3, weight_bp=24_400)
    assert priority.score(weighed)[1][1][0] == "3 reporters, counting as 2.4"


def test_clocks() -> None:
    since = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    ncii = priority.clocks(SlaClass.NCII, since=since)
    assert ncii.due_at == since + timedelta(hours=4)
    assert ncii.legal_due_at == since + timedelta(hours=48)
    assert ncii.boost_at == since + timedelta(hours=3)
    assert priority.clocks(SlaClass.LOW, since=since).legal_due_at is None
    assert priority.stricter(SlaClass.HIGH, SlaClass.NCII) is SlaClass.NCII
