"""Short words for what the tests of banks do again and again; every call is a transaction of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from server.audit.models import AuditEntry
from server.content.models import Video
from server.forensics.banks import matching, packing, service, workflow
from server.forensics.banks.models import Bank, BankEntry, Fingerprint, Match, Scan
from server.forensics.banks.rules import OURS, BankKind, EntrySeverity, EntryState
from server.forensics.banks.schemas import NewBank, NewEntry
from server.forensics.hashing.results import QueryHashes
from server.forensics.rules import MatchClass
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from tests.server.forensics.lab import Lab

POLICY = "violence.graphic"
SECONDS = 20


def pictures(seed: int, seconds: int = SECONDS) -> NDArray[np.uint8]:
    """The hashes of a made-up video, one a second."""
    return np.random.default_rng(seed).integers(0, 256, (seconds, 32), np.uint8)


def copied(original: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """The same hashes, each with so many bits turned."""
    turned = np.unpackbits(original, axis=1)
    turned[:, :bits] ^= 1
    return np.packbits(turned, axis=1)


def sampled(
    upright: NDArray[np.uint8], *, flipped: NDArray[np.uint8] | None = None, quality: int = 90
) -> QueryHashes:
    """What a worker would say of a video with these hashes."""
    count = len(upright)
    mirror = flipped if flipped is not None else ~upright
    return QueryHashes(
        algorithm=OURS,
        duration_ms=1_000 * count,
        complete=True,
        t_ms=tuple(range(0, 1_000 * count, 1_000)),
        quality=(quality,) * count,
        hashes=upright.tobytes(),
        flipped=mirror.tobytes(),
    )


class Bench:
    """A lab with banks. What a video looks like is told, not decoded."""

    def __init__(self, db: Database, lab: Lab) -> None:
        self.db = db
        self.lab = lab
        self.video = lab.video

    def looks(self, video_id: UUID, upright: NDArray[np.uint8], **more: Any) -> UUID:
        """Say how a video looks."""
        seen = sampled(upright, **more)
        with self.db.write() as s:
            sha256 = s.scalar(sa.select(Video.sha256).where(Video.id == video_id))
            s.add(
                Fingerprint(
                    video_id=video_id,
                    algorithm=OURS,
                    sha256=sha256 or "",
                    duration_ms=seen.duration_ms,
                    complete=True,
                    packed=packing.frames_packed(seen),
                )
            )
        return video_id

    def showing(self, upright: NDArray[np.uint8], **more: Any) -> UUID:
        """A video that looks so."""
        return self.looks(self.lab.video(duration_ms=1_000 * len(upright)), upright, **more)

    def bank(self, name: str = "gore", kind: BankKind = BankKind.HARMFUL, **more: Any) -> UUID:
        policy = None if kind is BankKind.NEGATIVE else POLICY
        body = NewBank(name=name, kind=kind, **{"policy": policy} | more)
        with self.db.write() as s:
            return service.create_bank(s, actor=SYSTEM, body=body)

    def add(
        self,
        bank_id: UUID,
        video_id: UUID,
        *,
        actor: Actor = SYSTEM,
        severity: EntrySeverity = EntrySeverity.MEDIUM,
        **more: Any,
    ) -> UUID:
        body = NewEntry(video_id=video_id, severity=severity, reason="it was removed", **more)
        with self.db.write() as s:
            return service.add_entry(s, actor=actor, bank_id=bank_id, body=body)

    def move(self, entry_id: UUID, event: str, actor: Actor = SYSTEM) -> None:
        with self.db.write() as s:
            service.move(s, actor=actor, entry_id=entry_id, event=event, reason="so it is")

    def entry(self, entry_id: UUID) -> BankEntry:
        with self.db.read() as s:
            return s.scalars(sa.select(BankEntry).where(BankEntry.id == entry_id)).one()

    def state(self, entry_id: UUID) -> EntryState:
        return self.entry(entry_id).state

    def search(self, video_id: UUID) -> int:
        return workflow.search(str(video_id))

    def found(self, video_id: UUID, entry_id: UUID, grade: MatchClass = MatchClass.QUEUE, **more: Any) -> int:
        """Say that a search found something."""
        values = {
            "bits": 8,
            "quality": 90,
            "start_ms": 0,
            "end_ms": 12_000,
            "original_start_ms": 0,
            "original_end_ms": 12_000,
        }
        hit = matching.Hit(entry=self.entry(entry_id).number, grade=grade, **values | more)
        with self.db.write() as s:
            return matching.keep(s, video_id=video_id, hits=[hit])

    def matches(self, video_id: UUID | None = None) -> list[Match]:
        found = sa.select(Match).order_by(Match.found_at, Match.start_ms)
        if video_id is not None:
            found = found.where(Match.video_id == video_id)
        with self.db.read() as s:
            return list(s.scalars(found))

    def scans(self) -> list[Scan]:
        with self.db.read() as s:
            return list(s.scalars(sa.select(Scan).order_by(Scan.started_at, Scan.id)))

    def scan(self) -> None:
        """Run the look through the library that was asked for last."""
        workflow.scan_library(str(self.scans()[-1].id))

    def change_bank(self, bank_id: UUID, **values: Any) -> None:
        with self.db.write() as s:
            s.execute(sa.update(Bank).where(Bank.id == bank_id).values(**values))

    def actions(self) -> list[str]:
        with self.db.read() as s:
            mine = AuditEntry.action.startswith("forensics.")
            return list(s.scalars(sa.select(AuditEntry.action).where(mine).order_by(AuditEntry.seq)))
