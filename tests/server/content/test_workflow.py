"""A file that has arrived becomes a video that can be watched, or is refused with a reason; never twice."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.content import derivatives, queries, service, workflow
from server.content.media import worker
from server.content.models import Derivative, Video
from server.content.rules import DerivativeKind, VideoState
from server.kit import jobs
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.events import Event
from server.kit.jobs import Context
from server.kit.storage import Store
from tests.server.conftest import SignIn
from tests.server.content.conftest import AddVideo

pytestmark = pytest.mark.usefixtures("context")

_examined: dict[tuple[Any, ...], Any] = {}


@pytest.fixture(autouse=True)
def each_file_examined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real worker process reads each file once; its answers serve every test of this module."""
    really_run = worker.run

    def run(task: type, path: Path, **options: Any) -> Any:
        key = task, path.name, *options.items()
        if key not in _examined:
            _examined[key] = really_run(task, path, **options)
        return _examined[key]

    monkeypatch.setattr(worker, "run", run)


def arrived(db: Database, add_video: AddVideo, owner: Actor, data: bytes) -> UUID:
    return add_video(owner, data, state=VideoState.PROCESSING)


def video_of(db: Database, video_id: UUID) -> Video:
    with db.read() as s:
        return s.get_one(Video, video_id)


def kinds(db: Database) -> list[DerivativeKind]:
    with db.read() as s:
        return list(s.scalars(sa.select(Derivative.kind).order_by(Derivative.kind)))


def drawn(db: Database) -> set[UUID]:
    """The videos of which something is derived."""
    with db.read() as s:
        return set(s.scalars(sa.select(Derivative.video_id)))


def names(store: Store) -> set[str]:
    return {name for name, _ in store.names()}


def test_a_real_clip_is_measured_drawn_and_published(
    db: Database,
    add_video: AddVideo,
    creator: Actor,
    clip: bytes,
    client: httpx.Client,
    sign_in: SignIn,
) -> None:
    video_id = arrived(db, add_video, creator, clip)
    workflow.process_video(str(video_id))
    path, fan = f"/v1/content/videos/{video_id}", sign_in(Role.FAN)
    video = client.get(path, headers=fan).json()
    assert video["state"] == "ready"
    assert (video["frames"], video["width"], video["height"], video["fps"]) == (50, 64, 48, "25")
    assert (video["video_codec"], video["audio_codec"], video["has_audio"]) == ("h264", "aac", True)
    assert video["duration_ms"] >= 2000
    assert video["damaged_from_ms"] is None
    assert video["published_at"] is not None
    assert sorted(video["derivatives"]) == ["poster", "storyboard", "waveform"]
    index = client.get(f"{path}/storyboard.json", headers=fan).json()
    assert index["t_ms"] == sorted(index["t_ms"])
    for picture in ("storyboard", "poster"):
        answer = client.get(f"{path}/{picture}", headers=fan)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.content.startswith(b"\xff\xd8\xff")
    peaks = client.get(f"{path}/waveform", headers=fan).json()
    assert len(peaks["low"]) == len(peaks["high"]) == 1000
    assert -128 <= min(peaks["low"]) < -40
    assert 40 < max(peaks["high"]) <= 127


def test_processing_twice_changes_nothing_more(
    db: Database, add_video: AddVideo, creator: Actor, clip: bytes, store: Store
) -> None:
    video_id = arrived(db, add_video, creator, clip)
    workflow.process_video(str(video_id))
    first, files = video_of(db, video_id), names(store)
    workflow.process_video(str(video_id))
    assert video_of(db, video_id).version == first.version
    assert names(store) == files
    with db.read() as s:
        topics = s.scalars(sa.select(Event.topic).where(Event.topic.like("content.%"))).all()
    assert topics == ["content.video_ready"]


