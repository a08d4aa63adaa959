"""Commands of operations."""

from __future__ import annotations

from server.audit import service as audit
from server.kit import clock, live
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import WriteSession
from server.kit.ticker import Ticker
from server.kit.upsert import insert_ignoring
from server.ops import queries
from server.ops.models import DEMO, DEMO_FILLED, KEYS, Mark


def mark_as_demo(s: WriteSession) -> None:
    """From now on this database is refused on any address that others can reach."""
    insert_ignoring(s, Mark, {"name": DEMO, "created_at": clock.now()})


def mark_demo_as_filled(s: WriteSession) -> None:
    """The demo is whole: nothing is filled in any more."""
    insert_ignoring(s, Mark, {"name": DEMO_FILLED, "created_at": clock.now()})


def remember_keys(s: WriteSession, keys: Keys) -> str | None:
    """Bind this database to the keys unless it is bound already; answers the fingerprint of its keys."""
    insert_ignoring(s, Mark, {"name": KEYS, "value": keys.fingerprint, "created_at": clock.now()})
    return queries.keys_fingerprint(s)


def run_now(s: WriteSession, *, actor: Actor, ticker: Ticker, name: str) -> None:
    """Make a recurring job due at once. Raises NotFound for an unknown name, Conflict while it runs."""
    ticker.run_now(s, name)
    audit.record(s, actor=actor, action="ops.run_job", target=f"job:{name}")
    live.publish(s, "ops.job", name, 0)
