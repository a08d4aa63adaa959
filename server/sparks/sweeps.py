"""What the catalogue tidies up by itself: versions that are to be judged although their job has ended."""

from __future__ import annotations

from datetime import timedelta

from server.content.media.results import Refused
from server.kit.access import SYSTEM
from server.kit.jobs import Context
from server.kit.ticker import Ticker
from server.sparks import queries, service

_DIED = Refused("job_failed", "The spark could not be judged: the job broke off, more than once.")


def register(ticker: Ticker) -> None:
    """Let the sweep run for as long as the server does."""
    ticker.every("sparks.resume", timedelta(minutes=5), resume)


def resume(context: Context) -> int:
    """Give what waits another job where its own has ended, or park it; answers how many that were."""
    with context.db.read() as s:
        abandoned = queries.abandoned(s)
    done = 0
    for row in abandoned:
        with context.db.write() as s:
            done += service.died(
                s, actor=SYSTEM, spark_id=row.spark_id, number=row.number, job=row.job, why=_DIED
            )
    return done
