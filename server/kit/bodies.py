"""Bounds what a route reads whole into memory. (FastAPI's own limit answers plain text, not a problem.)"""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DEFAULT = 64 * 1024
_DECLARED = "x-max-body-bytes"


def body_limit(size: int) -> dict[str, Any]:
    """The `openapi_extra=` of a route whose declared body may have up to `size` bytes."""
    return {_DECLARED: size}


class Bounded:
    """ASGI middleware: a longer body is refused with 413 before it is kept.

    Only a route that declares a body is bounded: FastAPI reads no other, and an upload is read as a stream.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            most = _limit_of(scope)
            if most is not None and not read and _announced(scope) > most:
                raise _too_large(most)
            message = await receive()
            read += len(message.get("body", b""))
            if most is not None and read > most:
                raise _too_large(most)
            return message

        await self._app(scope, bounded, send)


def _limit_of(scope: Scope) -> int | None:
    """The limit of the route that was chosen, None where it reads no body into memory."""
    route = scope.get("route")
    if not isinstance(route, APIRoute) or route.body_field is None:
        return None
    return int((route.openapi_extra or {}).get(_DECLARED, DEFAULT))


def _announced(scope: Scope) -> int:
    try:
        return int(Headers(scope=scope).get("Content-Length", "0"))
    except ValueError:
        return 0


def _too_large(most: int) -> HTTPException:
    """As an HTTPException: FastAPI turns any other that reading raises into a 400."""
    return HTTPException(413, f"A body may have at most {most} bytes here. Nothing was changed.")
