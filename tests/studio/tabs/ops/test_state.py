"""Health out of figures, and jobs in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.kit import metrics
from server.ops.schemas import Check, Findings, Job, JobKind, JobState, Level
from studio.tabs.ops import state
from studio.tabs.ops.state import Figures

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
INF = float("inf")


def job(**changes: Any) -> Job:
    values: dict[str, Any] = {
        "name": "audit.seal",
        "kind": JobKind.RECURRING,
        "state": JobState.IDLE,
        "last_run_at": NOW,
        "duration_ms": 12,
        "next_run_at": NOW + timedelta(minutes=5),
        "error": None,
    }
    return Job(**values | changes)


def check(name: str, level: Level) -> Check:
    return Check(name=name, level=level, finding="found")


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    checks = [check("a", Level.OK), check("b", Level.WARN), check("c", Level.FAIL), check("d", Level.WARN)]
    assert [each.name for each in state.worst_first(checks)] == ["c", "b", "d", "a"]
    assert state.summary(Findings(level=Level.FAIL, checks=checks)) == "1 failed · 2 to look at · 1 well"
    assert state.summary(Findings(level=Level.OK, checks=checks[:1])) == "1 well"


@pytest.mark.parametrize(
    ("ms", "text"),
    [(None, ""), (0, "0 ms"), (999, "999 ms"), (1_000, "1.0 s"), (59_949, "59.9 s"), (185_000, "3 min 05 s")],
)
def test_durations(ms: int | None, text: str) -> None:
    assert state.duration(ms) == text


@pytest.mark.parametrize(
    ("left", "text"),
    [(-5, "now"), (0, "now"), (40, "in 40 s"), (60, "in 1 min"), (7_200, "in 2 h"), (200_000, "in 2 d")],
)
def test_when_a_job_comes_next(left: int, text: str) -> None:
    assert state.in_time(NOW, NOW + timedelta(seconds=left)) == text


def test_a_job_without_a_next_run() -> None:
    assert state.in_time(NOW, None) == ""


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, True),
        ({"state": JobState.FAILED}, True),
        ({"state": JobState.RUNNING}, False),
        ({"kind": JobKind.DURABLE}, False),
    ],
)
def test_which_jobs_can_be_made_due(changes: dict[str, Any], may: bool) -> None:
    assert state.may_run(job(**changes)) is may


def test_the_tally_of_a_durable_job() -> None:
    assert state.tally(job(kind=JobKind.DURABLE, waiting=1200, done=3)) == "1,200 waiting · 3 done"
    assert state.tally(job(waiting=3)) == ""


def test_what_the_server_writes_can_be_read() -> None:
    metrics.requests.add("GET", '/v1/a"b\\{x}', "200")
    metrics.request_seconds.observe(0.004, "/v1/a")
    samples = state.parse(metrics.render())
    named = [each for each in samples if each.labels.get("route", "").startswith('/v1/a\\"b')]
    assert [each.value for each in named if each.name == "studio_requests_total"] == [1.0]
    assert any(each.labels.get("le") == "+Inf" for each in samples)


def test_lines_that_are_none_are_left_out() -> None:
    assert state.parse("# HELP x\n\nnonsense\nx{a=b} 1\nx 1 2 3\nx many\ny 2\n") == [("y", {}, 2.0)]


def test_figures_are_summed_over_routes_without_the_live_streams() -> None:
    text = """
studio_requests_total{method="GET",route="/a",status="200"} 7
studio_requests_total{method="GET",route="/b",status="503"} 2
studio_live_clients 3
studio_request_seconds_bucket{route="/a",le="0.1"} 4
studio_request_seconds_bucket{route="/b",le="0.1"} 1
studio_request_seconds_bucket{route="/v1/live",le="0.1"} 100
studio_request_seconds_bucket{route="/a",le="+Inf"} 5
"""
    found = state.figures(state.parse(text), NOW)
    assert (found.requests, found.faults, found.live_clients) == (9, 2, 3)
    assert found.answer_buckets == ((0.1, 5.0), (INF, 5.0))


@pytest.mark.parametrize(
    ("buckets", "seconds"),
    [
        ([], None),
        ([(0.1, 0.0), (INF, 0.0)], None),
        ([(0.1, 100.0), (INF, 100.0)], 0.095),
        ([(0.1, 90.0), (0.2, 100.0), (INF, 100.0)], 0.15),
        ([(0.1, 50.0), (INF, 100.0)], 0.1),
    ],
)
def test_quantiles_by_interpolation(buckets: list[tuple[float, float]], seconds: float | None) -> None:
    found = state.quantile(buckets, 0.95)
    assert found == (None if seconds is None else pytest.approx(seconds))


def figures(at: datetime = NOW, **values: Any) -> Figures:
    return Figures(at=at, **values)


def test_tiles_tell_what_happened_since_the_last_look() -> None:
    before = figures(requests=100, faults=1, answer_buckets=((0.01, 90.0), (1.0, 100.0)))
    later = NOW + timedelta(seconds=30)
    now = figures(later, requests=130, faults=1, answer_buckets=((0.01, 120.0), (1.0, 130.0)))
    found = {tile.title: tile for tile in state.tiles(now, before)}
    assert found["Requests"].value == "30"
    assert found["Requests"].note == "in the last 30 s"
    assert found["Server faults"] == ("Server faults", "0", "5xx, in the last 30 s", "")
    assert found["Answer, p95"].value == "9.5 ms"
    assert found["Wait to write, p95"].value == "none"


def test_tiles_begin_anew_when_the_server_did() -> None:
    found = state.tiles(figures(requests=5, faults=2), figures(requests=900))
    assert (found[0].value, found[0].note) == ("5", "since it started")
    assert found[1].tone == "danger"
    assert state.tiles(figures(requests=5), None)[0].note == "since it started"
