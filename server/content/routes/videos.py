"""Videos over HTTP; their bytes are in `files`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from server.content import blocks, queries, service, views
from server.content.routes.parts import notices, said
from server.content.routes.state import database, explain, receiver, router, settings
from server.content.rules import VideoState, clean, clean_filename
from server.content.schemas import NewVideo, VideoCreated, VideoEdit, VideoView
from server.kit import paging
from server.kit.access import Actor, require
from server.kit.db import AnySession
from server.kit.errors import Invalid, NotFound, Stale, TooLarge, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit
from server.kit.paging import Page
from server.kit.params import Cursor, IfMatch, Limit, tagged, version_of


@router.post(
    "/videos",
    status_code=201,
    responses=problems(409, 429),
    dependencies=[limit(120, timedelta(minutes=1))],
)
def create_video(
    request: Request,
    body: NewVideo,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("content.upload"),
) -> VideoCreated:
    """Announce a video; its file follows by PATCH to `videos/{id}/file`."""
    most_mb = settings(request).upload_limit_mb
    if body.size > most_mb << 20:
        raise TooLarge(f"A video may have at most {most_mb} MiB.")
    title = said("title", clean(body.title, lines=False))
    caption = clean(body.caption, lines=True)

    def create() -> VideoCreated:
        video = service.create_video(
            s,
            actor=actor,
            video_id=body.id,
            filename=clean_filename(body.filename),
            size=body.size,
            title=title.text,
            caption=caption.text,
            visibility=body.visibility,
            publish_at=body.publish_at,
        )
        return VideoCreated(id=video.id, state=video.state, notices=notices(title=title, caption=caption))

    with database(request).write() as s:
        return once(s, actor, idempotency_key, "content.create_video", body, create, VideoCreated)


@router.get("/videos")
def list_videos(
    request: Request,
    owner: Annotated[Literal["me"] | UUID, Query(description="Whose videos")] = "me",
    deleted: Annotated[bool, Query(description="Only the deleted ones, instead of the others")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("content.read"),
) -> Page[VideoView]:
    """The videos of a person that the caller may see, newest first."""
    with database(request).read() as s:
        rows = queries.videos(
            s,
            actor,
            owner_id=actor.person if owner == "me" else owner,
            deleted=deleted,
            before=paging.key_of(cursor, datetime, UUID),
            limit=limit + 1,
        )
        shown, then = paging.trim(rows, limit, lambda row: (row.created_at, row.id))
        items = views.videos(s, actor, shown, explain=explain(request))
    return Page(items=[_with_received(request, item) for item in items], next_cursor=then)


@router.get("/videos/{video_id}", responses=problems(404))
def read_video(
    request: Request, response: Response, video_id: UUID, actor: Actor = require("content.read")
) -> VideoView:
    """One video, with the ETag that an edit must name. 404 `blocked` where the caller blocks its owner."""
    with database(request).read() as s:
        found = _view(request, s, actor, video_id)
        blocks.check(s, actor, found.owner.id)
    tagged(response, found.version)
    return found


@router.patch("/videos/{video_id}", responses=problems(404, 409, 412))
def edit_video(
    request: Request,
    response: Response,
    video_id: UUID,
    body: VideoEdit,
    if_match: IfMatch,
    actor: Actor = require("content.edit"),
) -> VideoView:
    """Change title, caption, visibility, the time of publication or the poster of an own video."""
    if body == VideoEdit():
        raise Invalid("Nothing was given that is to change.")
    title = said("title", clean(body.title, lines=False)) if body.title is not None else None
    caption = clean(body.caption, lines=True) if body.caption is not None else None
    db = database(request)
    try:
        with db.write() as s:
            service.edit_video(
                s,
                actor=actor,
                video_id=video_id,
                version=version_of(if_match),
                title=title.text if title else None,
                caption=caption.text if caption else None,
                visibility=body.visibility,
                publish_at=body.publish_at,
                publish_now=body.publish_now,
                poster_at_ms=body.poster_at_ms,
                poster_automatic=body.poster_automatic,
            )
            changed = _view(request, s, actor, video_id)
    except Stale as stale:
        with db.read() as s:
            stale.current = _view(request, s, actor, video_id).model_dump(mode="json")
        raise
    tagged(response, changed.version)
    return changed.model_copy(update={"notices": notices(title=title, caption=caption)})


@router.delete("/videos/{video_id}", status_code=204, responses=problems(404))
def delete_video(request: Request, video_id: UUID, actor: Actor = require("content.edit")) -> None:
    """Take an own video away; `restore` brings it back."""
    with database(request).write() as s:
        service.delete_video(s, actor=actor, video_id=video_id)
    receiver(request).forget(video_id)


@router.post("/videos/{video_id}/restore", responses=problems(404, 409))
def restore_video(
    request: Request, response: Response, video_id: UUID, actor: Actor = require("content.edit")
) -> VideoView:
    """Bring an own deleted video back as it was; an unfinished upload begins anew."""
    with database(request).write() as s:
        service.restore_video(s, actor=actor, video_id=video_id)
        restored = _view(request, s, actor, video_id)
    tagged(response, restored.version)
    return restored


def _view(request: Request, s: AnySession, actor: Actor, video_id: UUID) -> VideoView:
    row = queries.video(s, actor, video_id)
    if row is None:
        raise NotFound("There is no such video.")
    return _with_received(request, views.videos(s, actor, [row], explain=explain(request))[0])


def _with_received(request: Request, video: VideoView) -> VideoView:
    """Fill in how much of the file has arrived, for those who see its size."""
    if video.size is None:
        return video
    uploading = video.state is VideoState.UPLOADING
    return video.model_copy(
        update={"received": receiver(request).offset(video.id) if uploading else video.size}
    )
