"""Sign-in, one's own account, and the administration of people, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, cast
from uuid import UUID

from fastapi import Query, Request, Response

from server.accounts import (
    credentials,
    passwords,
    permissions,
    programs,
    queries,
    service,
    sessions,
    sign_in,
    totp,
)
from server.accounts.models import Person
from server.accounts.permissions import Role
from server.accounts.schemas import (
    DeviceSessions,
    Me,
    NewPerson,
    NewProgram,
    OneTimeCode,
    PasswordChange,
    PersonCard,
    PersonDetail,
    PersonEdit,
    PersonRow,
    PersonState,
    ProgramRow,
    Programs,
    ProgramToken,
    RoleGrant,
    RoleMatrix,
    SignedIn,
    SignIn,
    TemporaryPassword,
    TotpRequest,
    TotpSecret,
)
from server.kit.access import Actor, public, require
from server.kit.crypto import Keys
from server.kit.db import AnySession
from server.kit.errors import Stale, problems
from server.kit.idempotency import IdempotencyKey, once
from server.kit.limits import limit, network
from server.kit.paging import Page
from server.kit.params import Cursor, IfMatch, Limit, tagged, version_of
from server.kit.routing import database, domain_router
from server.kit.wire import text

router = domain_router("accounts")


def _keys(request: Request) -> Keys:
    return cast(Keys, request.app.state.keys)


def _me(s: AnySession, person: Person, actor: Actor | None = None) -> Me:
    roles = queries.roles_of(s, [person.id]).get(person.id, [])
    temporary = queries.has_temporary_password(s, person.id)
    return Me(
        id=person.id,
        handle=person.handle,
        name=person.name,
        roles=roles,
        permissions=sorted(
            permissions.permissions_of(frozenset(roles), cleared=person.cleared, temporary=temporary)
        ),
        cleared=person.cleared,
        has_totp=queries.has_totp(s, person.id),
        stepped_up_until=actor.stepped_up_until if actor else None,
        must_change_password=temporary,
    )


@router.post(
    "/sign-in",
    responses=problems(429),
    dependencies=[public(), limit(30, timedelta(minutes=1), by=network)],
)
def sign_in_(request: Request, body: SignIn) -> SignedIn:
    """Open a session for this device; an earlier one of the same device ends."""
    db = database(request)
    opened = sign_in.sign_in(
        db,
        _keys(request),
        email=body.email,
        password=body.password,
        device_id=body.device.id,
        device_name=body.device.name,
        network=network(request),
    )
    with db.read() as s:
        me = _me(s, opened.person)
    return SignedIn(token=opened.token, expires_at=opened.session.expires_at, person=me)


@router.post("/sign-out", status_code=204, responses=problems(404))
def sign_out(request: Request, actor: Actor = require("account.self")) -> None:
    """End the session of this token."""
    with database(request).write() as s:
        sessions.close_session(s, actor=actor, session_id=cast(UUID, actor.session_id))


@router.get("/me")
def me(request: Request, actor: Actor = require("account.self")) -> Me:
    """Who is signed in and what they may do."""
    with database(request).read() as s:
        return _me(s, s.get_one(Person, actor.person), actor)


@router.post("/step-up", status_code=204, responses=problems(409, 429))
def step_up(request: Request, body: OneTimeCode, actor: Actor = require("account.self")) -> None:
    """Confirm with a one-time code; for ten minutes this device may do what needs one."""
    sign_in.step_up(database(request), _keys(request), actor=actor, code=body.code)


@router.get("/devices")
def devices(request: Request, actor: Actor = require("account.self")) -> DeviceSessions:
    """Where the caller is signed in."""
    with database(request).read() as s:
        return DeviceSessions(items=queries.devices(s, actor))


@router.delete("/devices/{session_id}", status_code=204, responses=problems(404))
def sign_device_out(request: Request, session_id: UUID, actor: Actor = require("account.self")) -> None:
    """End one of the caller's own sessions."""
    with database(request).write() as s:
        sessions.close_session(s, actor=actor, session_id=session_id)


@router.post("/totp", responses=problems(409, 429))
def begin_totp(request: Request, body: TotpRequest, actor: Actor = require("account.self")) -> TotpSecret:
    """A new authenticator secret; it counts once confirmed. Replacing a confirmed one needs a step-up."""
    db = database(request)
    with db.read() as s:
        enrolled = queries.has_totp(s, actor.person)
    actor.check("account.self", step_up=enrolled)
    sign_in.check_password(db, actor=actor, password=body.password)
    with db.write() as s:
        secret = credentials.begin_totp(s, actor=actor, keys=_keys(request))
    return TotpSecret(secret=secret, uri=totp.uri(secret, actor.handle))


@router.post("/totp/confirm", status_code=204, responses=problems(409, 429))
def confirm_totp(request: Request, body: OneTimeCode, actor: Actor = require("account.self")) -> None:
    """Prove that the app has the new secret."""
    sign_in.confirm_totp(database(request), _keys(request), actor=actor, code=body.code)


@router.post("/password", status_code=204, responses=problems(409, 429))
def change_password(request: Request, body: PasswordChange, actor: Actor = require("account.self")) -> None:
    """Set a new password; every other device is signed out."""
    db = database(request)
    checked = sign_in.check_password(db, actor=actor, password=body.current)
    new_hash = passwords.hashed(body.new)
    with db.write() as s:
        credentials.change_password(s, actor=actor, checked_hash=checked, new_hash=new_hash)


