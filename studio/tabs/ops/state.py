"""The server's health out of its own figures, and its jobs in words. Free of Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from server.ops.schemas import Check, Findings, Job, JobKind, JobState, Level

_LABEL: Final = re.compile(r'(\w+)="((?:\\.|[^"\\])*)"')
_SAMPLE: Final = re.compile(r'(\w+)(?:\{((?:\w+="(?:\\.|[^"\\])*",?)*)\})? (\S+)')
_WORST_FIRST: Final = (Level.FAIL, Level.WARN, Level.OK)

CHECKS: Final = {
    "python": "Python and Qt",
    "codecs": "Codecs",
    "disk": "Disk space",
    "keys": "Keys",
    "database": "Database",
    "schema": "Schema",
    "clock": "Clock",
    "live": "Live updates",
    "recurring": "Recurring jobs",
    "events": "Events",
    "durable": "Durable jobs",
    "audit": "Audit log",
    "files": "Files",
    "analyses": "Analyses",
}
HEADLINES: Final = {
    Level.OK: "All is well",
    Level.WARN: "Something to look at",
    Level.FAIL: "Something is broken",
}


def worst_first(checks: Iterable[Check]) -> list[Check]:
    """The findings, those that need somebody first."""
    return sorted(checks, key=lambda check: _WORST_FIRST.index(check.level))


def summary(findings: Findings) -> str:
    """How many findings of which kind, in words."""
    counts = {level: sum(check.level is level for check in findings.checks) for level in Level}
    parts = [
        f"{counts[level]} {word}"
        for level, word in ((Level.FAIL, "failed"), (Level.WARN, "to look at"), (Level.OK, "well"))
        if counts[level]
    ]
    return " · ".join(parts)


# Jobs

STATE_WORDS: Final = {
    JobState.IDLE: "Idle",
    JobState.WAITING: "Waiting",
    JobState.RUNNING: "Running",
    JobState.FAILED: "Failed",
}


def may_run(job: Job) -> bool:
    """Only a recurring job that is not running can be made due."""
    return job.kind is JobKind.RECURRING and job.state is not JobState.RUNNING


def duration(ms: int | None) -> str:
    """A duration in its own unit: `840 ms`, `12.4 s`, `3 min 05 s`."""
    if ms is None:
        return ""
    if ms < 1_000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms // 60_000} min {ms % 60_000 // 1000:02} s"


def in_time(now: datetime, then: datetime | None) -> str:
    """When a job comes next: `now`, `in 40 s`, `in 12 min`, `in 3 h`, `in 2 d`."""
    if then is None:
        return ""
    left = int((then - now).total_seconds())
    if left <= 0:
        return "now"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if left >= size:
            return f"in {left // size} {unit}"
    return f"in {left} s"


def tally(job: Job) -> str:
    """What became of the remembered runs of a durable job."""
    if job.kind is JobKind.RECURRING:
        return ""
    counts = (("waiting", job.waiting), ("running", job.running), ("failed", job.failed), ("done", job.done))
    return " · ".join(f"{count:,} {word}" for word, count in counts if count)


# Metrics


class Sample(NamedTuple):
    """One line of the Prometheus text format."""

    name: str
    labels: dict[str, str]
    value: float


def parse(text: str) -> list[Sample]:
    """Read the Prometheus text format (version 0.0.4); comments and unreadable lines are left out."""
    found = []
    for line in text.splitlines():
        match = _SAMPLE.fullmatch(line.strip())
        if match is None or line.startswith("#"):
            continue
        labels = dict(_LABEL.findall(match[2] or ""))
        try:
            found.append(Sample(match[1], labels, float(match[3])))
        except ValueError:
            continue
    return found


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The counters of one moment. Buckets map an upper bound in seconds to a cumulative count."""

    at: datetime
    requests: float = 0
    faults: float = 0
    live_clients: float = 0
    answer_buckets: tuple[tuple[float, float], ...] = ()
    write_buckets: tuple[tuple[float, float], ...] = ()


def figures(samples: Iterable[Sample], at: datetime) -> Figures:
    """Sum up what the tiles show."""
    samples = list(samples)
    answered = [s for s in samples if s.name == "studio_requests_total"]
    return Figures(
        at=at,
        requests=sum(s.value for s in answered),
        faults=sum(s.value for s in answered if s.labels.get("status", "").startswith("5")),
        live_clients=sum(s.value for s in samples if s.name == "studio_live_clients"),
        answer_buckets=_buckets(samples, "studio_request_seconds_bucket"),
        write_buckets=_buckets(samples, "studio_write_wait_seconds_bucket"),
    )


def _buckets(samples: Iterable[Sample], name: str) -> tuple[tuple[float, float], ...]:
    sums: dict[float, float] = {}
    for sample in samples:
        # The open live streams are answered for hours; they say nothing about how quick the server is.
        if sample.name == name and sample.labels.get("route") != "/v1/live":
            bound = float(sample.labels.get("le", "inf").replace("+Inf", "inf"))
            sums[bound] = sums.get(bound, 0.0) + sample.value
    return tuple(sorted(sums.items()))


def quantile(buckets: Iterable[tuple[float, float]], share: float) -> float | None:
    """The `share` quantile in seconds by linear interpolation in its bucket, as Prometheus does.

    None without observations; what lies above the last bound counts as that bound.
    """
    bounds = list(buckets)
    total = bounds[-1][1] if bounds else 0.0
    if total <= 0:
        return None
    rank = share * total
    low, below = 0.0, 0.0
    for bound, count in bounds:
        if count >= rank:
            if bound == float("inf"):
                return low
            return low + (bound - low) * (rank - below) / max(count - below, 1e-9)
        low, below = bound, count
    return low


class Tile(NamedTuple):
    """One figure with its name and what it means; `tone` is a tone of labels."""

    title: str
    value: str
    note: str
    tone: str = ""


def tiles(now: Figures, before: Figures | None) -> list[Tile]:
    """What to show: since `before` where there is an earlier moment, else since the server began."""
    if before is None or now.requests < before.requests:  # a restart counts anew
        before = Figures(at=now.at)
        since = "since it started"
    else:
        since = f"in the last {max(1, round((now.at - before.at).total_seconds()))} s"
    requests = now.requests - before.requests
    faults = now.faults - before.faults
    return [
        Tile("Requests", f"{requests:,.0f}", since),
        Tile("Server faults", f"{faults:,.0f}", f"5xx, {since}", "danger" if faults else ""),
        Tile("Answer, p95", _ms(_between(now.answer_buckets, before.answer_buckets)), since),
        Tile("Wait to write, p95", _ms(_between(now.write_buckets, before.write_buckets)), since),
        Tile("Live clients", f"{now.live_clients:,.0f}", "listening now"),
    ]


def _between(now: tuple[tuple[float, float], ...], before: tuple[tuple[float, float], ...]) -> float | None:
    earlier = dict(before)
    return quantile([(bound, count - earlier.get(bound, 0.0)) for bound, count in now], 0.95)


def _ms(seconds: float | None) -> str:
    if seconds is None:
        return "none"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else duration(round(seconds * 1000))
