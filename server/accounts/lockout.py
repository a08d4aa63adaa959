"""Counted guesses: each one is charged before it is checked, so that guessing in parallel gains nothing.

The counts lie in the database: they survive a restart and hold over all server processes. A key is a keyed
fingerprint, also of addresses that nobody has, so that the answers do not tell which accounts exist.
"""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, delete, or_, select, update

from server.accounts.models import BATCH, Attempts
from server.audit import service as audit
from server.kit import clock
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.errors import TooMany
from server.kit.upsert import insert_ignoring

PER_PERSON = 5
PER_NETWORK = 50
"""An office shares one network, so it has ten times the allowance of a person."""
FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)


class LockedOut(TooMany):
    """Too many wrong guesses; `retry_after_s` says when the next one is looked at."""

    code, title = "locked_out", "Too many wrong attempts"


def password_key(email_lookup: bytes, known_device: UUID | None = None) -> bytes:
    """What guesses at the password of an address are counted under.

    A device that its person has signed in from is counted apart, so that strangers cannot lock them out.
    """
    device = known_device.bytes if known_device else b""
    return hashlib.sha256(b"password:" + email_lookup + device).digest()


def code_key(person_id: UUID) -> bytes:
    """What guesses at the one-time codes of a person are counted under."""
    return hashlib.sha256(b"code:" + person_id.bytes).digest()


def charge(s: WriteSession, *, key: bytes, allowance: int) -> None:
    """Count one guess. Raises LockedOut, and then counts nothing, while the key is locked.

    The guess that uses up the allowance locks the key for a minute; each wrong one after that for twice as
    long, up to an hour. A day without a guess clears the count.
    """
    now = clock.now()
    insert_ignoring(s, Attempts, {"key": key, "failures": 0, "last_at": now})
    failures = s.scalar(
        update(Attempts)
        .where(Attempts.key == key, or_(Attempts.locked_until.is_(None), Attempts.locked_until <= now))
        .values(
            failures=case((Attempts.last_at < now - FORGOTTEN_AFTER, 0), else_=Attempts.failures) + 1,
            last_at=now,
            locked_until=None,
        )
        .returning(Attempts.failures)
    )
    if failures is None:
        until = s.scalars(select(Attempts.locked_until).where(Attempts.key == key)).one()
        wait = math.ceil((until - now).total_seconds()) if until else 1
        raise LockedOut("There were too many wrong attempts. Wait, then try again.", retry_after_s=wait)
    if failures >= allowance:
        span = min(FIRST * 2 ** min(failures - allowance, 10), LONGEST)
        s.execute(update(Attempts).where(Attempts.key == key).values(locked_until=now + span))
        audit.record(
            s,
            actor=SYSTEM,
            action="accounts.locked_out",
            target=f"attempts:{key.hex()[:16]}",
            failures=failures,
            seconds=int(span.total_seconds()),
        )


def clear(s: WriteSession, *, key: bytes) -> None:
    """Forget the guesses of someone who then proved who they are."""
    s.execute(delete(Attempts).where(Attempts.key == key))


def refund(s: WriteSession, *, key: bytes, allowance: int) -> None:
    """Take back the one guess that was right, without forgetting the wrong ones of the same network."""
    left = Attempts.failures - 1
    s.execute(
        update(Attempts)
        .where(Attempts.key == key, Attempts.failures > 0)
        .values(failures=left, locked_until=case((left < allowance, None), else_=Attempts.locked_until))
    )


def forget_old(s: WriteSession) -> int:
    """Delete counts that no longer count, a batch of them; answers how many."""
    limit = clock.now() - FORGOTTEN_AFTER
    old = select(Attempts.key).where(Attempts.last_at < limit).limit(BATCH)
    # Named again: one that was charged while this waited for its row counts.
    return s.changed(delete(Attempts).where(Attempts.key.in_(old), Attempts.last_at < limit))
