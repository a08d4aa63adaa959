"""What `/metrics` prints is the Prometheus text format."""

from __future__ import annotations

import re
import threading

import pytest

from server.kit import metrics
from server.kit.metrics import Counter, Gauge, Histogram

SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="(\\.|[^"\\\n])*"(,[a-z]+="(\\.|[^"\\\n])*")*\})? [0-9.e+-]+')


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_registry", {})


def test_a_counter_counts_each_combination_of_labels() -> None:
    counter = Counter("test_total", "Tests.", ["method", "status"])
    counter.add("GET", "200")
    counter.add("GET", "200", by=2)
    counter.add("POST", "503")
    assert metrics.render() == (
        "# HELP test_total Tests.\n# TYPE test_total counter\n"
        'test_total{method="GET",status="200"} 3\ntest_total{method="POST",status="503"} 1\n'
    )


def test_the_buckets_of_a_histogram_are_cumulative() -> None:
    histogram = Histogram("test_seconds", "Tests.")
    for value in (0.0005, 0.001, 0.3, 99):
        histogram.observe(value)
    lines = metrics.render().splitlines()
    assert 'test_seconds_bucket{le="0.001"} 2' in lines
    assert 'test_seconds_bucket{le="0.5"} 3' in lines
    assert 'test_seconds_bucket{le="+Inf"} 4' in lines
    assert "test_seconds_count 4" in lines


def test_a_gauge_is_read_when_asked() -> None:
    level = [1.0]
    Gauge("test_level", "Tests.", lambda: level[0])
    level[0] = 2.5
    assert metrics.render().endswith("test_level 2.5\n")


def test_hostile_label_values_cannot_break_the_format() -> None:
    counter = Counter("test_total", "Tests.", ["route"])
    counter.add('a"} 1\nfake_metric 2 \\')
    lines = [line for line in metrics.render().splitlines() if not line.startswith("#")]
    assert len(lines) == 1
    assert SAMPLE.fullmatch(lines[0])


def test_threads_lose_no_count() -> None:
    counter = Counter("test_total", "Tests.")

    def count() -> None:
        for _ in range(1000):
            counter.add()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "test_total 4000" in metrics.render()
