"""Health, metrics, the live feed, jobs and the doctor, over HTTP."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.responses import StreamingResponse

from server.kit import metrics
from server.kit.access import Actor, public, require
from server.kit.errors import Busy, Forbidden, problems
from server.kit.limits import limit
from server.kit.live import broadcaster
from server.kit.routing import LateRoute, database
from server.kit.ticker import ticker
from server.ops import doctor, queries, service
from server.ops.live import listener, stream
from server.ops.schemas import Findings, Health, Jobs

router = APIRouter(tags=["ops"], route_class=LateRoute)
metrics.Gauge("studio_live_clients", "Open live streams.", lambda: broadcaster.clients)

JobName = Annotated[str, Path(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)]


@router.get("/health", responses=problems(503))
def health(request: Request, _: None = public()) -> Health:
    """Whether this process answers and reaches its database."""
    try:
        with database(request).read() as s:
            s.execute(sa.select(1))
    except sa.exc.DBAPIError as error:
        raise Busy("The database cannot be reached.") from error
    return Health(version=request.app.version)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problems(403)},
)
def prometheus(request: Request, _: None = public()) -> Response:
    """This process's counters in the Prometheus text format; only for callers on this machine."""
    host = request.client.host if request.client else ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here:
        raise Forbidden("Metrics are given only to callers on the machine itself.")
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)


@router.get(
    "/v1/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(401, 403, 422, 429, 503)},
)
async def live(
    request: Request,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
    actor: Actor = Depends(listener),
) -> StreamingResponse:
    """What changes, as it changes: events `change` with `{topic, id, version}` and `resync` = read anew.

    A heartbeat comment comes every 15 seconds. The stream ends when the session does.
    """
    return StreamingResponse(
        stream(request, actor, last_event_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/v1/ops/doctor", responses=problems(401, 403, 429, 503))
def examine(
    request: Request, actor: Actor = require("ops.read"), _: None = limit(12, timedelta(minutes=1))
) -> Findings:
    """Look the server over; each finding says what to do."""
    state = request.app.state
    return doctor.examine(state.settings, state.db, state.keys)


@router.get("/v1/ops/jobs", responses=problems(401, 403, 503))
def jobs(request: Request, actor: Actor = require("ops.read")) -> Jobs:
    """Every job with its last and next run."""
    with database(request).read() as s:
        return Jobs(items=queries.jobs(s, ticker))


@router.post("/v1/ops/jobs/{name}/run", status_code=202, responses=problems(401, 403, 404, 409, 422, 503))
def run_job(request: Request, name: JobName, actor: Actor = require("ops.run")) -> Jobs:
    """Make a recurring job due at once; answers the list as it then stands."""
    with database(request).write() as s:
        service.run_now(s, actor=actor, ticker=ticker, name=name)
    return jobs(request, actor)
