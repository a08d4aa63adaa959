"""What the catalogue does by itself: have versions judged whose job has ended, tell of prices that begin."""

from __future__ import annotations

from datetime import timedelta

from server.content.media.results import Refused
from server.kit.access import SYSTEM
from server.kit.jobs import Context
from server.kit.ticker import Ticker
from server.sparks import pricing, queries, service

_AT_ONCE = 200
"""Sparks of one run; the next one goes on."""
_DIED = Refused("job_failed", "The spark could not be judged: the job broke off, more than once.")


def register(ticker: Ticker) -> None:
    """Let the sweep run for as long as the server does."""
    ticker.every("sparks.resume", timedelta(minutes=5), resume)
    ticker.every("sparks.begin_prices", timedelta(seconds=15), begin_prices)


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


def begin_prices(context: Context) -> int:
    """Tell of planned prices that have begun since; answers how many those were."""
    with context.db.read() as s:
        due = queries.begun(s, limit=_AT_ONCE)
    done = 0
    for spark_id in due:
        with context.db.write() as s:
            done += pricing.begin(s, spark_id=spark_id)
    return done
