"""What forensics tidies up by itself: analyses whose job died, waiting ones without a job, old detectors."""

from __future__ import annotations

from datetime import timedelta

from server.content.media.results import Refused
from server.forensics import queries, service
from server.forensics.banks import sweeps as banks
from server.forensics.rules import AnalysisKind, Priority
from server.kit.access import SYSTEM
from server.kit.errors import Conflict, NotFound
from server.kit.jobs import Context
from server.kit.ticker import Ticker

AT_ONCE = 50
"""Videos for which a sweep asks at a time: what people ask for must not wait behind thousands."""
_DIED = Refused("worker_failed", "The analysis stopped before its end, more than once.")


def register(ticker: Ticker) -> None:
    """Let the sweeps run for as long as the server does."""
    ticker.every("forensics.resume", timedelta(minutes=5), resume)
    ticker.every("forensics.refresh", timedelta(minutes=10), refresh)
    banks.register(ticker)


def resume(context: Context) -> None:
    """Take back what no job works on any more, and see that whatever waits has a job."""
    with context.db.read() as s:
        abandoned = queries.abandoned(s)
    for analysis_id, job in abandoned:
        with context.db.write() as s:
            service.give_back(s, actor=SYSTEM, analysis_id=analysis_id, job=job, why=_DIED)
    least = Priority.UPLOAD if context.stands_back else Priority.REFRESH
    with context.db.write() as s:
        service.add_tickets(s, queries.without_tickets(s, service.JOB, least=least))


def refresh(context: Context) -> None:
    """Ask for what was never analysed, and anew for what detectors of other versions said: a few at a time,
    only while nothing else waits, and on a person's own computer while nobody is there."""
    if context.stands_back:
        return
    with context.db.read() as s:
        if queries.waiting(s):
            return
        found = {
            kind: [
                *queries.never_analysed(s, kind, limit=AT_ONCE),
                *queries.to_refresh(s, kind, context.settings.checkpoints, limit=AT_ONCE),
            ]
            for kind in AnalysisKind
        }
    for kind, videos in found.items():
        for video_id in videos:
            with context.db.write() as s:
                try:
                    service.request(s, actor=SYSTEM, video_id=video_id, kind=kind, priority=Priority.REFRESH)
                except (NotFound, Conflict):
                    continue  # deleted since, or asked for by somebody else