def test_a_step_that_died_after_its_work_is_repeated_without_harm(
    db: Database, add_video: AddVideo, creator: Actor, clip: bytes, store: Store
) -> None:
    video_id = str(arrived(db, add_video, creator, clip))
    assert workflow.measure(video_id)
    assert workflow.measure(video_id)
    for _ in range(2):
        workflow.derive(video_id, DerivativeKind.POSTER.value)
    assert kinds(db) == [DerivativeKind.POSTER]
    for _ in range(2):
        workflow.publish(video_id)
    assert video_of(db, UUID(video_id)).state is VideoState.READY
    assert len(names(store)) == 2


@pytest.mark.parametrize("data", [b"", b"<html>not a video</html>", b"\x00" * 5000])
def test_what_is_no_video_is_refused_with_a_sentence_and_its_file_goes(
    db: Database, add_video: AddVideo, creator: Actor, store: Store, data: bytes
) -> None:
    video_id = arrived(db, add_video, creator, data)
    workflow.process_video(str(video_id))
    video = video_of(db, video_id)
    assert video.state is VideoState.REFUSED
    assert video.reason is not None
    assert video.reason.endswith(".")
    assert video.sha256 is not None
    workflow.drop_files(video.sha256)
    assert names(store) == set()


def test_a_cut_video_is_refused_or_says_where_it_is_damaged(
    db: Database, add_video: AddVideo, creator: Actor, clip: bytes
) -> None:
    video_id = arrived(db, add_video, creator, clip[: len(clip) // 2])
    workflow.process_video(str(video_id))
    video = video_of(db, video_id)
    assert video.state is VideoState.REFUSED or video.damaged_from_ms is not None


def test_a_video_that_is_gone_is_not_processed(db: Database) -> None:
    workflow.process_video(str(UUID(int=7)))
    assert kinds(db) == []


def test_nothing_is_derived_of_the_restricted_class(
    db: Database, add_video: AddVideo, creator: Actor, clip: bytes, store: Store
) -> None:
    video_id = arrived(db, add_video, creator, clip)
    with db.write() as s:
        service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)
    workflow.process_video(str(video_id))
    video = video_of(db, video_id)
    assert video.state is VideoState.READY
    assert kinds(db) == []
    assert names(store) == {video.sha256}


def test_a_file_of_the_restricted_class_takes_every_video_of_it_along(
    db: Database, add_video: AddVideo, creator: Actor, clip: bytes, store: Store
) -> None:
    first, copy = (arrived(db, add_video, creator, clip) for _ in range(2))
    other = arrived(db, add_video, creator, clip[:-1] + b"!")
    for video_id in (first, copy, other):
        workflow.process_video(str(video_id))
    with db.write() as s:
        assert set(service.set_restricted_class(s, actor=SYSTEM, video_id=first)) == {first, copy}
        assert service.set_restricted_class(s, actor=SYSTEM, video_id=copy) == []
    assert drawn(db) == {other}
    later = add_video(creator, clip, state=VideoState.UPLOADING)
    with db.write() as s:
        name = hashlib.sha256(clip).hexdigest()
        service.finish_upload(s, actor=creator, video_id=later, sha256=name)
    workflow.process_video(str(later))
    assert video_of(db, later).restricted_class
    assert drawn(db) == {other}
    with db.read() as s:
        told = s.scalars(sa.select(Event.subject).where(Event.topic == service.COPY_OF_RESTRICTED)).all()
        assert set(told) == {str(copy), str(later)}


def test_an_upload_that_ends_while_its_file_is_restricted_is_of_the_class_too(
    db: Database, add_video: AddVideo, creator: Actor
) -> None:
    for number in range(10):
        data = f"video {number}".encode()
        first = add_video(creator, data)
        late = add_video(creator, data, state=VideoState.UPLOADING)
        together = threading.Barrier(2)

        def finish(late: UUID = late, data: bytes = data, together: threading.Barrier = together) -> None:
            together.wait()
            with db.write() as s:
                digest = hashlib.sha256(data).hexdigest()
                service.finish_upload(s, actor=creator, video_id=late, sha256=digest)

        finishing = threading.Thread(target=finish)
        finishing.start()
        together.wait()
        with db.write() as s:
            service.set_restricted_class(s, actor=SYSTEM, video_id=first)
        finishing.join()
        assert video_of(db, late).restricted_class


def test_what_was_derived_goes_with_the_restriction_and_its_files_right_after(
    db: Database, add_video: AddVideo, creator: Actor, clip: bytes, store: Store
) -> None:
    video_id = arrived(db, add_video, creator, clip)
    workflow.process_video(str(video_id))
    drawn = names(store) - {video_of(db, video_id).sha256}
    assert len(drawn) == 3
    with db.write() as s:
        service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)
        assert queued_drops(db, s) == 1
        service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)
        assert queued_drops(db, s) == 1
    assert kinds(db) == []
    workflow.drop_files(*drawn)
    assert names(store) == {video_of(db, video_id).sha256}
    with db.read() as s:
        restricted = sa.select(sa.func.count()).where(AuditEntry.action == "content.video_restricted")
        assert s.scalar(restricted) == 1


