"""Analyses and their scores over HTTP; what else forensics has declares its routes on the same router."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from server.forensics import queries, service, views
from server.forensics.bundle import routes as _bundle  # noqa: F401
from server.forensics.checkpoints import routes as _checkpoints  # noqa: F401
from server.forensics.opinion import routes as _opinion  # noqa: F401
from server.forensics.rules import AnalysisState, Priority
from server.forensics.schemas import AnalysisView, NewAnalysis, VideoAnalyses
from server.forensics.state import database, is_restricted, settings
from server.forensics.state import router as router
from server.kit import paging
from server.kit.access import Actor, require
from server.kit.db import AnySession
from server.kit.errors import Forbidden, NotFound, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit
from server.kit.paging import Page
from server.kit.params import Cursor, Limit


@router.get("/videos/{video_id}", responses=problems(404))
def read_video_analyses(
    request: Request, video_id: UUID, actor: Actor = require("forensics.read")
) -> VideoAnalyses:
    """The scores of a video with what they were made of. Not of one's own videos; of the restricted class
    for the cleared alone, and without evidence."""
    prevalence_bp = settings(request).prevalence_bp
    with database(request).read() as s:
        restricted = is_restricted(s, queries.scored(actor), video_id)
        return views.of_video(s, video_id, restricted=restricted, prevalence_bp=prevalence_bp)


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
    actor: Actor = require("forensics.ask"),
) -> AnalysisView:
    """Ask for a first look or, with `forensics.analyse`, for another. One that waits or runs already is
    answered instead, and becomes more urgent."""

    def ask() -> AnalysisView:
        is_restricted(s, queries.scored(actor), video_id)
        if not actor.can("forensics.analyse") and not queries.is_first(s, video_id, body.kind):
            raise Forbidden("This video has been looked at: a lead can have it looked at again.")
        analysis_id = service.request(
            s, actor=actor, video_id=video_id, kind=body.kind, priority=Priority.ASKED
        )
        return _view(s, actor, analysis_id)

    with database(request).write() as s:
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
    before = paging.key_of(cursor, datetime, UUID)
    with database(request).read() as s:
        rows = queries.page(s, actor, state=state, before=before, limit=limit + 1)
        shown, then = paging.trim(rows, limit, lambda row: (row.requested_at, row.id))
        return Page(items=[views.analysis(row) for row in shown], next_cursor=then)


@router.post("/analyses/{analysis_id}/cancel", responses=problems(404, 409))
def cancel_analysis(
    request: Request, analysis_id: UUID, actor: Actor = require("forensics.analyse")
) -> AnalysisView:
    """Stop an analysis that waits or runs."""
    with database(request).write() as s:
        _view(s, actor, analysis_id)
        service.cancel_one(s, actor=actor, analysis_id=analysis_id)
        return _view(s, actor, analysis_id)


def _view(s: AnySession, actor: Actor, analysis_id: UUID) -> AnalysisView:
    row = queries.analysis(s, actor, analysis_id)
    if row is None:
        raise NotFound("There is no such analysis.")
    return views.analysis(row)
