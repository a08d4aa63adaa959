"""Comments over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request

from server.content import comments, queries, views
from server.content.routes.parts import notices, said
from server.content.routes.state import database, router
from server.content.rules import clean
from server.content.schemas import CommentView, NewComment
from server.kit import paging
from server.kit.access import Actor, require
from server.kit.errors import NotFound, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit
from server.kit.paging import Page
from server.kit.params import Cursor, Limit


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
    text = said("body", clean(body.body, lines=True))

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
        return views.comments(s, rows)[0].model_copy(update={"notices": notices(body=text)})

    with database(request).write() as s:
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
    with database(request).read() as s:
        if queries.video(s, actor, video_id) is None:
            raise NotFound("There is no such video.")
        before = paging.key_of(cursor, datetime, UUID)
        rows = queries.comments(s, actor, video_id=video_id, before=before, limit=limit + 1)
        shown, then = paging.trim(rows, limit, lambda row: (row.created_at, row.id))
        return Page(items=views.comments(s, shown), next_cursor=then)


@router.delete("/comments/{comment_id}", status_code=204, responses=problems(404))
def delete_comment(request: Request, comment_id: UUID, actor: Actor = require("content.comment")) -> None:
    """Take back an own comment, or one under an own video."""
    with database(request).write() as s:
        comments.delete_comment(s, actor=actor, comment_id=comment_id)
