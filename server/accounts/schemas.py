"""The wire types of people, sign-in and devices."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints, model_validator

from server.accounts.permissions import Role
from server.kit.wire import Availability, Frozen, Instant, Version, free_text, text

Handle = Annotated[
    str,
    StringConstraints(
        to_lower=True, min_length=2, max_length=32, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?$"
    ),
]
Name = Annotated[str, text(80)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s\x00]{1,64}@[^@\s\x00]{1,189}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Password = Annotated[str, Field(min_length=1, max_length=128)]
NewPassword = Annotated[str, Field(min_length=12, max_length=128)]


class PersonState(StrEnum):
    """Only the active can sign in; a closed account stays as a name on what it did."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class PersonCard(Frozen):
    """What is shown of a person beside their work."""

    id: UUID
    handle: str
    name: str
    bio: str
    roles: list[Role]
    state: PersonState
    availability: Availability
    created_at: Instant


class PersonRow(PersonCard):
    """One row of the people screen."""

    cleared: bool
    version: Version
    has_totp: bool
    last_seen_at: Instant | None


class PersonDetail(PersonRow):
    """One person as an administrator sees them; of the e-mail address only enough to recognise it."""

    email_hint: str | None
    has_password: bool


class NewPerson(Frozen):
    """An account to be made. Without an e-mail address nobody can sign in to it."""

    id: UUID | None = None
    handle: Handle
    name: Name
    bio: Annotated[str, free_text(1000)] = ""
    email: Email | None = None
    password: NewPassword | None = Field(default=None, repr=False)
    roles: Annotated[list[Role], Field(max_length=len(Role))] = []
    cleared: StrictBool = False


class PersonEdit(Frozen):
    """Changes to a person; what is null stays as it is."""

    name: Name | None = None
    roles: Annotated[list[Role], Field(max_length=len(Role))] | None = None
    state: PersonState | None = None
    cleared: StrictBool | None = None


class RoleGrant(Frozen):
    """One row of the role x permission matrix."""

    role: Role
    permissions: list[str]


class RoleMatrix(Frozen):
    """Who may do what; `everyone` is what needs no role, `by_person` what no role gives."""

    permissions: list[str]
    everyone: list[str]
    by_person: list[str]
    roles: list[RoleGrant]


class Device(Frozen):
    """The installation that signs in; the client makes the id once."""

    id: UUID
    name: Name


class SignIn(Frozen):
    email: Email
    password: Password = Field(repr=False)
    device: Device


class Me(Frozen):
    """The signed-in person as the client needs to know them."""

    id: UUID
    handle: str
    name: str
    roles: list[Role]
    permissions: list[str]
    cleared: bool
    has_totp: bool
    stepped_up_until: Instant | None = None
    must_change_password: bool = False


class SignedIn(Frozen):
    """`token` is shown this once; it ends at `expires_at` or after 12 hours without use."""

    token: str = Field(repr=False)
    expires_at: Instant
    person: Me


class OneTimeCode(Frozen):
    code: Code


class TotpRequest(Frozen):
    """A new authenticator is bound to whoever knows the password, not to whoever holds a token."""

    password: Password = Field(repr=False)


class TotpSecret(Frozen):
    """Shown this once, as text and as the `otpauth:` address behind the QR code."""

    secret: str = Field(repr=False)
    uri: str = Field(repr=False)


class PasswordChange(Frozen):
    current: Password = Field(repr=False)
    new: NewPassword = Field(repr=False)

    @model_validator(mode="after")
    def _is_another(self) -> Self:
        if self.new == self.current:
            raise ValueError("the new password is the old one")
        return self


class TemporaryPassword(Frozen):
    """Shown this once. Until `valid_until` it lets its person in, to choose another password."""

    password: str = Field(repr=False)
    valid_until: Instant


class DeviceSession(Frozen):
    """One signed-in device of the caller."""

    id: UUID
    device_id: UUID
    device_name: str
    created_at: Instant
    last_seen_at: Instant
    expires_at: Instant
    current: bool


class DeviceSessions(Frozen):
    items: list[DeviceSession]


ProgramName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", max_length=40)]


class NewProgram(Frozen):
    """A program that is to flag, named for the audit log, e.g. `gore-v1`."""

    name: ProgramName


class ProgramRow(Frozen):
    id: UUID
    name: str
    created_at: Instant
    revoked_at: Instant | None


class Programs(Frozen):
    items: list[ProgramRow]


class ProgramToken(Frozen):
    """Shown this once."""

    id: UUID
    name: str
    token: str = Field(repr=False)
