"""Who is asking and what they may do. Every route names a permission or says that it is public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from server.kit import clock
from server.kit.errors import Forbidden, StepUpRequired, Unauthorised
from server.kit.live import broadcaster

_bearer = HTTPBearer(auto_error=False, description="The token that sign-in returned")


@dataclass(frozen=True)
class Actor:
    """The person or program behind a request. A permission is `area.verb`, e.g. `moderation.decide`."""

    kind: Literal["person", "system", "classifier"]
    id: UUID | None = None
    handle: str = "system"
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = field(default=frozenset(), repr=False)
    session_id: UUID | None = None
    stepped_up_until: datetime | None = None

    @property
    def ref(self) -> str:
        """How the audit log names this actor: opaque, never a name or an address."""
        return f"person:{self.id}" if self.id else f"{self.kind}:{self.handle}"

    @property
    def person(self) -> UUID:
        """The person's id. Raises Forbidden for programs, which own nothing."""
        if self.id is None:
            raise Forbidden("Only a signed-in person can do this.")
        return self.id

    def can(self, permission: str) -> bool:
        return self.kind == "system" or permission in self.permissions

    def check(self, permission: str, *, step_up: bool = False) -> None:
        """Raise Forbidden without the permission, StepUpRequired without a recent one-time code."""
        if not self.can(permission):
            raise Forbidden(f"This needs the permission {permission}.")
        fresh = self.stepped_up_until is not None and self.stepped_up_until > clock.now()
        if step_up and self.kind == "person" and not fresh:
            raise StepUpRequired("Enter the six-digit code of your authenticator app to go on.")


SYSTEM = Actor(kind="system")
"""The server itself: sweepers, handlers, jobs."""

Resolver = Callable[[str], Actor | None]
"""Finds the actor of a bearer token; None when the token is unknown, expired or revoked."""


class Require:
    """The dependency that guards a route; answers the Actor."""

    def __init__(self, permission: str, *, step_up: bool = False, in_use: bool = True) -> None:
        self.permission = permission
        self.step_up = step_up
        self.in_use = in_use

    def __call__(
        self,
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Actor:
        state = request.app.state
        resolve = cast(Resolver, state.resolve_actor if self.in_use else state.peek_actor)
        actor = resolve(bearer.credentials) if bearer else None
        if actor is None:
            raise Unauthorised("Your session is not valid any more. Sign in again; nothing was changed.")
        actor.check(self.permission, step_up=self.step_up)
        request.state.read_at = broadcaster.position
        return actor


class Public:
    """The marker of a route that anyone may call."""

    permission = None

    def __call__(self) -> None:
        return None


def require(permission: str, *, step_up: bool = False, in_use: bool = True) -> Actor:
    """`actor: Actor = require("moderation.decide")` in a route's signature.

    With `in_use` false the request does not keep an idle session alive: it is made without its person.
    """
    return cast(Actor, Depends(Require(permission, step_up=step_up, in_use=in_use)))


def public() -> Any:
    """`dependencies=[public()]` in the decorator of a route that needs no sign-in."""
    return Depends(Public())
