"""Hash banks, their entries and matches over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from server.forensics import queries as forensics
from server.forensics.banks import exchange, matching, queries, scans, service, views
from server.forensics.banks.rules import MATCHES_MAX, BankKind, EntryState, MatchVerdict
from server.forensics.banks.schemas import (
    BankChoice,
    BankEdit,
    BankView,
    EntriesCommand,
    EntriesMoved,
    EntryCommand,
    EntryView,
    Format,
    ImportReceipt,
    MatchView,
    NewBank,
    NewEntry,
    NewImport,
    NewVerdict,
    ScanView,
)
from server.kit import paging
from server.kit.access import Actor, require
from server.kit.bodies import body_limit
from server.kit.db import AnySession
from server.kit.errors import NotFound, Stale, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit
from server.kit.paging import Page
from server.kit.params import Cursor, IfMatch, Limit, tagged, version_of
from server.kit.routing import database, domain_router

router = domain_router("forensics")


# Matches


@router.get("/videos/{video_id}/matches", responses=problems(404))
def read_video_matches(
    request: Request, video_id: UUID, actor: Actor = require("forensics.read")
) -> Page[MatchView]:
    """The stretches of a video that look like something in a bank. Not of one's own videos; of the restricted
    class for the cleared alone."""
    with database(request).read() as s:
        if forensics.video(s, forensics.scored(actor), video_id) is None:
            raise NotFound("There is no such video.")
        rows = queries.matches_of(s, actor, video_id, limit=MATCHES_MAX)
        return Page(items=views.matches(s, actor, rows))


@router.get("/matches")
def list_matches(
    request: Request,
    state: Annotated[MatchVerdict | None, Query(description="Only those of this verdict")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("forensics.read"),
) -> Page[MatchView]:
    """Matches of all videos, the last one found first."""
    before = paging.key_of(cursor, datetime, UUID)
    with database(request).read() as s:
        rows = queries.match_page(s, actor, verdict=state, before=before, limit=limit + 1)
        shown, then = paging.trim(rows, limit, lambda row: (row.Match.found_at, row.Match.id))
        return Page(items=views.matches(s, actor, shown), next_cursor=then)


@router.post("/matches/{match_id}/verdict", responses=problems(404, 409))
def judge_match(
    request: Request, match_id: UUID, body: NewVerdict, actor: Actor = require("forensics.read")
) -> MatchView:
    """Say whether a match is one. The second wrong one takes the entry out of the bank's use."""
    with database(request).write() as s:
        _match(s, actor, match_id)
        matching.judge(s, actor=actor, match_id=match_id, verdict=body.verdict)
        return _match(s, actor, match_id)


def _match(s: AnySession, actor: Actor, match_id: UUID) -> MatchView:
    row = queries.match(s, actor, match_id)
    if row is None:
        raise NotFound("There is no such match.")
    return views.matches(s, actor, [row])[0]


# Banks


@router.get("/bank-choices")
def list_bank_choices(request: Request, actor: Actor = require("forensics.read")) -> Page[BankChoice]:
    """The banks that a removed video may be added to."""
    with database(request).read() as s:
        rows = queries.banks(s)
    return Page(
        items=[
            BankChoice(id=row.id, name=row.name, kind=row.kind)
            for row in rows
            if row.enabled and row.kind is BankKind.HARMFUL
        ]
    )


@router.get("/banks")
def list_banks(request: Request, actor: Actor = require("forensics.banks")) -> Page[BankView]:
    """All banks, by name."""
    with database(request).read() as s:
        return Page(items=[views.bank(row) for row in queries.banks(s)])


@router.post("/banks", status_code=201, responses=problems(409))
def create_bank(
    request: Request,
    response: Response,
    body: NewBank,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("forensics.banks"),
) -> BankView:
    """Make a bank."""
    with database(request).write() as s:
        made = once(
            s,
            actor,
            idempotency_key,
            "forensics.create_bank",
            body,
            lambda: _bank(s, service.create_bank(s, actor=actor, body=body)),
            BankView,
        )
    tagged(response, made.version)
    return made


