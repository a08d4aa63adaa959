"""What becomes of an entry: two people, one entry a video, an end in time, and hashes that come later."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
import sqlalchemy as sa

from server.audit.models import AuditEntry
from server.content.rules import VideoState
from server.forensics.banks import library, service, sweeps
from server.forensics.banks.rules import OURS, BankKind, EntrySeverity, EntryState
from server.forensics.banks.schemas import NewBank
from server.forensics.hashing.index import Rows
from server.kit import clock, job_history
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from server.kit.jobs import Context
from tests.server.forensics.banks.bench import Bench, pictures

pytestmark = pytest.mark.usefixtures("context")


def crops(entry: int, count: int = 5) -> Rows:
    return Rows(
        hashes=pictures(9, count),
        entry=np.full(count, entry, np.int64),
        t_ms=np.arange(count, dtype=np.int32) * 500,
        crop_bp=np.full(count, 200, np.uint16),
        quality=np.full(count, 80, np.uint8),
    )


def test_a_second_person_says_that_a_grave_one_is_right(bench: Bench, lead: Actor, cleared: Actor) -> None:
    bank_id = bench.bank()
    for severity in (EntrySeverity.LOW, EntrySeverity.MEDIUM):
        added = bench.add(bank_id, bench.video(), actor=lead, severity=severity)
        assert bench.state(added) is EntryState.ACTIVE
    for severity in (EntrySeverity.HIGH, EntrySeverity.CRITICAL):
        added = bench.add(bank_id, bench.video(), actor=lead, severity=severity)
        assert bench.state(added) is EntryState.PROPOSED
        with pytest.raises(Forbidden) as refused:
            bench.move(added, "activate", lead)
        assert refused.value.code == "own_entry"
        bench.move(added, "activate", cleared)
        assert bench.state(added) is EntryState.ACTIVE
    bench.move(added, "quarantine", lead)
    bench.move(added, "activate", lead)  # whoever looks at its matches may be the same
    assert bench.state(added) is EntryState.ACTIVE


def test_a_video_is_in_a_bank_once_and_can_come_back(bench: Bench) -> None:
    bank_id, video_id = bench.bank(), bench.video()
    entry_id = bench.add(bank_id, video_id)
    with pytest.raises(Conflict) as refused:
        bench.add(bank_id, video_id)
    assert refused.value.code == "already_banked"
    bench.move(entry_id, "deconfirm")
    assert bench.add(bank_id, video_id) != entry_id
    bench.add(bench.bank("another"), video_id)


def test_what_cannot_be_banked_is_refused(bench: Bench) -> None:
    bank_id, gone = bench.bank(), bench.video()
    bench.lab.delete(gone)
    with pytest.raises(NotFound):
        bench.add(bank_id, gone)
    with pytest.raises(Conflict, match="not ready"):
        bench.add(bank_id, bench.video(state=VideoState.PROCESSING))
    bench.change_bank(bank_id, enabled=False)
    with pytest.raises(Conflict, match="out of use"):
        bench.add(bank_id, bench.video())


def test_what_has_ended_stays_so(bench: Bench) -> None:
    entry_id = bench.add(bench.bank(), bench.video())
    bench.move(entry_id, "deconfirm")
    for event in ("activate", "quarantine", "deconfirm"):
        with pytest.raises(Conflict) as refused:
            bench.move(entry_id, event)
        assert refused.value.code == "entry_state"


def test_its_time_ends_an_entry(context: Context, bench: Bench) -> None:
    with clock.held() as now:
        soon = now.at + timedelta(hours=1)
        entry_id = bench.add(bench.bank(), bench.showing(pictures(1)), expires_at=soon)
        lasting = bench.add(bench.bank("other"), bench.showing(pictures(2)))
        assert sweeps.expire(context) == 0
        now.advance(timedelta(hours=1))
        assert sweeps.expire(context) == 1
    assert (bench.state(entry_id), bench.state(lasting)) == (EntryState.EXPIRED, EntryState.ACTIVE)
    assert bench.search(bench.showing(pictures(1))) == 0


def test_a_job_hashes_an_entry_and_its_rows_take_the_place_of_the_first_ones(
    context: Context, db: Database, bench: Bench
) -> None:
    entry_id = bench.add(bench.bank(), bench.showing(pictures(1)))
    entry = bench.entry(entry_id)
    assert entry.hashes == len(pictures(1))
    with db.read() as s:
        assert job_history.waiting(s, service.HASH) == 1
    index = library.index(db, context.settings.data, OURS)
    assert len(index) == len(pictures(1))
    with db.write() as s:
        assert service.hashed(s, actor=SYSTEM, entry_id=entry_id, rows=crops(entry.number))
    assert len(library.index(db, context.settings.data, OURS)) == 5
    assert bench.entry(entry_id).hashes == 5
    with db.write() as s:
        service.not_hashed(s, actor=SYSTEM, entry_id=entry_id, code="unreadable")
    assert bench.entry(entry_id).fault == "unreadable"


def test_hashes_of_what_is_not_wanted_any_more_are_dropped(db: Database, bench: Bench) -> None:
    entry_id = bench.add(bench.bank(), bench.video())
    bench.move(entry_id, "deconfirm")
    with db.write() as s:
        assert not service.hashed(s, actor=SYSTEM, entry_id=entry_id, rows=crops(1))


def test_of_the_restricted_class_the_log_tells_the_cleared_alone(db: Database, bench: Bench) -> None:
    secret, plain = bench.video(restricted_class=True), bench.video()
    bank_id = bench.bank()
    ids = {bench.add(bank_id, secret): True, bench.add(bank_id, plain): False}
    with db.read() as s:
        for entry_id, restricted in ids.items():
            hidden = s.scalars(
                sa.select(AuditEntry.restricted).where(AuditEntry.target == f"entry:{entry_id}")
            ).all()
            assert set(hidden) == {restricted}


def test_a_bank_that_would_flag_nothing_is_refused(db: Database, bench: Bench) -> None:
    bench.bank("one")
    for body, kind in (
        (NewBank(name="two", kind=BankKind.HARMFUL), Invalid),
        (NewBank(name="one", kind=BankKind.NEGATIVE), Conflict),
    ):
        with pytest.raises(kind), db.write() as s:
            service.create_bank(s, actor=SYSTEM, body=body)


def test_what_nobody_knows_is_not_found(bench: Bench) -> None:
    with pytest.raises(DomainError, match="no such entry"):
        bench.move(uuid4(), "activate")
    with pytest.raises(NotFound, match="no such bank"):
        bench.add(uuid4(), bench.video())
