"""The evidence bundle over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.audit import service as audit
from server.forensics import queries
from server.forensics.bundle import case
from server.forensics.bundle.making import bundle
from server.forensics.state import database, is_restricted, router, settings
from server.kit import clock
from server.kit.access import Actor, require
from server.kit.crypto import Keys
from server.kit.errors import Conflict, problems
from server.kit.limits import limit
from server.kit.storage import Store

_ZIP: dict[str, Any] = {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/videos/{video_id}/bundle",
    responses={200: _ZIP, **problems(404, 409, 429)},
    response_class=StreamingResponse,
    dependencies=[limit(10, timedelta(minutes=1))],
)
def export_bundle(
    request: Request, video_id: UUID, actor: Actor = require("forensics.read")
) -> StreamingResponse:
    """Everything that is known of a video as a zip: scores, signals, curves, frames, matches, the opinion, an
    extract of the audit chain, a summary, and the hash of each. The export itself is put on record first.
    Of the restricted class, for the cleared alone: numbers and hashes, no frame, no curve, no word."""
    db, keys, set_to = database(request), cast(Keys, request.app.state.keys), settings(request)
    with db.write() as s:
        restricted = is_restricted(s, queries.scored(actor), video_id)
        if not queries.has_file(s, video_id):
            raise Conflict("This video has no file yet: there is nothing to be exported.", code="not_ready")
        audit.record(
            s,
            actor=actor,
            action="forensics.bundle_exported",
            target=f"video:{video_id}",
            restricted=restricted,
        )
    with db.write() as s:
        audit.seal(s, keys)  # the entry above, too, is below the head that goes along
    with db.read() as read:
        # Once more: what became restricted since is told of as that.
        restricted = is_restricted(read, queries.scored(actor), video_id)
        told = case.read(
            read,
            reader=actor,
            keys=keys,
            video_id=video_id,
            restricted=restricted,
            prevalence_bp=set_to.prevalence_bp,
            at=clock.now(),
        )

    def allowed() -> bool:
        with db.read() as read:
            still = queries.video(read, queries.scored(actor), video_id)
        return still is not None and still.restricted_class == told.restricted

    return StreamingResponse(
        bundle(told, Store(set_to.media).path(told.video["sha256"]), keys, allowed),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="evidence-{video_id}.zip"',
            "Cache-Control": "no-store",
        },
    )
