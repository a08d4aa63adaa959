"""Doing what needs a fresh one-time code: try, ask for the code where it is missing, try once more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from server.accounts.schemas import Me
from studio.api.errors import ApiError, Forbidden
from studio.tab import Context

T = TypeVar("T")


class NoAuthenticator(ApiError):
    """A one-time code is needed, and the person has nothing that makes one."""

    happened = "This needs a one-time code, and you have no authenticator app yet."
    advice = "Set one up under “My account”, then do it again."


async def with_step_up(context: Context, send: Callable[[], Awaitable[T]]) -> T | None:
    """Return what `send` answers, asking for the code first where the server wants one.

    None when the person gave up: nothing was done then. Raises ApiError, NoAuthenticator among them.
    """
    try:
        return await send()
    except Forbidden as error:
        if not error.step_up_required:
            raise
    if not (await context.api.get("/v1/accounts/me")).model(Me).has_totp:
        raise NoAuthenticator
    if not await context.step_up():
        return None
    return await send()
