"""What people do to their videos, and what becomes of the files that are on their way in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, literal, or_, select, true, update

from server.accounts import service as accounts
from server.audit import service as audit
from server.content import posters, queries
from server.content.announcing import LIVE_RESTRICTED, LIVE_TOPIC, lock_videos, tell_viewers
from server.content.models import Derivative, RestrictedFile, Video
from server.content.publishing import published_at
from server.content.record import record
from server.content.rules import VideoState, Visibility
from server.kit import clock, jobs, live
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound, Stale
from server.kit.events import bus
from server.kit.storage import hold
from server.kit.upsert import insert_ignoring

COPY_OF_RESTRICTED = "content.copy_of_restricted"
"""The event that a video is of the restricted class because of its file: it is a case of its own."""
UPLOADS_AT_ONCE = 16
"""Videos that one person may have on their way in."""
UNFINISHED_MAX = 16 << 30
"""Bytes that these may have together. One alone may be as large as a video may be."""
RUNS = 3
"""How often a video is tried to be processed before it is refused."""


def create_video(
    s: WriteSession,
    *,
    actor: Actor,
    filename: str,
    size: int,
    title: str,
    caption: str = "",
    visibility: Visibility = Visibility.PUBLIC,
    publish_at: datetime | None = None,
    video_id: UUID | None = None,
) -> Video:
    """Begin a video of `size` bytes that are still to come. The texts are clean (see `rules`).

    Raises Conflict `id_taken`, or `too_many_uploads` while the person has 16 others, or 16 GiB, on their way.
    """
    video_id = video_id or uuid4()
    _check_room(s, actor, size)
    values = {
        "id": video_id,
        "owner_id": actor.person,
        "filename": filename,
        "size": size,
        "title": title,
        "caption": caption,
        "visibility": visibility,
        "publish_at": publish_at,
    }
    if not insert_ignoring(s, Video, values):
        raise Conflict("There is a video with this id already.", code="id_taken")
    made = s.get_one(Video, video_id)
    record(s, actor, "video_created", video_id, made, size=size, visibility=visibility)
    return made


def _check_room(s: WriteSession, actor: Actor, size: int) -> None:
    """Nobody fills the disk with what is never finished. The person is locked for two at once to count."""
    accounts.lock(s, person_id=actor.person)
    count, announced = queries.open_uploads(s, actor.person)
    if count >= UPLOADS_AT_ONCE or (count and announced + size > UNFINISHED_MAX):
        raise Conflict(
            f"You have {count} unfinished uploads. Finish one or delete its video first.",
            code="too_many_uploads",
        )


def finish_upload(s: WriteSession, *, actor: Actor, video_id: UUID, sha256: str) -> bool:
    """Hand a whole file over to processing; False when that was done before.

    Bytes of the restricted class make the video one of it. The file's name is held meanwhile, so that
    `set_restricted_class` comes wholly before or wholly after.
    """
    hold(s, sha256)
    known = s.get(RestrictedFile, sha256) is not None
    uploaded = s.execute(
        update(Video)
        .where(Video.id == video_id, Video.state == VideoState.UPLOADING, Video.deleted_at.is_(None))
        .values(
            state=VideoState.PROCESSING,
            sha256=sha256,
            restricted_class=or_(Video.restricted_class, literal(known)),
            version=Video.version + 1,
        )
        .returning(Video.version, Video.restricted_class)
    ).one_or_none()
    if uploaded is None:
        return False
    # The record names the bytes of every upload alike: one that left them out would tell whoever is not
    # cleared that these are of the class.
    record(s, actor, "video_uploaded", video_id, uploaded, sha256=sha256)
    if known:
        bus.emit(s, COPY_OF_RESTRICTED, video_id)
    _process(s, video_id, runs=0)
    return True


def _process(s: WriteSession, video_id: UUID, *, runs: int) -> None:
    run = queries.run_of(video_id, runs)
    jobs.enqueue(s, "content.process_video", video_id, workflow_id=run)


def process_again(s: WriteSession, *, actor: Actor, video_id: UUID, runs: int) -> bool:
    """Begin anew with a video whose processing ended without a result after `runs` others, or give it up.

    False when it has gone on in the meantime.
    """
    if runs + 1 >= RUNS:
        return refuse_video(
            s,
            actor=actor,
            video_id=video_id,
            code="not_processed",
            reason="The server could not process this file, although it tried several times. "
            "Send it again later, or in another format.",
        )
    done = s.changed_one(
        update(Video)
        .where(Video.id == video_id, Video.state == VideoState.PROCESSING, Video.runs == runs)
        .values(runs=runs + 1)
    )
    if not done:
        return False
    audit.record(s, actor=actor, action="content.processed_again", target=f"video:{video_id}", runs=runs + 1)
    _process(s, video_id, runs=runs + 1)
    return True


def refuse_video(s: WriteSession, *, actor: Actor, video_id: UUID, code: str, reason: str) -> bool:
    """End a video that is on its way in, with a sentence for its owner; False when it was not on its way.

    Its file goes, unless the video is of the restricted class.
    """
    refused = s.execute(
        update(Video)
        .where(Video.id == video_id, Video.state.in_((VideoState.UPLOADING, VideoState.PROCESSING)))
        .values(
            state=VideoState.REFUSED, reason=reason[:500], poster_asked_at=None, version=Video.version + 1
        )
        .returning(Video.version, Video.restricted_class, Video.sha256)
    ).one_or_none()
    if refused is None:
        return False
    record(s, actor, "video_refused", video_id, refused, code=code)
    bus.emit(s, "content.video_refused", video_id, code=code)
    if refused.sha256:
        jobs.enqueue(s, "content.drop_files", refused.sha256)
    return True


def edit_video(
    s: WriteSession,
    *,
    actor: Actor,
    video_id: UUID,
    version: int,
    title: str | None = None,
    caption: str | None = None,
    visibility: Visibility | None = None,
    publish_at: datetime | None = None,
    publish_now: bool = False,
    poster_at_ms: int | None = None,
    poster_automatic: bool = False,
) -> None:
    """Change what is given of an own video that is still at `version`. Raises NotFound, Stale, and Conflict
    `already_published` for another time of publication."""
    given = {
        "title": title,
        "caption": caption,
        "visibility": visibility,
        "publish_at": publish_at,
        "poster_at_ms": poster_at_ms,
    }
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if publish_now:
        values["publish_at"] = None
    if poster_automatic:
        values["poster_at_ms"] = None
    moved, changed = "publish_at" in values, sorted(values)
    if values.keys() & {"visibility", "publish_at"}:
        values["published_at"] = published_at(**values)
    if "poster_at_ms" in values:
        values["poster_asked_at"] = posters.asked_at()
    mine = and_(Video.id == video_id, Video.owner_id == actor.person, Video.deleted_at.is_(None))
    before = lock_videos(s, mine)
    drawn_already = "poster_at_ms" in values and posters.is_asked(s, video_id=video_id)
    now_at = s.execute(
        update(Video)
        .where(mine, Video.version == version, Video.published_at.is_(None) if moved else true())
        .values(version=Video.version + 1, **values)
        .returning(Video.version, Video.restricted_class, Video.poster_asked_at)
    ).one_or_none()
    if now_at is None:
        found = s.execute(select(Video.version, Video.published_at).where(mine)).one_or_none()
        if found is None:
            raise NotFound("There is no such video of yours.")
        if moved and found.version == version:
            raise Conflict("This video has been published already.", code="already_published")
        raise Stale("This video was changed in the meantime. Nothing of yours was applied.")
    record(s, actor, "video_edited", video_id, now_at, fields=changed)
    if changed != ["poster_at_ms"]:  # which is seen when it has been drawn
        tell_viewers(s, before)
    bus.emit(s, "content.video_edited", video_id, fields=changed)
    if "poster_at_ms" in changed and now_at.poster_asked_at is not None and not drawn_already:
        posters.ask(s, video_id=video_id)


def delete_video(s: WriteSession, *, actor: Actor, video_id: UUID) -> None:
    """Take an own video out of everyone's sight, until it is restored. Raises NotFound.

    What has arrived of an unfinished upload does not stay: whoever calls drops it after COMMIT.
    """
    record(s, actor, "video_deleted", video_id, _set_deleted(s, actor, video_id, clock.now()))
    bus.emit(s, "content.video_deleted", video_id)


def restore_video(s: WriteSession, *, actor: Actor, video_id: UUID) -> None:
    """Undo `delete_video`. An unfinished upload begins anew. Raises NotFound, Conflict `too_many_uploads`."""
    mine = (Video.id == video_id, Video.owner_id == actor.person, Video.deleted_at.is_not(None))
    unfinished = s.scalar(select(Video.size).where(*mine, Video.state == VideoState.UPLOADING))
    if unfinished is not None:
        _check_room(s, actor, unfinished)
    record(s, actor, "video_restored", video_id, _set_deleted(s, actor, video_id, None))
    bus.emit(s, "content.video_restored", video_id)


def _set_deleted(s: WriteSession, actor: Actor, video_id: UUID, at: datetime | None) -> Any:
    other = Video.deleted_at.is_(None) if at else Video.deleted_at.is_not(None)
    which = and_(Video.id == video_id, Video.owner_id == actor.person, other)
    before = lock_videos(s, which)
    done = s.execute(
        update(Video)
        .where(which)
        .values(deleted_at=at, version=Video.version + 1)
        .returning(Video.version, Video.restricted_class)
    ).one_or_none()
    if done is None:
        raise NotFound("There is no such video of yours.")
    tell_viewers(s, before)
    return done


def delete_videos_of(s: WriteSession, *, actor: Actor, owner_id: UUID) -> int:
    """Delete every video of a person whose account is gone; answers how many."""
    left = and_(Video.owner_id == owner_id, Video.deleted_at.is_(None))
    before = lock_videos(s, left)
    gone = s.execute(
        update(Video)
        .where(left)
        .values(deleted_at=clock.now(), version=Video.version + 1)
        .returning(Video.id, Video.version, Video.restricted_class)
    ).all()
    for video in gone:
        record(s, actor, "video_deleted", video.id, video)
        bus.emit(s, "content.video_deleted", video.id)
    tell_viewers(s, before)
    return len(gone)


def hold_file(s: WriteSession, *, video_id: UUID) -> Sequence[UUID]:
    """Let no other transaction take in or restrict the file of a video until this one ends; answers every
    video of it. Raises NotFound."""
    sha256 = _held_file(s, video_id)
    same = or_(Video.id == video_id, Video.sha256 == sha256) if sha256 else Video.id == video_id
    return s.scalars(select(Video.id).where(same)).all()


def share_file(s: WriteSession, *, video_id: UUID) -> None:
    """Let no other transaction restrict the file of a video until this one ends. Raises NotFound."""
    _held_file(s, video_id, shared=True)


def _held_file(s: WriteSession, video_id: UUID, *, shared: bool = False) -> str | None:
    found = s.execute(select(Video.sha256).where(Video.id == video_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such video.")
    if found.sha256:
        hold(s, found.sha256, shared=shared)
    sha256: str | None = found.sha256
    return sha256


def set_restricted_class(
    s: WriteSession, *, actor: Actor, video_id: UUID, whole_file: bool = True
) -> Sequence[UUID]:
    """Put a video into the class that only cleared reviewers see, and with it every other one of its file,
    those to come too. There is no way back. Answers the videos that are new to the class.

    Their versions stay: what the owners see does not change. Storyboards, posters and waveforms are gone
    with this transaction, the files right after it, and no new ones are ever made. `whole_file` False =
    what is wrong is not in the file. Raises NotFound.
    """
    which: ColumnElement[bool] = Video.id == video_id
    if whole_file and (sha256 := _held_file(s, video_id)):
        insert_ignoring(s, RestrictedFile, {"sha256": sha256, "created_at": clock.now()})
        which = or_(which, Video.sha256 == sha256)
    before = lock_videos(s, which, Video.restricted_class.is_(False))
    dropped: set[str] = set()
    for new_id in before:
        done = update(Video).where(Video.id == new_id).values(restricted_class=True).returning(Video.version)
        gone = delete(Derivative).where(Derivative.video_id == new_id).returning(Derivative.sha256)
        version, files = s.execute(done).scalar_one(), s.scalars(gone).all()
        dropped.update(files)
        audit.record(
            s,
            actor=actor,
            action="content.video_restricted",
            target=f"video:{new_id}",
            restricted=True,
            derivatives=len(files),
        )
        # For the last time by its open name: whoever shows it reads it anew and finds it gone.
        for topic in (LIVE_TOPIC, LIVE_RESTRICTED):
            live.publish(s, topic, new_id, version)
        bus.emit(s, "content.video_restricted", new_id)
        if new_id != video_id:
            bus.emit(s, COPY_OF_RESTRICTED, new_id)
    tell_viewers(s, before)
    if dropped:
        jobs.enqueue(s, "content.drop_files", *sorted(dropped))
    return list(before)
