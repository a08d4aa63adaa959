"""Sparks, their versions, packs of them and their publication."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Path, Query, Request, Response

from server.kit import paging
from server.kit.access import Actor, require
from server.kit.bodies import body_limit
from server.kit.db import AnySession, WriteSession
from server.kit.errors import NotFound, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit
from server.kit.paging import Page
from server.kit.params import Cursor, Limit, tagged
from server.kit.wire import text
from server.sparks import judging, packs, queries, service, views
from server.sparks.engine.format.base import Name
from server.sparks.engine.format.spark import Tier
from server.sparks.routes.state import Edit, database, router, spark_view
from server.sparks.rows import expect
from server.sparks.rules import PACK_MAX, SparkState
from server.sparks.schemas import (
    ImportReceipt,
    JudgingView,
    NewImport,
    NewSpark,
    NewVersion,
    Publication,
    SparkCommand,
    SparkView,
    VersionView,
)

FILE_MAX = 512 << 10
"""Bytes of a request with one file: JSON in JSON may take six for one."""
VersionNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {"schema": {"type": "object"}}},
        "headers": {"ETag": {"description": "The hash of the content", "schema": {"type": "string"}}},
    },
    304: {"description": "The copy at hand is this one"},
}
_PACK: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}}
}


# Packs: before what has an id in this place


@router.post(
    "/import",
    status_code=201,
    responses=problems(409, 429),
    dependencies=[limit(10, timedelta(minutes=1))],
    openapi_extra=body_limit(PACK_MAX),
)
def import_pack(
    request: Request,
    body: NewImport,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("sparks.edit"),
) -> ImportReceipt:
    """Take in a pack as drafts and versions; what is known by its content is left alone, and nothing is
    published. Of a faulty pack every problem is told by its path, and nothing is taken in."""
    contents = judging.accepted_pack(body.pack)

    def take() -> ImportReceipt:
        return packs.take_in(s, actor=actor, contents=contents, note=body.note)

    with database(request).write() as s:
        return once(s, actor, idempotency_key, "sparks.import_pack", body, take, ImportReceipt)


@router.get("/export", responses=_PACK | problems(409))
def export_pack(
    request: Request,
    state: Annotated[SparkState, Query(description="Only those in this state")] = SparkState.PUBLISHED,
    family: Annotated[Name | None, Query(description="Only those of this family")] = None,
    actor: Actor = require("sparks.edit"),
) -> Response:
    """The catalogue as a pack (spark-pack/1), of each spark the published version. The export itself is put
    on record."""
    with database(request).write() as s:
        pack = packs.written(s, actor=actor, state=state, family=family)
    headers = {"Content-Disposition": 'attachment; filename="sparks.json"'}
    return Response(pack.encode(), media_type="application/json", headers=headers)


# The catalogue


@router.get("")
def list_sparks(
    request: Request,
    state: Annotated[SparkState, Query(description="Drafts are for whoever may edit")] = SparkState.PUBLISHED,
    tier: Annotated[Tier | None, Query(description="Only those of this tier")] = None,
    family: Annotated[Name | None, Query(description="Only those of this family")] = None,
    credits_min: Annotated[int | None, Query(ge=1, le=10_000, description="What it costs at least")] = None,
    credits_max: Annotated[int | None, Query(ge=1, le=10_000, description="What it costs at most")] = None,
    q: Annotated[str | None, Query(description="Looked for in names"), text(40)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("sparks.read"),
) -> Page[SparkView]:
    """The sparks that can be given, by their slugs, with what each costs now."""
    wanted = queries.Wanted(
        state=state, tier=tier, family=family, least=credits_min, most=credits_max, text=q
    )
    after = paging.key_of(cursor, str)
    with database(request).read() as s:
        rows = queries.page(s, actor, wanted, after=after, limit=limit + 1)
    shown, then = paging.trim(rows, limit, lambda row: (row.slug,))
    return Page(items=[views.spark(row) for row in shown], next_cursor=then)


@router.post(
    "",
    status_code=201,
    responses=problems(409, 429),
    dependencies=[limit(60, timedelta(minutes=1))],
    openapi_extra=body_limit(FILE_MAX),
)
def create_spark(
    request: Request,
    response: Response,
    body: NewSpark,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("sparks.edit"),
) -> SparkView:
    """Make a draft of a file. Of a faulty one every problem is told by its path."""
    content = judging.accepted(body.content, stated=body.sha256)

    def create() -> SparkView:
        made = service.create(s, actor=actor, content=content, note=body.note, spark_id=body.id)
        return spark_view(s, actor, made)

    with database(request).write() as s:
        made = once(s, actor, idempotency_key, "sparks.create", body, create, SparkView)
    tagged(response, made.version)
    return made


# An id in this place is one by its form, or else `import` and all that come would seem to be read here too.
@router.get("/{spark_id:uuid}", responses=problems(404))
def read_spark(
    request: Request, response: Response, spark_id: UUID, actor: Actor = require("sparks.read")
) -> SparkView:
    """One spark, also a retired one; its ETag is what an edit names."""
    with database(request).read() as s:
        found = spark_view(s, actor, spark_id)
    tagged(response, found.version)
    return found


# Versions


@router.get("/{spark_id}/versions", responses=problems(404))
def list_versions(
    request: Request,
    spark_id: UUID,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("sparks.read"),
) -> Page[VersionView]:
    """The versions of a spark, the newest first; those that have not passed are for whoever may edit."""
    before = paging.key_of(cursor, int)
    with database(request).read() as s:
        spark_view(s, actor, spark_id)
        rows = queries.version_page(s, actor, spark_id, before=before, limit=limit + 1)
    shown, then = paging.trim(rows, limit, lambda row: (row.number,))
    return Page(items=[views.version(actor, row) for row in shown], next_cursor=then)


@router.post(
    "/{spark_id}/versions",
    status_code=201,
    responses=problems(404, 409, 412, 429),
    dependencies=[limit(60, timedelta(minutes=1))],
    openapi_extra=body_limit(FILE_MAX),
)
def add_version(
    spark_id: UUID, body: NewVersion, edit: Edit, actor: Actor = require("sparks.edit")
) -> SparkView:
    """Add another file to a spark. What is published stays so until this one is published too."""
    content = judging.accepted(body.content, stated=body.sha256)

    def add(s: WriteSession) -> None:
        service.add_version(
            s, actor=actor, spark_id=spark_id, version=edit.version, content=content, note=body.note
        )

    return edit.spark(actor, spark_id, f"sparks.add_version {spark_id}", body, add)


@router.get("/{spark_id}/versions/{number}/content", responses=_FILE | problems(404))
def read_content(
    request: Request,
    spark_id: UUID,
    number: VersionNumber,
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
    actor: Actor = require("sparks.read"),
) -> Response:
    """The file of a version, as canonical JSON. It never changes; its ETag is its SHA-256."""
    with database(request).read() as s:
        row = queries.version(s, actor, spark_id, number)
    if row is None:
        raise NotFound("There is no such version.")
    headers = {"ETag": f'"{row.sha256}"', "Cache-Control": "private, max-age=31536000, immutable"}
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(row.content.encode(), media_type="application/json", headers=headers)


# Publication


@router.post(
    "/{spark_id}/publish",
    status_code=202,
    responses=problems(404, 409, 412, 429),
    dependencies=[limit(12, timedelta(minutes=1))],  # each may keep a core busy for half a minute
)
def publish_spark(
    spark_id: UUID, body: Publication, edit: Edit, actor: Actor = require("sparks.publish")
) -> JudgingView:
    """Ask for the publication of a version: it is made anew and judged here, and published if nothing is in
    the way. One that this engine has let pass before is published at once."""

    def ask(s: WriteSession) -> JudgingView:
        expect(s, spark_id, edit.version)
        service.ask(s, actor=actor, spark_id=spark_id, number=body.number, sha256=body.sha256)
        return _judging(s, actor, spark_id, body.number)

    return edit.once(actor, spark_id, f"sparks.publish {spark_id}", body, ask, JudgingView)


@router.get("/{spark_id}/versions/{number}/judging", responses=problems(404))
def read_judging(
    request: Request, spark_id: UUID, number: VersionNumber, actor: Actor = require("sparks.edit")
) -> JudgingView:
    """How the judging of a version stands: what is in the way of it, with second and region, or why it could
    not be judged."""
    with database(request).read() as s:
        return _judging(s, actor, spark_id, number)


def _judging(s: AnySession, actor: Actor, spark_id: UUID, number: int) -> JudgingView:
    row = queries.version(s, actor, spark_id, number)
    if row is None:
        raise NotFound("There is no such version.")
    return views.judging(row)


@router.post("/{spark_id}/retire", responses=problems(404, 409, 412))
def retire_spark(
    spark_id: UUID, body: SparkCommand, edit: Edit, actor: Actor = require("sparks.publish")
) -> SparkView:
    """Take a spark out of the catalogue. What was given of it is played on."""

    def retire(s: WriteSession) -> None:
        service.retire(s, actor=actor, spark_id=spark_id, version=edit.version, reason=body.reason)

    return edit.spark(actor, spark_id, f"sparks.retire {spark_id}", body, retire)


@router.post("/{spark_id}/restore", responses=problems(404, 409, 412))
def restore_spark(
    spark_id: UUID, body: SparkCommand, edit: Edit, actor: Actor = require("sparks.publish")
) -> SparkView:
    """Bring a spark back into the catalogue."""

    def restore(s: WriteSession) -> None:
        service.restore(s, actor=actor, spark_id=spark_id, version=edit.version, reason=body.reason)

    return edit.spark(actor, spark_id, f"sparks.restore {spark_id}", body, restore)
