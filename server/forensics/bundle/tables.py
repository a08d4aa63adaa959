"""The parts of a bundle that are text: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from server.audit.export import cell
from server.forensics.bundle.case import Case
from server.forensics.schemas import CurveView

_COLUMNS = (
    "kind",
    "number",
    "slot",
    "detector",
    "version",
    "name",
    "value",
    "score_bp",
    "reliability_bp",
    "abstained",
    "track",
    "note",
)
Member = tuple[str, bytes]


def documents(case: Case) -> list[Member]:
    """The scores with their versions, the audit extract, the opinion, the matches with hash banks."""
    known = case.known.model_dump(mode="json", exclude={"video_id"})
    for kind in ("core", "text"):
        for signal in (known[kind]["result"] or {"signals": []})["signals"]:
            signal["curves"] = [curve["name"] for curve in signal["curves"]]
    listed = [each.model_dump(mode="json") for each in case.listed]
    found = [
        ("scores.json", as_json({"video": case.video, "current": known, "analyses": listed})),
        ("audit.json", as_json(case.audit)),
    ]
    if not case.restricted:
        matches = [each.model_dump(mode="json") for each in case.matches]
        found += [
            ("opinion.json", as_json(case.opinion.model_dump(mode="json"))),
            ("matches.json", as_json(matches)),
        ]
    return found


def signals(case: Case) -> list[Member]:
    """A table of the signals, and one of each curve that they have."""
    found = [("signals.csv", _csv(_COLUMNS, _rows(case)))]
    for kind, number, signal in case.signals:
        for index, curve in enumerate(signal.curves):
            name = re.sub(r"[^a-z0-9_]+", "_", curve.name.casefold())[:40]
            found.append((f"curves/{kind}-{number:03}-{index}-{name}.csv", _curve(curve)))
    return found


def _rows(case: Case) -> Iterator[list[object]]:
    for kind, number, signal in case.signals:
        plain = signal.model_dump(mode="json", include=set(_COLUMNS))
        yield [{**plain, "kind": kind, "number": number}[name] for name in _COLUMNS]


def _curve(curve: CurveView) -> bytes:
    head = ("t_ms", f"{curve.name} ({curve.unit})" if curve.unit else curve.name)
    times = (round(curve.start_ms + i * curve.step_ms, 3) for i in range(len(curve.values)))
    return _csv(head, ([t_ms, value] for t_ms, value in zip(times, curve.values, strict=True)))


def _csv(head: Iterable[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Numbers as they are, words so that no spreadsheet takes them for a formula; nothing is empty."""
    out = io.StringIO()
    to = csv.writer(out)
    to.writerow([cell(each) for each in head])
    for row in rows:
        to.writerow([cell(each) if isinstance(each, str) else each for each in row])
    return out.getvalue().encode(errors="replace")


def as_json(value: Any) -> bytes:
    """For people and programs: indented, in ASCII, so that no character can be lost or hidden."""
    return json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False).encode()
