"""Opinions of models over HTTP."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import Request

from server.forensics import queries
from server.forensics.opinion import service, views
from server.forensics.opinion.keys import key_of
from server.forensics.opinion.schemas import OpinionView
from server.forensics.state import database, is_restricted, router, settings
from server.kit.access import Actor, require
from server.kit.errors import Conflict, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit


@router.get("/videos/{video_id}/opinion", responses=problems(404))
def read_opinion(request: Request, video_id: UUID, actor: Actor = require("forensics.read")) -> OpinionView:
    """What a model said of a video, or why there is nothing. Not of one's own videos; no model is ever asked
    about the restricted class."""
    configured = key_of(settings(request)) is not None
    with database(request).read() as s:
        restricted = is_restricted(s, queries.scored(actor), video_id)
        return views.of_video(s, video_id, restricted=restricted, configured=configured)


@router.post(
    "/videos/{video_id}/opinion",
    status_code=201,
    responses=problems(404, 409, 429),
    dependencies=[limit(30, timedelta(minutes=1))],
)
def ask_for_opinion(
    request: Request,
    video_id: UUID,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("forensics.analyse"),
) -> OpinionView:
    """Have a model asked about a video: stills and words of it leave this machine. A question that waits
    already is answered instead."""
    configured = key_of(settings(request)) is not None

    def ask() -> OpinionView:
        is_restricted(s, queries.scored(actor), video_id)
        if not configured:
            raise Conflict(views.NO_KEY, code="not_configured")
        service.request(s, actor=actor, video_id=video_id)
        return views.of_video(s, video_id, restricted=False, configured=True)

    with database(request).write() as s:
        operation = f"forensics.ask_for_opinion {video_id}"
        return once(s, actor, idempotency_key, operation, None, ask, OpinionView)
