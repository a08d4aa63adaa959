"""Opinions of models over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import cast
from uuid import UUID

from fastapi import APIRouter, Request

from server.forensics import queries
from server.forensics.opinion import service, views
from server.forensics.opinion.keys import key_of
from server.forensics.opinion.schemas import OpinionView
from server.kit.access import Actor, require
from server.kit.db import AnySession, Database
from server.kit.errors import Conflict, NotFound, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit
from server.kit.routing import LateRoute
from server.settings import Settings

router = APIRouter(
    prefix="/v1/forensics",
    tags=["forensics"],
    responses=problems(400, 401, 403, 422, 503),
    route_class=LateRoute,
)


def _view(s: AnySession, settings: Settings, video_id: UUID, *, restricted: bool) -> OpinionView:
    configured = key_of(settings) is not None
    return views.of_video(s, video_id, restricted=restricted, configured=configured)


@router.get("/videos/{video_id}/opinion", responses=problems(404))
def read_opinion(request: Request, video_id: UUID, actor: Actor = require("forensics.read")) -> OpinionView:
    """What a model said of a video, or why there is nothing. Not of one's own videos; no model is ever asked
    about the restricted class."""
    db, settings = cast(Database, request.app.state.db), cast(Settings, request.app.state.settings)
    with db.read() as s:
        found = queries.video(s, queries.scored(actor), video_id)
        if found is None:
            raise NotFound("There is no such video.")
        return _view(s, settings, video_id, restricted=found.restricted_class)


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
    db, settings = cast(Database, request.app.state.db), cast(Settings, request.app.state.settings)
    configured = key_of(settings) is not None

    def ask() -> OpinionView:
        if queries.video(s, queries.visible(actor), video_id) is None:
            raise NotFound("There is no such video.")
        if not configured:
            raise Conflict(views.NO_KEY, code="not_configured")
        service.request(s, actor=actor, video_id=video_id)
        return _view(s, settings, video_id, restricted=False)

    with db.write() as s:
        operation = f"forensics.ask_for_opinion {video_id}"
        return once(s, actor, idempotency_key, operation, None, ask, OpinionView)