@router.get("/roles")
def roles(actor: Actor = require("people.read")) -> RoleMatrix:
    """The whole role x permission matrix."""
    return RoleMatrix(
        permissions=sorted(permissions.ALL),
        everyone=sorted(permissions.EVERYONE),
        by_person=[permissions.CLEARANCE],
        roles=[RoleGrant(role=role, permissions=sorted(permissions.GRANTS[role])) for role in Role],
    )


@router.get("/people")
def people(
    request: Request,
    role: Role | None = None,
    state: PersonState | None = None,
    q: Annotated[str | None, Query(), text(80)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    actor: Actor = require("people.read"),
) -> Page[PersonRow]:
    """People by handle; `q` is the beginning of a handle or a name."""
    with database(request).read() as s:
        return queries.people(s, actor, role=role, state=state, q=q, cursor=cursor, limit=limit)


@router.post("/people", status_code=201, responses=problems(409))
def create_person(
    request: Request,
    response: Response,
    body: NewPerson,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = require("people.write", step_up=True),
) -> PersonDetail:
    """Make an account. A password given here lasts a day and must be changed at the first sign-in."""
    keys = _keys(request)
    password_hash = passwords.hashed(body.password) if body.password else None
    said = body.model_copy(update={"password": None})

    with database(request).write() as s:

        def create() -> PersonDetail:
            person = service.create_person(
                s,
                actor=actor,
                keys=keys,
                id=body.id,
                handle=body.handle,
                name=body.name,
                bio=body.bio,
                email=body.email,
                password_hash=password_hash,
                temporary=True,
                roles=body.roles,
                cleared=body.cleared,
            )
            return queries.detail(s, keys, actor, person.id)

        made = once(s, actor, idempotency_key, "accounts.create_person", said, create, PersonDetail)
    tagged(response, made.version)
    return made


@router.get("/people/{person_id}", responses=problems(404))
def person(
    request: Request, response: Response, person_id: UUID, actor: Actor = require("people.read")
) -> PersonDetail:
    """One person, with the ETag that an edit must name."""
    with database(request).read() as s:
        found = queries.detail(s, _keys(request), actor, person_id)
    tagged(response, found.version)
    return found


@router.patch("/people/{person_id}", responses=problems(404, 409, 412))
def edit_person(
    request: Request,
    response: Response,
    person_id: UUID,
    body: PersonEdit,
    if_match: IfMatch,
    actor: Actor = require("people.write", step_up=True),
) -> PersonDetail:
    """Change roles, state, clearance or name; new roles and suspension sign the person out everywhere."""
    db, keys = database(request), _keys(request)
    try:
        with db.write() as s:
            service.edit_person(
                s,
                actor=actor,
                person_id=person_id,
                version=version_of(if_match),
                name=body.name,
                roles=body.roles,
                state=body.state,
                cleared=body.cleared,
            )
            changed = queries.detail(s, keys, actor, person_id)
    except Stale as stale:
        with db.read() as s:
            stale.current = queries.detail(s, keys, actor, person_id).model_dump(mode="json")
        raise
    tagged(response, changed.version)
    return changed


@router.post("/people/{person_id}/reset", responses=problems(404, 409))
def reset_person(
    request: Request, person_id: UUID, actor: Actor = require("people.write", step_up=True)
) -> TemporaryPassword:
    """Let a locked-out person back in: a temporary password, no authenticator, signed out everywhere."""
    password = passwords.temporary()
    password_hash = passwords.hashed(password)
    with database(request).write() as s:
        until = credentials.reset(s, actor=actor, person_id=person_id, password_hash=password_hash)
    return TemporaryPassword(password=password, valid_until=until)


@router.get("/people/{person_id}/card", responses=problems(404))
def card(request: Request, person_id: UUID, actor: Actor = require("people.history")) -> PersonCard:
    """What is shown of a person beside their work."""
    with database(request).read() as s:
        return queries.card(s, actor, person_id)


@router.get("/programs")
def list_programs(request: Request, actor: Actor = require("people.read")) -> Programs:
    """The programs that may flag, and those that no longer may."""
    with database(request).read() as s:
        rows = [
            ProgramRow(id=p.id, name=p.name, created_at=p.created_at, revoked_at=p.revoked_at)
            for p in programs.every(s)
        ]
    return Programs(items=rows)


@router.post("/programs", status_code=201, responses=problems(409))
def create_program(
    request: Request, body: NewProgram, actor: Actor = require("people.write", step_up=True)
) -> ProgramToken:
    """Let a program flag as a classifier or a hash match. Its token is shown this once.

    There is no Idempotency-Key: its answer would be kept, and the token must not be. A repeat is 409.
    """
    with database(request).write() as s:
        program_id, token = programs.create(s, actor=actor, keys=_keys(request), name=body.name)
    return ProgramToken(id=program_id, name=body.name, token=token)


@router.delete("/programs/{program_id}", status_code=204, responses=problems(404))
def revoke_program(
    request: Request, program_id: UUID, actor: Actor = require("people.write", step_up=True)
) -> None:
    """Let a program flag no longer."""
    with database(request).write() as s:
        programs.revoke(s, actor=actor, program_id=program_id)
