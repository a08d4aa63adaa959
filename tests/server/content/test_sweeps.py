"""What nobody finished is given up, what nobody needs is deleted, and nothing else is touched."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.accounts import service as accounts
from server.accounts.models import Person
from server.accounts.permissions import Role
from server.accounts.schemas import PersonState
from server.content import availability, handlers, queries, service
from server.content.models import Video
from server.content.rules import VideoState
from server.content.sweeps import ABANDONED_AFTER, Swept, register, sweep_files
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.events import Event
from server.kit.jobs import Context
from server.kit.storage import Store
from server.kit.ticker import Ticker
from tests.server.content.conftest import AddVideo

LONG_AGO = timedelta(days=8)


def incoming(store: Store, upload_id: UUID, *, age: timedelta = timedelta(0)) -> None:
    file = store.incoming(upload_id)
    os.close(store.open_incoming(file))
    at = (clock.now() - age).timestamp()
    os.utime(file, (at, at))


def orphan(db: Database, store: Store, data: bytes, *, age: timedelta) -> str:
    with db.write() as s:
        name = store.put(s, data)
    at = (clock.now() - age).timestamp()
    os.utime(store.path(name), (at, at))
    return name


def test_a_dry_run_counts_and_changes_nothing(
    db: Database, store: Store, add_video: AddVideo, creator: Actor
) -> None:
    stuck = add_video(creator, state=VideoState.UPLOADING, created_at=clock.now() - LONG_AGO)
    incoming(store, stuck, age=LONG_AGO)
    incoming(store, uuid4(), age=LONG_AGO)
    name = orphan(db, store, b"orphan", age=LONG_AGO)
    for _ in range(2):
        assert sweep_files(db, store, dry_run=True) == Swept(uploads=1, files=1, incoming=1)
    assert store.has(name)
    assert sweep_files(db, store) == Swept(uploads=1, files=1, incoming=2)
    assert sweep_files(db, store) == Swept()
    assert not store.has(name)
    assert list(store.all_incoming()) == []


def test_an_upload_without_progress_for_a_week_is_refused_with_a_reason(
    db: Database, store: Store, add_video: AddVideo, creator: Actor
) -> None:
    old: dict[str, Any] = {"state": VideoState.UPLOADING, "created_at": clock.now() - LONG_AGO}
    stuck, growing = add_video(creator, **old), add_video(creator, **old)
    fresh = add_video(creator, state=VideoState.UPLOADING)
    incoming(store, growing, age=ABANDONED_AFTER / 2)
    assert sweep_files(db, store) == Swept(uploads=1)
    with db.read() as s:
        assert s.get_one(Video, stuck).state is VideoState.REFUSED
        assert "week" in (s.get_one(Video, stuck).reason or "")
        assert s.get_one(Video, growing).state is VideoState.UPLOADING
        assert s.get_one(Video, fresh).state is VideoState.UPLOADING


def test_what_is_needed_or_new_stays(db: Database, store: Store, add_video: AddVideo, creator: Actor) -> None:
    needed = add_video(creator, b"needed", state=VideoState.PROCESSING)
    deleted = add_video(creator, b"deleted", deleted_at=clock.now())
    evidence = add_video(creator, b"evidence", state=VideoState.REFUSED, restricted_class=True)
    broken = add_video(creator, b"broken", state=VideoState.REFUSED)
    with db.read() as s:
        names = {v: s.get_one(Video, v).sha256 or "" for v in (needed, deleted, evidence, broken)}
    for name in names.values():
        os.utime(store.path(name), (0, 0))
    young = orphan(db, store, b"young", age=timedelta(minutes=5))
    assert sweep_files(db, store) == Swept(files=1)
    assert {name for name, _ in store.names()} == {
        young,
        *(names[video] for video in (needed, deleted, evidence)),
    }


def test_what_belongs_to_no_upload_that_goes_on_is_gone_after_an_hour(
    db: Database, store: Store, add_video: AddVideo, creator: Actor
) -> None:
    uploading: dict[str, Any] = {"state": VideoState.UPLOADING}
    goes_on, deleted = (
        add_video(creator, **uploading),
        add_video(creator, **uploading, deleted_at=clock.now()),
    )
    half_a_still, young = uuid4(), uuid4()
    for upload in (goes_on, deleted, half_a_still):
        incoming(store, upload, age=timedelta(hours=2))
    incoming(store, young)
    assert sweep_files(db, store) == Swept(incoming=2)
    assert {upload for upload, _ in store.all_incoming()} == {goes_on, young}


def test_a_video_that_is_stuck_in_processing_is_tried_again_and_then_refused(
    db: Database, store: Store, add_video: AddVideo, creator: Actor
) -> None:
    video_id = add_video(creator, state=VideoState.PROCESSING, created_at=clock.now() - LONG_AGO)
    table = "workflow_status" if db.sqlite else "dbos.workflow_status"
    for run in range(1, service.RUNS):
        assert sweep_files(db, store, dry_run=True) == Swept(stuck=1)
        assert sweep_files(db, store) == Swept(stuck=1)
        assert sweep_files(db, store) == Swept()  # It waits its turn
        with db.writer.begin() as c:
            ended = c.exec_driver_sql(
                f"UPDATE {table} SET status = 'ERROR' WHERE workflow_uuid = '{queries.run_of(video_id, run)}'"
            )
            assert ended.rowcount == 1
    assert sweep_files(db, store) == Swept(stuck=1)
    with db.read() as s:
        video = s.get_one(Video, video_id)
        assert (video.state, video.runs) == (VideoState.REFUSED, service.RUNS - 1)
        assert "several times" in (video.reason or "")
    assert sweep_files(db, store) == Swept()


def test_the_sweeps_run_by_themselves(
    context: Context, db: Database, add_video: AddVideo, creator: Actor
) -> None:
    video_id = add_video(creator, next_availability="removed", next_availability_at=clock.now())
    ticker = Ticker()
    register(ticker)
    with db.write() as s:
        ticker.register(s)
    assert sorted(ticker.tick(context)) == [
        "content.fold_availability",
        "content.publish_due",
        "content.recount",
        "content.sweep_files",
    ]
    with db.read() as s:
        assert s.get_one(Video, video_id).availability == "removed"


@pytest.mark.parametrize(("state", "left"), [(PersonState.SUSPENDED, 2), (PersonState.CLOSED, 0)])
def test_the_videos_of_a_closed_account_go_with_it(
    db: Database,
    people: dict[Role, Person],
    add_video: AddVideo,
    creator: Actor,
    fan: Actor,
    state: PersonState,
    left: int,
) -> None:
    videos = [add_video(creator), add_video(creator)]
    other = add_video(fan)
    person = people[Role.CREATOR]
    with db.write() as s:
        accounts.edit_person(s, actor=SYSTEM, person_id=person.id, version=person.version, state=state)
    with db.write() as s:
        event = s.query(Event).filter(Event.topic == "accounts.person_changed").one()
        handlers.person_changed(s, event)
    with db.read() as s:
        there = [v for v in videos if s.get_one(Video, v).deleted_at is None]
        assert len(there) == left
        assert s.get_one(Video, other).deleted_at is None
        gone = s.query(Event).filter(Event.topic == "content.video_deleted").all()
        assert {event.subject for event in gone} == {str(v) for v in videos} - {str(v) for v in there}


def test_a_closing_that_is_heard_of_late_deletes_nothing_of_an_account_that_is_open_again(
    db: Database, people: dict[Role, Person], add_video: AddVideo, creator: Actor
) -> None:
    video_id, person = add_video(creator), people[Role.CREATOR]
    for version, state in enumerate((PersonState.CLOSED, PersonState.ACTIVE), person.version):
        with db.write() as s:
            accounts.edit_person(s, actor=SYSTEM, person_id=person.id, version=version, state=state)
    with db.write() as s:
        changes = s.query(Event).filter(Event.topic == "accounts.person_changed").order_by(Event.id)
        handlers.person_changed(s, changes.first() or Event())
    with db.read() as s:
        assert s.get_one(Video, video_id).deleted_at is None


def test_folding_needs_no_person(db: Database) -> None:
    with db.write() as s:
        assert availability.fold_due(s) == 0