@router.get("/banks/{bank_id}", responses=problems(404))
def read_bank(
    request: Request, response: Response, bank_id: UUID, actor: Actor = require("forensics.banks")
) -> BankView:
    """One bank; its ETag is what an edit names."""
    with database(request).read() as s:
        found = _bank(s, bank_id)
    tagged(response, found.version)
    return found


@router.patch("/banks/{bank_id}", responses=problems(404, 409, 412))
def edit_bank(
    request: Request,
    response: Response,
    bank_id: UUID,
    body: BankEdit,
    if_match: IfMatch,
    actor: Actor = require("forensics.banks"),
) -> BankView:
    """Change what is given of a bank."""
    with database(request).write() as s:
        try:
            service.edit_bank(s, actor=actor, bank_id=bank_id, version=version_of(if_match), body=body)
        except Stale as stale:
            stale.current = _bank(s, bank_id).model_dump(mode="json")
            raise
        found = _bank(s, bank_id)
    tagged(response, found.version)
    return found


def _bank(s: AnySession, bank_id: UUID) -> BankView:
    row = queries.bank(s, bank_id)
    if row is None:
        raise NotFound("There is no such bank.")
    return views.bank(row)


# Entries


@router.get("/banks/{bank_id}/entries", responses=problems(404))
def list_entries(
    request: Request,
    bank_id: UUID,
    state: Annotated[EntryState | None, Query(description="Only those in this state")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("forensics.banks"),
) -> Page[EntryView]:
    """The entries of a bank, the newest first. Those of the restricted class are for the cleared."""
    before = paging.key_of(cursor, int)
    with database(request).read() as s:
        _bank(s, bank_id)
        rows = queries.entry_page(s, actor, bank_id=bank_id, state=state, before=before, limit=limit + 1)
        shown, then = paging.trim(rows, limit, lambda row: (row.number,))
        return Page(items=views.entries(s, actor, shown), next_cursor=then)


@router.post(
    "/banks/{bank_id}/entries",
    status_code=201,
    responses=problems(404, 409, 429),
    dependencies=[limit(60, timedelta(minutes=1))],
)
def add_entry(
    request: Request,
    bank_id: UUID,
    body: NewEntry,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("forensics.banks"),
) -> EntryView:
    """Let a bank recognise a video from now on. Of high or critical severity, once someone else agrees."""

    def add() -> EntryView:
        if forensics.video(s, forensics.visible(actor), body.video_id) is None:
            raise NotFound("There is no such video.")
        return _entry(s, actor, service.add_entry(s, actor=actor, bank_id=bank_id, body=body))

    with database(request).write() as s:
        operation = f"forensics.add_entry {bank_id}"
        return once(s, actor, idempotency_key, operation, body, add, EntryView)


@router.post(
    "/banks/{bank_id}/entries/state",
    responses=problems(404, 409, 429),
    dependencies=[limit(60, timedelta(minutes=1))],
)
def move_entries(
    request: Request,
    bank_id: UUID,
    body: EntriesCommand,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("forensics.banks"),
) -> EntriesMoved:
    """Do to several entries of a bank what can be done to one. Those that may not be moved on stay as they
    are, and it is said why: somebody else has to activate what one has proposed oneself."""

    def move() -> EntriesMoved:
        _bank(s, bank_id)
        known = queries.of_bank(s, actor, bank_id=bank_id, ids=body.entries)
        refused = service.move_all(s, actor=actor, entry_ids=known, event=body.event, reason=body.reason)
        return views.moved(body.entries, known, refused)

    with database(request).write() as s:
        operation = f"forensics.move_entries {bank_id}"
        return once(s, actor, idempotency_key, operation, body, move, EntriesMoved)


@router.get("/stopped-entries")
def list_stopped_entries(
    request: Request, cursor: Cursor = None, limit: Limit = 50, actor: Actor = require("forensics.banks")
) -> Page[EntryView]:
    """The entries of all banks that took themselves out of use and that nobody has moved on since, the newest
    first. Those of the restricted class are for the cleared."""
    before = paging.key_of(cursor, int)
    with database(request).read() as s:
        rows = queries.stopped_page(s, actor, before=before, limit=limit + 1)
        shown, then = paging.trim(rows, limit, lambda row: (row.number,))
        return Page(items=views.entries(s, actor, shown), next_cursor=then)


@router.get("/entries/{entry_id}", responses=problems(404))
def read_entry(request: Request, entry_id: UUID, actor: Actor = require("forensics.banks")) -> EntryView:
    """One entry."""
    with database(request).read() as s:
        return _entry(s, actor, entry_id)


@router.post("/entries/{entry_id}/state", responses=problems(404, 409))
def move_entry(
    request: Request, entry_id: UUID, body: EntryCommand, actor: Actor = require("forensics.banks")
) -> EntryView:
    """Activate an entry, take it out for now (quarantine) or for good (deconfirm)."""
    with database(request).write() as s:
        _entry(s, actor, entry_id)
        service.move(s, actor=actor, entry_id=entry_id, event=body.event, reason=body.reason)
        return _entry(s, actor, entry_id)


def _entry(s: AnySession, actor: Actor, entry_id: UUID) -> EntryView:
    row = queries.entry(s, actor, entry_id)
    if row is None:
        raise NotFound("There is no such entry.")
    return views.entries(s, actor, [row])[0]


# Exchange


@router.post(
    "/banks/{bank_id}/import",
    status_code=201,
    responses=problems(404, 409, 429),
    dependencies=[limit(10, timedelta(minutes=1))],
    openapi_extra=body_limit(5 << 20),
)
def import_hashes(
    request: Request,
    bank_id: UUID,
    body: NewImport,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("forensics.banks"),
) -> ImportReceipt:
    """Take in hashes that others made: `pdq`, `pdq-1s` and `sha256`. What is known already is left alone."""
    with database(request).write() as s:
        return once(
            s,
            actor,
            idempotency_key,
            f"forensics.import_hashes {bank_id}",
            body,
            lambda: exchange.take_in(s, actor=actor, bank_id=bank_id, body=body),
            ImportReceipt,
        )


@router.get(
    "/banks/{bank_id}/export",
    responses={200: {"content": {kind: {} for kind in exchange.MEDIA_TYPES.values()}}, **problems(404)},
    response_class=StreamingResponse,
)
def export_hashes(
    request: Request,
    bank_id: UUID,
    form: Annotated[Format, Query(alias="format")] = Format.CSV,
    actor: Actor = require("forensics.banks"),
) -> StreamingResponse:
    """The hashes of a bank's active entries for others, the newest first; of each frame the whole picture
    only. Entries of the restricted class are for the cleared. The export itself is put on record."""
    with database(request).write() as s:
        _bank(s, bank_id)
        exchange.record_export(s, actor=actor, bank_id=bank_id, form=form)
    return StreamingResponse(
        exchange.lines(database(request), actor, bank_id, form),
        media_type=exchange.MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="hashes.{form}"'},
    )


# Looks through the library


@router.get("/scans")
def list_scans(
    request: Request, cursor: Cursor = None, limit: Limit = 50, actor: Actor = require("forensics.banks")
) -> Page[ScanView]:
    """How far the library was searched for what banks have only just begun to recognise."""
    before = paging.key_of(cursor, datetime, UUID)
    with database(request).read() as s:
        rows = queries.scan_page(s, actor, before=before, limit=limit + 1)
        shown, then = paging.trim(rows, limit, lambda row: (row.Scan.started_at, row.Scan.id))
        return Page(items=[views.scan(row) for row in shown], next_cursor=then)


@router.post("/scans/{scan_id}/cancel", responses=problems(404, 409))
def cancel_scan(request: Request, scan_id: UUID, actor: Actor = require("forensics.banks")) -> ScanView:
    """Stop a search of the library; what was found stays."""
    with database(request).write() as s:
        _scan(s, actor, scan_id)
        scans.cancel(s, actor=actor, scan_id=scan_id)
        return _scan(s, actor, scan_id)


def _scan(s: AnySession, actor: Actor, scan_id: UUID) -> ScanView:
    row = queries.scan(s, actor, scan_id)
    if row is None:
        raise NotFound("There is no such search.")
    return views.scan(row)
