"""Videos and comments over HTTP; their bytes are in `file_routes`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from server.content import blocks, comments, queries, service, views
from server.content.reasons import Explain
from server.content.rules import Cleaned, VideoState, clean, clean_filename
from server.content.schemas import (
    CommentView,
    NewComment,
    NewVideo,
    VideoCreated,
    VideoEdit,
    VideoView,
)
from server.content.upload import Receiver
from server.kit.access import Actor, require
from server.kit.db import AnySession, Database
from server.kit.errors import Invalid, NotFound, Stale, TooLarge, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit
from server.kit.paging import Page, decode, encode
from server.kit.params import Cursor, IfMatch, Limit, tagged, version_of
from server.kit.routing import LateRoute
from server.settings import Settings

router = APIRouter(
    prefix="/v1/content",
    tags=["content"],
    responses=problems(400, 401, 403, 413, 422, 503),
    route_class=LateRoute,
)


def _db(request: Request) -> Database:
    return cast(Database, request.app.state.db)


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
    settings = cast(Settings, request.app.state.settings)
    if body.size > settings.upload_limit_mb << 20:
        raise TooLarge(f"A video may have at most {settings.upload_limit_mb} MiB.")
    title = _said("title", clean(body.title, lines=False))
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
        return VideoCreated(id=video.id, state=video.state, notices=_notices(title=title, caption=caption))

    with _db(request).write() as s:
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
    with _db(request).read() as s:
        rows = queries.videos(
            s,
            actor,
            owner_id=actor.person if owner == "me" else owner,
            deleted=deleted,
            before=_key(cursor),
            limit=limit + 1,
        )
        items = views.videos(s, actor, rows[:limit], explain=_explain(request))
    return Page(items=[_with_received(request, item) for item in items], next_cursor=_next(rows, limit))


@router.get("/videos/{video_id}", responses=problems(404))
def read_video(
    request: Request, response: Response, video_id: UUID, actor: Actor = require("content.read")
) -> VideoView:
    """One video, with the ETag that an edit must name. 404 `blocked` where the caller blocks its owner."""
    with _db(request).read() as s:
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
    title = _said("title", clean(body.title, lines=False)) if body.title is not None else None
    caption = clean(body.caption, lines=True) if body.caption is not None else None
    db = _db(request)
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
    return changed.model_copy(update={"notices": _notices(title=title, caption=caption)})


@router.delete("/videos/{video_id}", status_code=204, responses=problems(404))
def delete_video(request: Request, video_id: UUID, actor: Actor = require("content.edit")) -> None:
    """Take an own video away; `restore` brings it back."""
    with _db(request).write() as s:
        service.delete_video(s, actor=actor, video_id=video_id)
    cast(Receiver, request.app.state.receiver).forget(video_id)


@router.post("/videos/{video_id}/restore", responses=problems(404, 409))
def restore_video(
    request: Request, response: Response, video_id: UUID, actor: Actor = require("content.edit")
) -> VideoView:
    """Bring an own deleted video back as it was; an unfinished upload begins anew."""
    with _db(request).write() as s:
        service.restore_video(s, actor=actor, video_id=video_id)
        restored = _view(request, s, actor, video_id)
    tagged(response, restored.version)
    return restored


@router.post(
    "/videos/{video_id}/comments",
    status_code=201,
    responses=problems(404, 409, 429),
    dependencies=[limit(60, timedelta(minutes=1))],
)
def add_comment(
    request: Request,
    video_id: UUID,
    body: NewComment,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("content.comment"),
) -> CommentView:
    """Write under a video."""
    text = _said("body", clean(body.body, lines=True))

    def add() -> CommentView:
        comment = comments.add_comment(
            s,
            actor=actor,
            video_id=video_id,
            body=text.text,
            parent_id=body.parent_id,
            comment_id=body.id,
        )
        rows = queries.comments(s, actor, video_id=video_id, comment_id=comment.id, before=None, limit=1)
        return views.comments(s, rows)[0].model_copy(update={"notices": _notices(body=text)})

    with _db(request).write() as s:
        operation = f"content.add_comment {video_id}"
        return once(s, actor, idempotency_key, operation, body, add, CommentView)


@router.get("/videos/{video_id}/comments", responses=problems(404))
def list_comments(
    request: Request,
    video_id: UUID,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("content.read"),
) -> Page[CommentView]:
    """The comments under a video, newest first."""
    with _db(request).read() as s:
        if queries.video(s, actor, video_id) is None:
            raise NotFound("There is no such video.")
        rows = queries.comments(s, actor, video_id=video_id, before=_key(cursor), limit=limit + 1)
        items = views.comments(s, rows[:limit])
    return Page(items=items, next_cursor=_next(rows, limit))


@router.delete("/comments/{comment_id}", status_code=204, responses=problems(404))
def delete_comment(request: Request, comment_id: UUID, actor: Actor = require("content.comment")) -> None:
    """Take back an own comment, or one under an own video."""
    with _db(request).write() as s:
        comments.delete_comment(s, actor=actor, comment_id=comment_id)


def _explain(request: Request) -> Explain:
    return cast(Explain, request.app.state.explain)


def _view(request: Request, s: AnySession, actor: Actor, video_id: UUID) -> VideoView:
    row = queries.video(s, actor, video_id)
    if row is None:
        raise NotFound("There is no such video.")
    return _with_received(request, views.videos(s, actor, [row], explain=_explain(request))[0])


def _with_received(request: Request, video: VideoView) -> VideoView:
    """Fill in how much of the file has arrived, for those who see its size."""
    if video.size is None:
        return video
    receiver = cast(Receiver, request.app.state.receiver)
    uploading = video.state is VideoState.UPLOADING
    return video.model_copy(update={"received": receiver.offset(video.id) if uploading else video.size})


def _said(field: str, cleaned: Cleaned) -> Cleaned:
    if not cleaned.text:
        raise Invalid(f"Nothing is left of the {field} without its control characters.")
    return cleaned


def _notices(**texts: Cleaned | None) -> list[str]:
    return [
        f"Control characters were taken out of the {field}: {text.removed}."
        for field, text in texts.items()
        if text is not None and text.removed
    ]


def _key(cursor: str | None) -> queries.Key | None:
    if cursor is None:
        return None
    created_at, row_id = decode(cursor, datetime, UUID)
    return created_at, row_id


def _next(rows: queries.Rows, limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return encode(last.created_at, last.id)
