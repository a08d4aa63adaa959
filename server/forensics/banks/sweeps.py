"""What hash banks tidy up by themselves: entries whose time is over, videos that nobody has looked at, and
whatever waits although its job has ended."""

from __future__ import annotations

from datetime import timedelta

from server.forensics.banks import looks, pending, queries, scans, service
from server.kit import job_history
from server.kit.jobs import Context
from server.kit.ticker import Ticker

BATCH = 200
AT_ONCE = 50
"""Videos that are asked for at a time: uploads must not wait behind thousands."""


def register(ticker: Ticker) -> None:
    """Let the sweeps run for as long as the server does."""
    ticker.every("forensics.expire_entries", timedelta(minutes=1), expire)
    ticker.every("forensics.resume_banks", timedelta(minutes=5), resume)
    ticker.every("forensics.look_at_videos", timedelta(minutes=10), look)


def expire(context: Context) -> int:
    """Take out entries whose time is over; answers how many."""
    return context.db.write_in_batches(lambda s: service.expire(s, limit=BATCH), size=BATCH)


def look(context: Context) -> int:
    """Have videos from before the banks looked at: a few at a time, while none waits."""
    if context.stands_back:
        return 0
    with context.db.read() as s:
        if job_history.waiting(s, looks.MATCH):
            return 0
        found = queries.unlooked(s, limit=AT_ONCE)
    with context.db.write() as s:
        for video_id in found:
            looks.ask(s, video_id)
    return len(found)


def resume(context: Context) -> int:
    """Give what waits another job where its own has ended, or park it; answers how many that were."""
    with context.db.read() as s:
        videos, entries, searches = pending.looks(s), pending.hashes(s), pending.scans(s)
    done = 0
    for video_id, job in videos:
        with context.db.write() as s:
            done += looks.go_on(s, video_id, job or "")
    for entry_id, job in entries:
        with context.db.write() as s:
            done += service.go_on_hashing(s, entry_id, job or "")
    for scan_id, job in searches:
        with context.db.write() as s:
            done += scans.go_on(s, scan_id, job)
    return done
