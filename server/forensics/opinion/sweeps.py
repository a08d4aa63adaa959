"""What is done about opinions by itself: questions that lost their job, and new videos, where that is set."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Final

from server.forensics.opinion import queries, service
from server.forensics.opinion.keys import key_of
from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.errors import Conflict, NotFound
from server.kit.jobs import Context
from server.kit.ticker import Ticker

AT_ONCE: Final = 20
"""Videos that are asked about by themselves in one sweep."""
NEW: Final = timedelta(days=1)
"""A video counts as new for so long: switching the setting on does not ask about the whole library."""


def register(ticker: Ticker) -> None:
    """Let the sweeps run for as long as the server does."""
    ticker.every("forensics.resume_opinions", timedelta(minutes=5), resume)
    ticker.every("forensics.ask_opinions", timedelta(minutes=1), ask_of_new)


def resume(context: Context) -> None:
    """See that whatever waits has a job."""
    with context.db.read() as s:
        found = queries.abandoned(s)
    for opinion_id in found:
        with context.db.write() as s:
            service.queue(s, opinion_id)


def ask_of_new(context: Context) -> None:
    """Ask about new videos once their words were looked for, if the server is set to."""
    if not context.settings.opinion_on_upload or key_of(context.settings) is None:
        return
    with context.db.read() as s:
        found = queries.not_asked(s, after=clock.now() - NEW, limit=AT_ONCE)
    for video_id in found:
        with context.db.write() as s, suppress(NotFound, Conflict):  # deleted, or restricted since
            service.request(s, actor=SYSTEM, video_id=video_id)
