"""Every HTTP request gets an id, a log line and a measurement."""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.kit import attention, metrics
from server.kit.errors import route_of
from server.kit.logs import request_id

log = logging.getLogger(__name__)

HEADER = "X-Request-Id"
READ_AT = "Live-Position"
"""In the answers to whoever is signed in: the newest event of the live feed before anything was read. Given
back as Last-Event-ID, it brings all that the answer may lack."""
_ACCEPTED = re.compile(r"[A-Za-z0-9-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observed:
    """ASGI middleware. The log names the route, never the path or the query, which may carry a name.

    A well-formed `X-Request-Id` of the caller is kept, so that both ends can be read together.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        attention.noticed()
        given = Headers(scope=scope).get(HEADER, "")
        name = given if _ACCEPTED.fullmatch(given) else uuid4().hex
        token = request_id.set(name)
        began, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = name
                if (read_at := scope.get("state", {}).get("read_at")) is not None:
                    headers[READ_AT] = read_at
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            spent = time.perf_counter() - began
            route = route_of(scope)
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            metrics.requests.add(method, route, str(status))
            metrics.request_seconds.observe(spent, route)
            log.info("%s %s %d %d ms", method, route, status, round(spent * 1000))
            request_id.reset(token)
