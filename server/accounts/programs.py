"""Programs that flag over HTTP, e.g. a classifier: each has a token of its own, and no other right."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import select, update

from server.accounts.models import Program
from server.accounts.permissions import OF_PROGRAMS
from server.audit import service as audit
from server.kit import clock
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import AnySession, WriteSession
from server.kit.errors import Conflict, NotFound
from server.kit.upsert import insert_ignoring

MOST = 500


def create(s: WriteSession, *, actor: Actor, keys: Keys, name: str) -> tuple[UUID, str]:
    """Let in a program of this name; answers its id and its token, which is not kept.

    Raises Conflict `name_taken` while another one has the name.
    """
    token, program_id = keys.new_token(), uuid4()
    values = {
        "id": program_id,
        "name": name,
        "token_hash": keys.token_hash(token),
        "created_at": clock.now(),
    }
    if not insert_ignoring(s, Program, values):
        raise Conflict("There is a program of this name. Revoke it first.", code="name_taken")
    audit.record(s, actor=actor, action="accounts.program_created", target=f"program:{program_id}", name=name)
    return program_id, token


def revoke(s: WriteSession, *, actor: Actor, program_id: UUID) -> None:
    """From the next request on its token is nobody's. Raises NotFound when there is no such token."""
    gone = s.changed_one(
        update(Program)
        .where(Program.id == program_id, Program.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    if not gone:
        raise NotFound("There is no such program.")
    audit.record(s, actor=actor, action="accounts.program_revoked", target=f"program:{program_id}")


def every(s: AnySession) -> Sequence[Program]:
    """All programs, those that were revoked too, the newest first."""
    return s.scalars(select(Program).order_by(Program.created_at.desc(), Program.id).limit(MOST)).all()


def behind(s: AnySession, *, token_hash: bytes) -> Actor | None:
    """The program of a token that is not revoked."""
    name = s.scalar(
        select(Program.name).where(Program.token_hash == token_hash, Program.revoked_at.is_(None))
    )
    return None if name is None else Actor("classifier", handle=name, permissions=OF_PROGRAMS)
