"""The life of a session: opened at sign-in, one per device, ended by time, by its person or by an admin."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from server.accounts.models import BATCH, Session
from server.audit import service as audit
from server.kit import clock
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import WriteSession
from server.kit.errors import NotFound

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=30)
STEP_UP = timedelta(minutes=10)
KEPT = timedelta(days=90)


def open_session(
    s: WriteSession, *, keys: Keys, person_id: UUID, device_id: UUID, device_name: str
) -> tuple[str, Session]:
    """A new session and its token, which is not kept. An earlier session of the same device ends.

    The caller holds the row of the person, so that two sign-ins of one device come one after the other.
    """
    now = clock.now()
    s.execute(
        update(Session)
        .where(Session.person_id == person_id, Session.device_id == device_id, Session.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    token = keys.new_token()
    session = Session(
        person_id=person_id,
        device_id=device_id,
        device_name=device_name,
        token_hash=keys.token_hash(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + LONGEST,
    )
    s.add(session)
    s.flush()
    return token, session


def close_session(s: WriteSession, *, actor: Actor, session_id: UUID) -> None:
    """End one of the actor's own sessions. Raises NotFound for one that is over or another person's."""
    closed = s.changed_one(
        update(Session)
        .where(Session.id == session_id, Session.person_id == actor.person, Session.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    if not closed:
        raise NotFound("This device is not signed in.")
    audit.record(s, actor=actor, action="accounts.signed_out", target=f"session:{session_id}")


def close_sessions(s: WriteSession, *, person_id: UUID, keep: UUID | None = None) -> int:
    """End every session of a person but `keep`; answers how many. The caller audits the reason."""
    condition = [Session.person_id == person_id, Session.revoked_at.is_(None)]
    if keep is not None:
        condition.append(Session.id != keep)
    return s.changed(update(Session).where(*condition).values(revoked_at=clock.now()))


def touch(s: WriteSession, *, session_id: UUID) -> None:
    """Note that the session is in use; a slower touch never moves the time back."""
    now = clock.now()
    s.execute(
        update(Session)
        .where(Session.id == session_id, Session.last_seen_at < now, Session.revoked_at.is_(None))
        .values(last_seen_at=now)
    )


def step_up(s: WriteSession, *, session_id: UUID) -> None:
    """Let the session do what needs a recent one-time code, for ten minutes."""
    s.execute(update(Session).where(Session.id == session_id).values(stepped_up_until=clock.now() + STEP_UP))


def forget_old(s: WriteSession) -> int:
    """Delete sessions that ended 90 days ago or more, a batch of them; answers how many."""
    limit = clock.now() - KEPT
    old = select(Session.id).where(or_(Session.revoked_at < limit, Session.expires_at < limit)).limit(BATCH)
    return s.changed(delete(Session).where(Session.id.in_(old)))
