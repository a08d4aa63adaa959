"""The tables of people: profiles, roles, credentials, sessions and counted attempts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.accounts.permissions import Role
from server.accounts.schemas import PersonState
from server.kit import clock
from server.kit.availability import Available
from server.kit.models import Base, Identified, Timestamped, Versioned
from server.kit.types import one_of

BATCH = 2_000
"""Rows that a sweep changes in one transaction, so that no writer waits for long."""


class Person(Identified, Timestamped, Versioned, Available, Base):
    """A profile. It holds what others may see; what proves who it is lies in Credential.

    `restricted_class`: its biography is for cleared reviewers only.
    """

    __tablename__ = "accounts_people"

    handle: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(240), index=True)
    bio: Mapped[str] = mapped_column(String(1000), default="")
    state: Mapped[PersonState] = mapped_column(one_of(PersonState), default=PersonState.ACTIVE)
    cleared: Mapped[bool] = mapped_column(default=False)
    restricted_class: Mapped[bool] = mapped_column(default=False)


Index(
    "ix_accounts_people_due",
    Person.next_availability_at,
    sqlite_where=Person.next_availability_at.is_not(None),
    postgresql_where=Person.next_availability_at.is_not(None),
)


class PersonRole(Base):
    """One role of one person."""

    __tablename__ = "accounts_roles"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(one_of(Role), primary_key=True, index=True)


class Credential(Base):
    """How a person signs in. Apart from Person, so that erasing the personal data is deleting this row.

    `email` and the TOTP secrets are sealed with AES-GCM bound to this row; `totp_step` is the last used
    time step, so that a one-time code (RFC 6238) works once. `temporary_until` is set while the password is
    one that an administrator handed out: until then it lets its person in, to choose another.
    """

    __tablename__ = "accounts_credentials"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"), primary_key=True)
    email: Mapped[bytes] = mapped_column(LargeBinary(400))
    email_lookup: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    temporary_until: Mapped[datetime | None]
    totp: Mapped[bytes | None] = mapped_column(LargeBinary(100))
    totp_pending: Mapped[bytes | None] = mapped_column(LargeBinary(100))
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)


class Session(Identified, Timestamped, Base):
    """One signed-in device. The token itself is never stored, only its keyed hash."""

    __tablename__ = "accounts_sessions"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_people.id"))
    device_id: Mapped[UUID]
    device_name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    stepped_up_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


Index("ix_accounts_sessions_person", Session.person_id, Session.last_seen_at)
Index(
    "uq_accounts_sessions_live",
    Session.person_id,
    Session.device_id,
    unique=True,
    sqlite_where=Session.revoked_at.is_(None),
    postgresql_where=Session.revoked_at.is_(None),
)


class Program(Identified, Timestamped, Base):
    """A program that may flag, e.g. a classifier. As with a session, only the hash of its token is kept."""

    __tablename__ = "accounts_programs"

    name: Mapped[str] = mapped_column(String(40))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    revoked_at: Mapped[datetime | None]


Index(
    "uq_accounts_programs_live",
    Program.name,
    unique=True,
    sqlite_where=Program.revoked_at.is_(None),
    postgresql_where=Program.revoked_at.is_(None),
)


class Attempts(Base):
    """Guesses counted against one keyed fingerprint: of an e-mail address, a person or a network."""

    __tablename__ = "accounts_attempts"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
