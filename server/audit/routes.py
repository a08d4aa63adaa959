"""Reading, checking, sealing and exporting the audit log over HTTP."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import StreamingResponse

from server.audit import export, queries, service
from server.audit.queries import Filter
from server.audit.schemas import Entry, ExportFormat, Head, Verification
from server.audit.verify import verify
from server.kit.access import Actor, require
from server.kit.crypto import Keys
from server.kit.errors import problems
from server.kit.limits import limit
from server.kit.paging import Page
from server.kit.params import Cursor, Limit
from server.kit.routing import LateRoute, database
from server.kit.wire import Instant, RowNumber, text

router = APIRouter(
    prefix="/v1/audit",
    tags=["audit"],
    responses=problems(400, 401, 403, 422, 503),
    route_class=LateRoute,
)


def _keys(request: Request) -> Keys:
    return cast(Keys, request.app.state.keys)


def _filter(
    actor: Annotated[str | None, Query(), text(96)] = None,
    action: Annotated[str | None, Query(), text(64)] = None,
    target: Annotated[str | None, Query(), text(96)] = None,
    after: Annotated[Instant | None, Query()] = None,
    before: Annotated[Instant | None, Query()] = None,
) -> Filter:
    return Filter(actor=actor, action=action, target=target, after=after, before=before)


Wanted = Annotated[Filter, Depends(_filter)]


@router.get("/entries")
def entries(
    request: Request,
    wanted: Wanted,
    cursor: Cursor = None,
    limit: Limit = 50,
    reader: Actor = require("audit.read"),
) -> Page[Entry]:
    """Entries, newest first."""
    with database(request).read() as s:
        return queries.entries(s, reader, wanted, cursor=cursor, limit=limit)


@router.get(
    "/entries/export",
    responses={200: {"content": {kind: {} for kind in export.MEDIA_TYPES.values()}}},
    response_class=StreamingResponse,
)
def export_entries(
    request: Request,
    wanted: Wanted,
    form: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.CSV,
    reader: Actor = require("audit.read"),
) -> StreamingResponse:
    """All matching entries as a file, oldest first. The export itself is put on record."""
    db = database(request)
    # What a cleared reader looked for by its name may itself be of the restricted class.
    telling = wanted.target is not None and reader.can(queries.CLEARANCE)
    with db.write() as s:
        service.record(
            s,
            actor=reader,
            action="audit.exported",
            target="audit:log",
            restricted=telling,
            format=form,
            filter=asdict(wanted),
        )
    return StreamingResponse(
        export.lines(queries.stream(db, reader, wanted), form),
        media_type=export.MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="audit.{form}"'},
    )


@router.get("/entries/{seq}", responses=problems(404))
def entry(
    request: Request, seq: Annotated[RowNumber, Path()], reader: Actor = require("audit.read")
) -> Entry:
    """One entry."""
    with database(request).read() as s:
        return queries.entry(s, reader, seq)


@router.get("/head")
def head(request: Request, reader: Actor = require("audit.read")) -> Head:
    """Where the chain stands and up to where it is signed."""
    with database(request).read() as s:
        return queries.head(s, _keys(request))


@router.post("/verify", responses=problems(429))
def verify_chain(
    request: Request, reader: Actor = require("audit.read"), _: None = limit(6, timedelta(minutes=1))
) -> Verification:
    """Walk the whole chain and say the first thing that does not hold."""
    started = time.perf_counter()
    with database(request).read() as s:
        verdict = verify(s, _keys(request))
    elapsed_ms = round((time.perf_counter() - started) * 1000)
    return Verification(whole=verdict.whole, **asdict(verdict), elapsed_ms=elapsed_ms)


@router.post("/seal")
def seal(request: Request, sealer: Actor = require("ops.run")) -> Head:
    """Sign the newest entry, so that cutting off what came before it is caught."""
    db, keys = database(request), _keys(request)
    with db.write() as s:
        service.seal(s, keys)
    with db.read() as s:
        return queries.head(s, keys)
