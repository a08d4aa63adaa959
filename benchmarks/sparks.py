"""What a spark costs: ms of process CPU time for a picture of 360 x 640 px at 60 Hz, full quality, two steps.

- `sparks`: for each, particles at most, and of all its pictures the median and the 95th percentile of
  `simulate` (two steps), `draw`, `tone` and `whole`.
- `median_ms` (bar 16) is the median spark's median, `heaviest_p95_ms` (bar 33) the worst of all.
- `decode_ms` (bar 1.5): one picture of a flipbook of 360 x 640 px, the median; `flipbook_kb` its KiB.

Over all of `resources/sparks`; `small` takes at least three of them. What else runs on a computer, and on the
one that it is a part of, slows this down although CPU time is counted, for memory and caches are shared: the
same addition of two pictures took 0.24 to 0.9 ms. So each spark is played `plays` times, and of each picture
(they are the same every time) the fastest counts; `once` has the figures of the first time alone, and
`load_average` says how many other processes there were.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.spark_gates import files
from server.sparks.engine.film import bake, one_thread
from server.sparks.engine.flipbook import unpack
from server.sparks.engine.format.spark import Spark
from server.sparks.engine.renderer import Renderer
from server.sparks.engine.simulation import Simulation
from server.sparks.engine.staging import Staging
from server.sparks.engine.tone import Tone

SEED = 7
PARTS = ("simulate", "draw", "tone")
PLAYS = {"small": 2, "full": 3}


def run(scale: str, database: str) -> dict[str, Any]:
    """Measure; no database is part of it."""
    sparks = _sparks()
    if scale == "small" and len(sparks) > 3:
        sparks = sparks[:: max(1, min(5, len(sparks) // 3))]
    with one_thread():
        measured = {spark.id: _measured(spark, PLAYS[scale]) for spark in sparks}
        flipbooks = [_flipbook(spark) for spark in sparks[:3]]
    return {
        "sparks": measured,
        "plays": PLAYS[scale],
        **_summary([one["whole"] for one in measured.values()]),
        "once": _summary([one["once"] for one in measured.values()]),
        "decode_ms": round(max(ms for ms, _ in flipbooks), 2),
        "flipbook_kb": round(max(kb for _, kb in flipbooks), 1),
        "processors": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }


def _summary(each: list[dict[str, float]]) -> dict[str, float]:
    return {
        "median_ms": round(float(np.median([one["p50"] for one in each])), 1),
        "heaviest_p95_ms": max(one["p95"] for one in each),
    }


def _measured(spark: Spark, plays: int) -> dict[str, Any]:
    most, first = _played(spark)
    fastest = first
    for _ in range(plays - 1):
        _, again = _played(spark)
        fastest = np.where((again.sum(1) < fastest.sum(1))[:, None], again, fastest)
    print(f"{spark.id}: {np.median(fastest.sum(1)):.1f} ms", file=sys.stderr, flush=True)
    columns = {**dict(zip(PARTS, fastest.T, strict=True)), "whole": fastest.sum(1), "once": first.sum(1)}
    return {"particles": most, **{name: _spread(of) for name, of in columns.items()}}


def _played(spark: Spark) -> tuple[int, NDArray[np.float64]]:
    """The most particles that lived, and ms of each part of each picture, `(pictures, 3)`."""
    simulation = Simulation(spark, SEED, "Mariana")
    staging, renderer, tone = Staging(simulation), Renderer(), Tone(360, 640)
    took, most = [], 0
    for step in range(2, int(spark.duration * 120) + 1, 2):
        moments = [time.process_time()]
        simulation.advance_to(step)
        moments.append(time.process_time())
        scene = staging.scene()
        light, cover = renderer.draw(scene)
        moments.append(time.process_time())
        tone.map(light, cover, exposure=scene.exposure, scrim=scene.scrim)
        moments.append(time.process_time())
        took.append(np.diff(moments) * 1e3)
        most = max(most, simulation.count)
    return most, np.array(took)


def _spread(of: NDArray[np.float64]) -> dict[str, float]:
    return {"p50": round(float(np.median(of)), 1), "p95": round(float(np.percentile(of, 95)), 1)}


def _flipbook(spark: Spark) -> tuple[float, float]:
    """ms to decode a picture, KiB of one."""
    data = bake(spark, SEED, "Mariana")
    book = unpack(data)
    took = []
    for at in range(book.count):
        began = time.process_time()
        book.picture(at)
        took.append((time.process_time() - began) * 1e3)
    return float(np.median(took)), len(data) / 1024 / book.count


def _sparks() -> list[Spark]:
    return [Spark.model_validate(json.loads(one.read_text(encoding="utf-8"))) for one in files()]
