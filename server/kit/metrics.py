"""Counters and histograms of this process, in the Prometheus text format (version 0.0.4)."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of a histogram of durations, in seconds."""

Labels = tuple[str, ...]


class Metric:
    """A named family of values, one for each combination of label values."""

    kind = ""

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        self.name, self.about, self.labels = name, about, tuple(labels)
        self._guard = threading.Lock()
        _registry[name] = self

    def samples(self) -> Iterator[str]:
        """The lines of this metric, without its header."""
        raise NotImplementedError

    def _line(self, suffix: str, values: Labels, number: float, **more: str) -> str:
        pairs = [*zip(self.labels, values, strict=True), *more.items()]
        inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs)
        return f"{self.name}{suffix}{'{' + inner + '}' if inner else ''} {number:g}"


class Counter(Metric):
    """A number that only grows."""

    kind = "counter"

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, about, labels)
        self._values: dict[Labels, float] = {}

    def add(self, *values: str, by: float = 1) -> None:
        with self._guard:
            self._values[values] = self._values.get(values, 0) + by

    def samples(self) -> Iterator[str]:
        with self._guard:
            found = sorted(self._values.items())
        return (self._line("", values, number) for values, number in found)


class Histogram(Metric):
    """How often a value fell into each bucket; durations are seconds."""

    kind = "histogram"

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, about, labels)
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, value: float, *values: str) -> None:
        with self._guard:
            counts = self._counts.setdefault(values, [0] * (len(SECONDS) + 1))
            counts[bisect_left(SECONDS, value)] += 1
            self._sums[values] = self._sums.get(values, 0.0) + value

    def samples(self) -> Iterator[str]:
        with self._guard:
            found = sorted(
                (values, list(counts), self._sums[values]) for values, counts in self._counts.items()
            )
        for values, counts, total in found:
            seen = 0
            for bound, count in zip([f"{bound:g}" for bound in SECONDS] + ["+Inf"], counts, strict=True):
                seen += count
                yield self._line("_bucket", values, seen, le=bound)
            yield self._line("_sum", values, total)
            yield self._line("_count", values, seen)


class Gauge(Metric):
    """A value read when it is asked for."""

    kind = "gauge"

    def __init__(self, name: str, about: str, read: Callable[[], float]) -> None:
        super().__init__(name, about)
        self._read = read

    def samples(self) -> Iterator[str]:
        yield self._line("", (), self._read())


_registry: dict[str, Metric] = {}


def render() -> str:
    """Every metric of the process."""
    lines: list[str] = []
    for metric in _registry.values():
        lines += [f"# HELP {metric.name} {metric.about}", f"# TYPE {metric.name} {metric.kind}"]
        lines += metric.samples()
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


requests = Counter("studio_requests_total", "Answered HTTP requests.", ["method", "route", "status"])
request_seconds = Histogram("studio_request_seconds", "Time to answer.", ["route"])
write_wait_seconds = Histogram("studio_write_wait_seconds", "Time writers waited for their turn.")
