"""What still waits although no job is to do it any more: its job failed, or is forgotten."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from server.content.models import Video
from server.content.rules import VideoState
from server.forensics.banks.models import BankEntry, Look, Scan
from server.forensics.banks.rules import KEPT, LookState, ScanState
from server.kit import job_history
from server.kit.db import AnySession

Abandoned = list[tuple[Any, str | None]]
"""An id, and the job that was to do it."""


def looks(s: AnySession) -> Abandoned:
    """Videos that are there and wait to be looked at and searched for."""
    there = (Video.state == VideoState.READY, Video.deleted_at.is_(None))
    found = select(Look.video_id, Look.job).join(Video, Video.id == Look.video_id)
    return _without(s, found.where(Look.state == LookState.WAITING, *there).order_by(Look.asked_at))


def hashes(s: AnySession) -> Abandoned:
    """Entries that wait to be hashed."""
    found = select(BankEntry.id, BankEntry.job).where(BankEntry.job.is_not(None), BankEntry.state.in_(KEPT))
    return _without(s, found.order_by(BankEntry.number))


def scans(s: AnySession) -> Abandoned:
    """Looks through the library that have not ended."""
    return _without(s, select(Scan.id, Scan.job).where(Scan.state == ScanState.RUNNING))


def _without(s: AnySession, found: Select[*tuple[Any, ...]]) -> Abandoned:
    rows = s.execute(found).all()
    at_work = job_history.unfinished(s, [row.job for row in rows if row.job])
    return [(row[0], row.job) for row in rows if row.job not in at_work]
