"""Analyses and their scores over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import ColumnElement

from server.forensics import queries, service, views
from server.forensics.rules import AnalysisState, Priority
from server.forensics.schemas import AnalysisView, NewAnalysis, VideoAnalyses
from server.kit import paging
from server.kit.access import Actor, require
from server.kit.db import AnySession, Database
from server.kit.errors import NotFound, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit
from server.kit.paging import Page
from server.kit.params import Cursor, Limit
from server.kit.routing import LateRoute
from server.settings import Settings

router = APIRouter(
    prefix="/v1/forensics",
    tags=["forensics"],
    responses=problems(400, 401, 403, 413, 422, 503),
    route_class=LateRoute,
)


def _database(request: Request) -> Database:
    return cast(Database, request.app.state.db)


def _restricted(s: AnySession, which: ColumnElement[bool], video_id: UUID) -> bool:
    """Whether a video is of the restricted class. Raises NotFound for one that is not among `which`."""
    found = queries.video(s, which, video_id)
    if found is None:
        raise NotFound("There is no such video.")
    return bool(found.restricted_class)


@router.get("/videos/{video_id}", responses=problems(404))
def read_video_analyses(
    request: Request, video_id: UUID, actor: Actor = require("forensics.read")
) -> VideoAnalyses:
    """The scores of a video with what they were made of. Not of one's own videos; of the restricted class
    for the cleared alone, and without evidence."""
    settings = cast(Settings, request.app.state.settings)
    with _database(request).read() as s:
        restricted = _restricted(s, queries.scored(actor), video_id)
        return views.of_video(s, video_id, restricted=restricted, prevalence_bp=settings.prevalence_bp)


@router.post(
    "/videos/{video_id}/analyses",
    status_code=201,
    responses=problems(404, 409, 429),
    dependencies=[limit(60, timedelta(minutes=1))],
)
def analyse_again(
    request: Request,
    video_id: UUID,
    body: NewAnalysis,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("forensics.analyse"),
) -> AnalysisView:
    """Ask for another look. One that waits or runs already is answered instead, and becomes more urgent."""

    def ask() -> AnalysisView:
        _restricted(s, queries.visible(actor), video_id)
        analysis_id = service.request(
            s, actor=actor, video_id=video_id, kind=body.kind, priority=Priority.ASKED
        )
        return _view(s, actor, analysis_id)

    with _database(request).write() as s:
        operation = f"forensics.analyse_again {video_id}"
        return once(s, actor, idempotency_key, operation, body, ask, AnalysisView)


@router.get("/analyses")
def list_analyses(
    request: Request,
    state: Annotated[AnalysisState | None, Query(description="Only those in this state")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("forensics.analyse"),
) -> Page[AnalysisView]:
    """Analyses of all videos, the last one asked for first."""
    before: queries.Key | None = None
    if cursor:
        asked_at, analysis_id = paging.decode(cursor, datetime, UUID)
        before = asked_at, analysis_id
    with _database(request).read() as s:
        rows = queries.page(s, actor, state=state, before=before, limit=limit + 1)
        items = [views.analysis(row) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return Page(items=items, next_cursor=paging.encode(last.requested_at, last.id) if last else None)


@router.post("/analyses/{analysis_id}/cancel", responses=problems(404, 409))
def cancel_analysis(
    request: Request, analysis_id: UUID, actor: Actor = require("forensics.analyse")
) -> AnalysisView:
    """Stop an analysis that waits or runs."""
    with _database(request).write() as s:
        _view(s, actor, analysis_id)
        service.cancel_one(s, actor=actor, analysis_id=analysis_id)
        return _view(s, actor, analysis_id)


def _view(s: AnySession, actor: Actor, analysis_id: UUID) -> AnalysisView:
    row = queries.analysis(s, actor, analysis_id)
    if row is None:
        raise NotFound("There is no such analysis.")
    return views.analysis(row)
