"""Sparks over a playing video, the real client before the real server: their cost, how soon they are seen.

- `overlay_ms` (bar 4, p95): CPU ms of the Qt thread for painting the overlay, `one` with one large spark in
  flight, `four` with two large and two small; `tick_ms` is what it costs to find the due pictures, `stage_ms`
  to paint the video below.
- `shown_ratio`: of the pictures of sparks that were due, how many were decoded in time and seen, in the worst
  turn; the rest was left out.
- `video`: pictures of the video, `plain` and with one or four sparks, in turns so that all meet the same
  load: `repaint_p95_ms` (bar 40), `dropped_ratio` (bar: no more than plain), `blocked_p99_ms`. Paintings a
  second of the video and of the overlay, and `cpu_share`, the part of one core that the whole client takes.
- `first_pixel_ms` (bar 100), from the key: `baked` in memory, `on_disk` in files alone, `unbaked` where but a
  still is kept, which stands for it at once. `film_s`: then until its film plays.
- `nothing_kept`: the first spark ever on this computer: s until its still is seen, and until its film plays.
- `rss_growth_ratio` (bar 0.05): memory after 500 sparks, combos among them, against after the first 50; null
  below 500.

Sparks are taken by their tier from those that come with the program. `load_average` says what else ran.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.feed_videos import publish, write_videos
from benchmarks.starts import compile_all, environment
from studio.paths import Profile

VIDEOS: Final = 4
TURNS: Final = {"small": 2, "full": 6}
TIMES: Final = {"small": 5, "full": 20}
SPARKS: Final = {"small": 60, "full": 500}
EARLY: Final = slice(40, 50)
"""Of the sparks: those after which memory is looked at first; by then everything has been used."""
LAST: Final = 10


def run(scale: str, database: str) -> dict[str, Any]:
    """Measure; the client meets either database through the same server, so SQLite it is."""
    compile_all()
    with tempfile.TemporaryDirectory(prefix="sparks-feed-") as folder:
        place = Path(folder)
        profile = Profile(place / "profile").create()
        token = publish(profile, write_videos(place, VIDEOS))
        sizes = (TURNS[scale], TIMES[scale], SPARKS[scale])
        module = [sys.executable, "-m", "benchmarks.sparks_feed_watch", str(profile.root), *map(str, sizes)]
        done = subprocess.run(module, env=environment(profile, token), stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    rss = found["rss"]
    before, after = (round(statistics.median(part) / 2**20, 1) for part in (rss[EARLY], rss[-LAST:]))
    return {
        "catalogue": found["catalogue"],
        "overlay_ms": {name: _spread(times) for name, times in found["overlay_ms"].items()},
        "tick_ms": {name: _spread(times) for name, times in found["tick_ms"].items()},
        "shown_ratio": {name: round(min(each), 3) for name, each in found["shown_ratio"].items()},
        "stage_ms": {name: _spread(times) for name, times in found["stage_ms"].items()},
        "video": {name: _played(one) for name, one in found["video"].items()},
        "first_pixel_ms": {name: _spread(times) for name, times in found["first_ms"].items()},
        "film_s": round(statistics.median(found["film_s"]), 2),
        "nothing_kept": found["nothing_kept"],
        "sparks": len(rss),
        "rss_before_mb": before,
        "rss_after_mb": after,
        "rss_growth_ratio": round(after / before - 1, 4) if len(rss) >= 500 else None,
        "processors": os.cpu_count(),
        "load_average": {"mean": round(statistics.mean(found["load"]), 2), "last": os.getloadavg()[0]},
    }


def _played(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "pictures_due": found["due"],
        "repaint_p50_ms": _at(found["gaps_ms"], 50),
        "repaint_p95_ms": _at(found["gaps_ms"], 95),
        "dropped_ratio": round(found["dropped"] / max(1, found["due"]), 4),
        "blocked_p99_ms": _at(found["blocked_ms"], 99),
        "video_paints_per_s": round(statistics.mean(found["video_paints"]), 1),
        "overlay_paints_per_s": round(statistics.mean(found["overlay_paints"]), 1),
        "cpu_share": round(statistics.mean(found["cpu_share"]), 2),
    }


def _spread(times: Sequence[float]) -> dict[str, float]:
    return {"p50": _at(times, 50), "p95": _at(times, 95)}


def _at(values: Sequence[float], share: float) -> float:
    return round(float(np.percentile(values, share)), 2)
