"""What people do to their videos and comments, and what moderation does to the availability of content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, case, delete, func, literal, or_, select, update

from server.accounts import service as accounts
from server.audit import service as audit
from server.content import queries
from server.content.models import SLOTS, Derivative, RestrictedFile, Video
from server.content.rules import ContentType, VideoState, Visibility
from server.kit import clock, jobs, live
from server.kit.access import Actor
from server.kit.db import WriteSession
from server.kit.errors import Conflict, NotFound, Stale
from server.kit.events import bus
from server.kit.storage import hold
from server.kit.upsert import insert_ignoring
from server.kit.wire import Availability

LIVE_TOPIC = "content.video"
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
    }
    if not insert_ignoring(s, Video, values):
        raise Conflict("There is a video with this id already.", code="id_taken")
    _record(s, actor, "video_created", video_id, version=1, size=size, visibility=visibility)
    return s.get_one(Video, video_id)


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
    version = s.scalar(
        update(Video)
        .where(Video.id == video_id, Video.state == VideoState.UPLOADING, Video.deleted_at.is_(None))
        .values(
            state=VideoState.PROCESSING,
            sha256=sha256,
            restricted_class=or_(Video.restricted_class, literal(known)),
            version=Video.version + 1,
        )
        .returning(Video.version)
    )
    if version is None:
        return False
    _record(s, actor, "video_uploaded", video_id, version=version, sha256=sha256)
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
    done = s.execute(
        update(Video)
        .where(Video.id == video_id, Video.state == VideoState.PROCESSING, Video.runs == runs)
        .values(runs=runs + 1)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
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
        .values(state=VideoState.REFUSED, reason=reason[:500], version=Video.version + 1)
        .returning(Video.version, Video.sha256)
    ).one_or_none()
    if refused is None:
        return False
    version, sha256 = refused
    _record(s, actor, "video_refused", video_id, version=version, code=code)
    bus.emit(s, "content.video_refused", video_id, code=code)
    if sha256:
        jobs.enqueue(s, "content.drop_files", sha256)
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
) -> None:
    """Change what is given of an own video that is still at `version`. Raises NotFound, Stale."""
    given = {"title": title, "caption": caption, "visibility": visibility}
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    changed = sorted(values)
    if visibility is Visibility.PUBLIC:
        values["published_at"] = case(
            (
                and_(Video.state == VideoState.READY, Video.published_at.is_(None)),
                clock.now(),
            ),
            else_=Video.published_at,
        )
    mine = and_(Video.id == video_id, Video.owner_id == actor.person, Video.deleted_at.is_(None))
    now_at = s.scalar(
        update(Video)
        .where(mine, Video.version == version)
        .values(version=Video.version + 1, **values)
        .returning(Video.version)
    )
    if now_at is None:
        if s.scalar(select(Video.version).where(mine)) is None:
            raise NotFound("There is no such video of yours.")
        raise Stale("This video was changed in the meantime. Nothing of yours was applied.")
    _record(s, actor, "video_edited", video_id, version=now_at, fields=changed)
    bus.emit(s, "content.video_edited", video_id, fields=changed)


def delete_video(s: WriteSession, *, actor: Actor, video_id: UUID) -> None:
    """Take an own video out of everyone's sight, until it is restored. Raises NotFound.

    What has arrived of an unfinished upload does not stay: whoever calls drops it after COMMIT.
    """
    version = _set_deleted(s, actor, video_id, clock.now())
    _record(s, actor, "video_deleted", video_id, version=version)
    bus.emit(s, "content.video_deleted", video_id)


def restore_video(s: WriteSession, *, actor: Actor, video_id: UUID) -> None:
    """Undo `delete_video`. An unfinished upload begins anew. Raises NotFound, Conflict `too_many_uploads`."""
    mine = (Video.id == video_id, Video.owner_id == actor.person, Video.deleted_at.is_not(None))
    unfinished = s.scalar(select(Video.size).where(*mine, Video.state == VideoState.UPLOADING))
    if unfinished is not None:
        _check_room(s, actor, unfinished)
    version = _set_deleted(s, actor, video_id, None)
    _record(s, actor, "video_restored", video_id, version=version)
    bus.emit(s, "content.video_restored", video_id)


def _set_deleted(s: WriteSession, actor: Actor, video_id: UUID, at: datetime | None) -> int:
    other = Video.deleted_at.is_(None) if at else Video.deleted_at.is_not(None)
    version: int | None = s.scalar(
        update(Video)
        .where(Video.id == video_id, Video.owner_id == actor.person, other)
        .values(deleted_at=at, version=Video.version + 1)
        .returning(Video.version)
    )
    if version is None:
        raise NotFound("There is no such video of yours.")
    return version


def delete_videos_of(s: WriteSession, *, actor: Actor, owner_id: UUID) -> int:
    """Delete every video of a person whose account is gone; answers how many."""
    gone = s.execute(
        update(Video)
        .where(Video.owner_id == owner_id, Video.deleted_at.is_(None))
        .values(deleted_at=clock.now(), version=Video.version + 1)
        .returning(Video.id, Video.version)
    ).all()
    for video_id, version in gone:
        _record(s, actor, "video_deleted", video_id, version=version)
        bus.emit(s, "content.video_deleted", video_id)
    return len(gone)


def set_restricted_class(
    s: WriteSession, *, actor: Actor, video_id: UUID, whole_file: bool = True
) -> Sequence[UUID]:
    """Put a video into the class that only cleared reviewers see, and with it every other one of its file,
    those to come too. There is no way back. Answers the videos that are new to the class.

    Their versions stay: what the owners see does not change. Storyboards, posters and waveforms are gone
    with this transaction, the files right after it, and no new ones are ever made. `whole_file` False =
    what is wrong is not in the file. Raises NotFound.
    """
    sha256 = s.execute(select(Video.sha256).where(Video.id == video_id)).one_or_none()
    if sha256 is None:
        raise NotFound("There is no such video.")
    which = Video.id == video_id
    if whole_file and sha256[0]:
        hold(s, sha256[0])
        insert_ignoring(s, RestrictedFile, {"sha256": sha256[0], "created_at": clock.now()})
        which = or_(which, Video.sha256 == sha256[0])
    # Locked in one order, so that two of them never wait for each other.
    ids = s.scalars(
        select(Video.id).where(which, Video.restricted_class.is_(False)).order_by(Video.id).with_for_update()
    ).all()
    dropped: set[str] = set()
    for new_id in ids:
        done = update(Video).where(Video.id == new_id).values(restricted_class=True).returning(Video.version)
        gone = delete(Derivative).where(Derivative.video_id == new_id).returning(Derivative.sha256)
        version, files = s.execute(done).scalar_one(), s.scalars(gone).all()
        dropped.update(files)
        told = {"restricted": True, "derivatives": len(files)}
        _record(s, actor, "video_restricted", new_id, version=version, **told)
        if new_id != video_id:
            bus.emit(s, COPY_OF_RESTRICTED, new_id)
    if dropped:
        jobs.enqueue(s, "content.drop_files", *sorted(dropped))
    return ids


def lock(s: WriteSession, *, content_type: str, content_id: UUID) -> None:
    """Let no other transaction change this content until this one ends."""
    table = SLOTS[ContentType(content_type)].table
    s.execute(select(table.id).where(table.id == content_id).with_for_update())


def schedule_availability(
    s: WriteSession,
    *,
    actor: Actor,
    content_type: str,
    content_id: UUID,
    availability: Availability,
    effective_at: datetime,
    restricted: bool = False,
) -> None:
    """Let `availability` count from `effective_at` on (now or earlier = at once).

    There is one coming change at a time: this replaces one that is not in force yet, so who decides twice
    passes the result of both. `restricted`: only cleared readers of the audit log learn of it, as with any
    content that is itself of that class. Raises NotFound.
    """
    slot = SLOTS[ContentType(content_type)]
    changed = s.execute(
        update(slot.table)
        .where(slot.table.id == content_id)
        .values(
            {
                slot.current: slot.in_force(),
                slot.following: availability,
                slot.following_at: effective_at,
                slot.table.version: slot.table.version + 1,
            }
        )
        .returning(slot.table.version, slot.restricted_class())
    ).one_or_none()
    if changed is None:
        raise NotFound(f"There is no such {content_type}.")
    version, of_class = changed
    secret = restricted or of_class
    _availability_changed(s, actor, content_type, content_id, version, secret, availability, effective_at)


def cancel_scheduled_availability(
    s: WriteSession, *, actor: Actor, content_type: str, content_id: UUID, restricted: bool = False
) -> None:
    """Take back the coming change. Raises NotFound; Conflict `in_force` when there is none any more."""
    slot = SLOTS[ContentType(content_type)]
    changed = s.execute(
        update(slot.table)
        .where(slot.table.id == content_id, slot.following_at > clock.now())
        .values({slot.following: None, slot.following_at: None, slot.table.version: slot.table.version + 1})
        .returning(slot.table.version, slot.restricted_class())
    ).one_or_none()
    if changed is None:
        if s.get(slot.table, content_id) is None:
            raise NotFound(f"There is no such {content_type}.")
        raise Conflict("There is no change left to take back.", code="in_force")
    version, of_class = changed
    _availability_changed(s, actor, content_type, content_id, version, restricted or of_class, None, None)


def _availability_changed(
    s: WriteSession,
    actor: Actor,
    content_type: str,
    content_id: UUID,
    version: int,
    restricted: bool,
    to: Availability | None,
    effective_at: datetime | None,
) -> None:
    when = effective_at.isoformat() if effective_at else None
    target = f"{ContentType(content_type)}:{content_id}"
    # Who reads the audit log may lack the clearance to know what was decided.
    outcome = {} if restricted else {"to": to, "effective_at": when}
    audit.record(
        s,
        actor=actor,
        action="content.availability",
        target=target,
        restricted=restricted,
        **outcome,
    )
    bus.emit(s, "content.availability_changed", content_id, content_type=str(content_type), to=to)
    if content_type != ContentType.COMMENT:
        live.publish(s, LIVE_TOPIC, content_id, version)


def fold_due(s: WriteSession) -> int:
    """Make the changes that are in force the stored value; answers how many. Reads never wait for this."""
    folded = 0
    for content_type, slot in SLOTS.items():
        rows = s.execute(
            update(slot.table)
            .where(slot.following_at <= clock.now())
            .values(
                {
                    slot.current: func.coalesce(slot.following, slot.current),
                    slot.following: None,
                    slot.following_at: None,
                    slot.table.version: slot.table.version + 1,
                }
            )
            .returning(slot.table.id, slot.table.version)
        ).all()
        folded += len(rows)
        if content_type is not ContentType.COMMENT:
            for content_id, version in rows:
                live.publish(s, LIVE_TOPIC, content_id, version)
    return folded


def _record(s: WriteSession, actor: Actor, action: str, video_id: UUID, *, version: int, **data: Any) -> None:
    audit.record(s, actor=actor, action=f"content.{action}", target=f"video:{video_id}", **data)
    live.publish(s, LIVE_TOPIC, video_id, version)
