"""What accounts tidies up by itself: due availabilities, sessions long over, counts that no longer count."""

from __future__ import annotations

from datetime import timedelta

from server.accounts import lockout, service, sessions
from server.accounts.models import BATCH
from server.kit.jobs import Context
from server.kit.ticker import Ticker


def register(ticker: Ticker) -> None:
    """Let the sweeps run for as long as the server does."""
    ticker.every("accounts.fold_availability", timedelta(seconds=5), _fold)
    ticker.every("accounts.forget_old", timedelta(hours=1), _forget)


def _fold(context: Context) -> None:
    context.db.write_in_batches(service.fold_availability, size=BATCH)


def _forget(context: Context) -> None:
    context.db.write_in_batches(sessions.forget_old, size=BATCH)
    context.db.write_in_batches(lockout.forget_old, size=BATCH)
