"""The feed as a viewer meets it, the real client before the real server: a cold start, stays, 200 swipes.

- `first_feed_frame_ms`: from the command to the first painted picture; its server starts, nothing is cached.
- `first_frame_p95_ms`: from the key to the first painting that shows some of the next video, decoded ahead.
- `repaint_p95_ms`: between two pictures of a video that plays, with sound, from the moment it begins.
- `dropped_ratio`: of those pictures, what never was painted, by their time stamps.
- `av_offset_ms`: 95 % were painted at most so long before or after a null device played what belongs to them.
- `blocked_max_ms`: the longest that the interface was busy at a stretch while a video played.
- `analysing`: the same of a second visit, while the server looks at uploads for forensics without a pause.
- `rss_growth_ratio`: 0.05 = 5 % more memory at the end than after the first twenty swipes; null below 200.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from benchmarks.feed_videos import publish, write_videos
from benchmarks.starts import compile_all, environment, start
from server.content.models import Video
from server.forensics import service as forensics
from server.forensics.models import Analysis
from server.forensics.rules import OPEN, AnalysisKind, Priority
from server.kit import jobs
from server.kit.access import SYSTEM
from server.runtime import existing, opened
from server.settings import Settings
from studio.paths import Profile

STARTS: Final = {"small": 3, "full": 5}
STAYS: Final = {"small": 2, "full": 8}
SWIPES: Final = {"small": 20, "full": 200}
ROOM: Final = 12
"""Videos beyond those that are swiped to."""
WARM: Final = 10, 20
"""The swipes after which memory is looked at first: by then everything has been used once."""
LAST: Final = 20


def run(scale: str, database: str) -> dict[str, Any]:
    """Measure; the client meets either database through the same server, so SQLite it is."""
    compile_all()
    stays, swipes = STAYS[scale], SWIPES[scale]
    with tempfile.TemporaryDirectory(prefix="feed-") as folder:
        place = Path(folder)
        profile = Profile(place / "profile").create()
        _say("coding videos")
        token = publish(profile, write_videos(place, stays + swipes + ROOM))
        _say("cold starts")
        start(profile, token, "feed")  # the first one ever knows nobody, and takes longer for that
        starts = [_fresh_start(profile, token) for _ in range(STARTS[scale])]
        found = _watch(profile, token, stays, swipes)
        _say("the same while uploads are analysed")
        asked = _ask_for_analyses(profile, stays)
        meanwhile = _watch(profile, token, stays, 0)
        left = _waiting(profile)
    splash, first = (round(statistics.median(each[n] for each in starts) * 1000) for n in (0, 1))
    rss = found["rss"]
    before, after = (round(statistics.median(part) / 2**20, 1) for part in (rss[slice(*WARM)], rss[-LAST:]))
    return {
        "videos": stays + swipes + ROOM,
        "splash_ms": splash,
        "first_feed_frame_ms": first,
        "first_feed_frame_best_ms": round(min(each[1] for each in starts) * 1000),
        "swipes": swipes,
        "first_frame_p50_ms": _at(found["first_ms"], 50),
        "first_frame_p95_ms": _at(found["first_ms"], 95),
        "ready_p95_ms": _at(found["ready_ms"], 95),
        **_played(found),
        "analysing": _played(meanwhile) | {"analyses_asked": asked, "analyses_ended": asked - left},
        "av_offset_ms": _at([abs(each) for each in found["offsets_ms"]], 95),
        "rss_before_mb": before,
        "rss_after_mb": after,
        "rss_growth_ratio": round(after / before - 1, 4) if swipes >= 200 else None,
        "processors": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }


def _played(found: dict[str, Any]) -> dict[str, Any]:
    """How smoothly the videos at which the viewer stayed were played."""
    return {
        "pictures_due": found["due"],
        "repaint_p50_ms": _at(found["gaps_ms"], 50),
        "repaint_p95_ms": _at(found["gaps_ms"], 95),
        "repaint_max_ms": _at(found["gaps_ms"], 100),
        "dropped_ratio": round(found["dropped"] / found["due"], 4),
        "blocked_p99_ms": _at(found["blocked_ms"], 99),
        "blocked_max_ms": _at(found["blocked_ms"], 100),
    }


def _ask_for_analyses(profile: Profile, stays: int) -> int:
    """As many as keep the server busy for as long as the visit takes; answers how many."""
    settings, count = Settings(data=profile.server_data), 2 * stays + ROOM // 2
    with opened(settings) as (db, keys), jobs.using(jobs.Context(db, settings, keys)), db.write() as s:
        for video_id in s.scalars(sa.select(Video.id).limit(count)).all():
            for kind in AnalysisKind:
                forensics.request(s, actor=SYSTEM, video_id=video_id, kind=kind, priority=Priority.UPLOAD)
    return _waiting(profile)


def _waiting(profile: Profile) -> int:
    with existing(Settings(data=profile.server_data)) as (db, _keys), db.read() as s:
        return s.scalar(sa.select(sa.func.count()).where(Analysis.state.in_(OPEN))) or 0


def _fresh_start(profile: Profile, token: str) -> tuple[float, float]:
    """A start that has to fetch what it shows."""
    for path in [*profile.media.rglob("*"), *(profile.root / "people").rglob("*")]:
        if re.fullmatch("[0-9a-f]{64}", path.name):
            path.unlink()
    found = start(profile, token, "feed")
    _say(f"splash {found[0]:.2f} s, picture {found[1]:.2f} s")
    return found


def _watch(profile: Profile, token: str, stays: int, swipes: int) -> dict[str, Any]:
    """In a process of its own, whose memory is that of the client alone."""
    command = [sys.executable, "-m", "benchmarks.feed_watch", str(profile.root), str(stays), str(swipes)]
    done = subprocess.run(command, env=environment(profile, token), stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _at(values: Sequence[float], share: float) -> float:
    return round(float(np.percentile(values, share)), 1)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