def queued_drops(db: Database, s: sa.orm.Session) -> int:
    table = "workflow_status" if db.sqlite else "dbos.workflow_status"
    found = sa.text(f"SELECT queue_name FROM {table} WHERE name = 'content.drop_files'")
    queues = s.execute(found).scalars().all()
    assert set(queues) <= {jobs.PROMPT}  # Not behind the films that are just being measured
    return len(queues)


def test_a_file_that_another_video_needs_stays(
    db: Database, add_video: AddVideo, creator: Actor, clip: bytes, store: Store
) -> None:
    first, second = (arrived(db, add_video, creator, clip) for _ in range(2))
    for video_id in (first, second):
        workflow.process_video(str(video_id))
    files = names(store)
    with db.write() as s:
        service.set_restricted_class(s, actor=SYSTEM, video_id=first, whole_file=False)
    workflow.drop_files(*files)
    assert names(store) == files
    assert len(kinds(db)) == 3


PRODUCT = derivatives.Product(b"a still", {"width": 1, "height": 1, "t_ms": 0})


def test_a_restriction_between_drawing_and_storing_leaves_nothing(
    db: Database, add_video: AddVideo, creator: Actor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = arrived(db, add_video, creator, b"video")
    before = names(store)

    def drawn(kind: DerivativeKind, file: Path, *, poster_at_ms: int | None) -> derivatives.Product:
        with db.write() as s:
            service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)
        return PRODUCT

    monkeypatch.setattr(derivatives, "drawn", drawn)
    workflow.derive(str(video_id), DerivativeKind.POSTER.value)
    assert kinds(db) == []
    assert names(store) == before
    assert list(store.all_incoming()) == []


def test_a_restriction_while_a_still_is_being_stored_waits_and_then_deletes_it(
    db: Database, add_video: AddVideo, creator: Actor, store: Store
) -> None:
    video_id = arrived(db, add_video, creator, b"video")
    done = threading.Event()

    def restrict() -> None:
        with db.write() as s:
            service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)
        done.set()

    other = threading.Thread(target=restrict)
    with db.write() as s:
        workflow._store(s, store, video_id, DerivativeKind.POSTER, PRODUCT)
        other.start()
        assert not done.wait(0.2)
    other.join(10)
    assert done.is_set()
    assert kinds(db) == []


def test_drawing_and_restricting_at_once_never_leaves_a_still(
    db: Database,
    add_video: AddVideo,
    creator: Actor,
    store: Store,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(derivatives, "drawn", lambda kind, file, *, poster_at_ms: PRODUCT)
    for number in range(15):
        video_id = arrived(db, add_video, creator, f"video {number}".encode())
        together = threading.Barrier(2)

        def draw(video_id: UUID = video_id, together: threading.Barrier = together) -> None:
            together.wait()
            for kind in DerivativeKind:
                workflow.derive(str(video_id), kind.value)

        drawing = threading.Thread(target=draw)
        drawing.start()
        together.wait()
        with db.write() as s:
            service.set_restricted_class(s, actor=SYSTEM, video_id=video_id)
        drawing.join()
        with db.read() as after:
            assert queries.kinds_of(after, [video_id]) == {}
