"""Words for spans and deadlines, and labels that follow the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytestqt.qtbot import QtBot

from studio.widgets.ticker import Ticker
from studio.widgets.time_label import AgoLabel, DeadlineChip, ago, countdown, span

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h 00 min"),
        (11_100, "3 h 05 min"),
        (86_400, "1 d"),
        (100_800, "1 d 4 h"),
        (-90, "1 min"),
    ],
)
def test_span(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("left", "text", "tone"),
    [
        (3_600, "1 h 00 min left", "neutral"),
        (899, "14 min left", "warning"),
        (0, "0 s left", "warning"),
        (-61, "1 min over", "danger"),
    ],
)
def test_countdown(left: int, text: str, tone: str) -> None:
    assert countdown(NOW, NOW + timedelta(seconds=left), 3_600) == (text, tone)


@pytest.mark.parametrize(
    ("passed", "text"),
    [(59, "just now"), (60, "1 min ago"), (7_300, "2 h ago"), (200_000, "2 d ago"), (-5, "just now")],
)
def test_ago(passed: int, text: str) -> None:
    assert ago(NOW, NOW - timedelta(seconds=passed)) == text


def test_labels_follow_the_clock(qtbot: QtBot) -> None:
    ticker = Ticker()
    chip = DeadlineChip(NOW + timedelta(minutes=10), 3_600, ticker)
    label = AgoLabel(NOW, ticker)
    for widget in (chip, label):
        qtbot.addWidget(widget)
    ticker.second.emit(NOW)
    assert (chip.accessibleName(), label.text()) == ("10 min left", "just now")
    ticker.second.emit(NOW + timedelta(minutes=11))
    assert (chip.accessibleName(), label.text()) == ("1 min over", "11 min ago")


def test_ticker_counts_in_the_servers_time(qtbot: QtBot) -> None:
    ticker = Ticker()
    with qtbot.waitSignal(ticker.second) as heard:
        ticker.set_shift(3_600)
    ahead = (heard.args[0] - datetime.now(UTC)).total_seconds()
    assert 3_590 < ahead <= 3_600
