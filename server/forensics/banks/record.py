"""What every change of a bank, an entry or a match leaves behind: audit, events, a word to the clients."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, func, insert, select

from server.audit import service as audit
from server.content.models import Video
from server.forensics.banks.models import Bank, BankChange, BankEntry, Match, Scan
from server.forensics.record import is_restricted
from server.kit import live, locks
from server.kit.access import Actor
from server.kit.db import WriteSession

LIVE_TOPIC, LIVE_RESTRICTED = "forensics.match", "forensics.restricted_match"
"""What is published of the matches of a video, by its id; of one of the restricted class to the cleared."""
LIVE_SCAN, LIVE_RESTRICTED_SCAN = "forensics.scan", "forensics.restricted_scan"
"""What is published of a search of the library; of one for a restricted original to the cleared."""
LIVE_BANK = "forensics.bank"
"""Published by the id of a bank when one of its entries took itself out of use."""
MATCHED = "forensics.matched"
"""The event that a video has new matches with an entry (`entry`); its subject is the video."""
_POSITIONS = 7_203_005
"""The space of `locks.hold` in which positions of the index are given out."""

banks = cast(Table, Bank.__table__)
entries = cast(Table, BankEntry.__table__)
matches = cast(Table, Match.__table__)
scans = cast(Table, Scan.__table__)


def bank_changed(s: WriteSession, actor: Actor, what: str, bank_id: UUID, **data: Any) -> None:
    """Record that `what` happened to a bank."""
    audit.record(s, actor=actor, action=f"forensics.bank_{what}", target=f"bank:{bank_id}", **data)


def entry_changed(s: WriteSession, actor: Actor, what: str, row: Any, **data: Any) -> None:
    """Record that `what` happened to an entry, given its columns; of one whose original is of the restricted
    class the audit log tells the cleared alone."""
    secret = row.source_video_id is not None and bool(
        s.scalar(select(Video.restricted_class).where(Video.id == row.source_video_id))
    )
    audit.record(
        s,
        actor=actor,
        action=f"forensics.entry_{what}",
        target=f"entry:{row.id}",
        restricted=secret,
        bank=str(row.bank_id),
        **data,
    )


def video_matched(s: WriteSession, actor: Actor, what: str, video_id: UUID, **data: Any) -> None:
    """Record that `what` happened to the matches of a video, and tell who may know of it."""
    restricted = is_restricted(s, video_id)
    audit.record(
        s,
        actor=actor,
        action=f"forensics.{what}",
        target=f"video:{video_id}",
        restricted=restricted,
        **data,
    )
    version = s.scalar(select(func.coalesce(func.sum(Match.version), 0)).where(Match.video_id == video_id))
    live.publish(s, LIVE_RESTRICTED if restricted else LIVE_TOPIC, video_id, int(version or 0))


def is_secret(s: WriteSession, scan: Any) -> bool:
    """Whether a search is for one entry with an original of the restricted class: for the cleared alone."""
    if scan.first != scan.last:
        return False
    of = select(Video.restricted_class).join(BankEntry, BankEntry.source_video_id == Video.id)
    return bool(s.scalar(of.where(BankEntry.number == scan.first)))


def scan_moved(s: WriteSession, row: Any) -> None:
    """Tell who may know of it how far a search is."""
    live.publish(s, LIVE_RESTRICTED_SCAN if is_secret(s, row) else LIVE_SCAN, row.id, row.version)


def scan_changed(s: WriteSession, actor: Actor, what: str, row: Any, **data: Any) -> None:
    """Record that `what` happened to a search."""
    audit.record(
        s,
        actor=actor,
        action=f"forensics.scan_{what}",
        target=f"scan:{row.id}",
        restricted=is_secret(s, row),
        **data,
    )


def index_changed(s: WriteSession, entry: int, *, live: bool) -> None:
    """Let every process take the hashes of an entry into its index, or out of it."""
    s.info.setdefault("bank_changes", {})[entry] = live
    s.before_commit("forensics banks", _give_positions)


def _give_positions(s: WriteSession) -> None:
    """At the end of the transaction, so that two of them wait for each other no longer than need be."""
    changes: dict[int, bool] = s.info.pop("bank_changes")
    locks.hold(s, _POSITIONS, b"bank")
    last = s.scalar(select(func.max(BankChange.position))) or 0
    rows = [
        {"position": last + n, "entry": entry, "live": live}
        for n, (entry, live) in enumerate(changes.items(), 1)
    ]
    s.execute(insert(BankChange), rows)
