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
    trusted_flagger=st.booleans(),
    hash_match=st.booleans(),
    reach_band=st.integers(0, 9),
    concerns_minors=st.booleans(),
    boosts=st.integers(0, 2),
)


@given(signals)
def test_the_explanation_adds_up(given_signals: Signals) -> None:
    points, why = priority.score(given_signals)
    assert type(points) is int
    assert points == sum(int(part[1]) for part in why)


@given(signals, st.integers(0, 1000))
def test_more_reporters_never_lower_it_and_never_outweigh_a_severity(known: Signals, more: int) -> None:
    crowd = Signals(severity=known.severity, reporters=known.reporters + more)
    alone = Signals(severity=known.severity, reporters=known.reporters)
    assert priority.score(crowd)[0] >= priority.score(alone)[0]
    assert priority.score(crowd)[0] - 1000 * known.severity.tier <= 300


@pytest.mark.parametrize(
    ("known", "points"),
    [
        (Signals(Severity.LOW), 1000),
        (Signals(Severity.MEDIUM, reporters=1), 2060),
        (Signals(Severity.HIGH, reporters=7), 3180),
        (Signals(Severity.CRITICAL, reporters=1_000_000), 4300),
        (Signals(Severity.HIGH, trusted_flagger=True, hash_match=True, reach_band=3), 3470),
        (Signals(Severity.LOW, concerns_minors=True, boosts=2), 3050),
    ],
)
def test_the_formula(known: Signals, points: int) -> None:
    assert priority.score(known)[0] == points


def test_clocks() -> None:
    since = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    ncii = priority.clocks(SlaClass.NCII, since=since)
    assert ncii.due_at == since + timedelta(hours=4)
    assert ncii.legal_due_at == since + timedelta(hours=48)
    assert ncii.boost_at == since + timedelta(hours=3)
    assert priority.clocks(SlaClass.LOW, since=since).legal_due_at is None
    assert priority.stricter(SlaClass.HIGH, SlaClass.NCII) is SlaClass.NCII
