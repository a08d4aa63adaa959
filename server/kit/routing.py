"""The router of a domain, and routes that are worked out when they are first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name

from server.kit.db import Database
from server.kit.errors import problems

_guard = threading.RLock()
"""One for all: routes are shared by every app of the process, whichever threads these run in."""


class LateRoute(APIRoute):
    """Knows its address and its methods at once; everything else, from its parameters to its models, late.

    FastAPI works a route out when it is declared. For the routes of this server that took a third of its
    start, and the first screen of the client asks for four of them.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        self._declared: dict[str, Any] | None = declared
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.name = declared.get("name") or get_name(endpoint)
        self.methods = set(declared.get("methods") or ["GET"])

    def __getattr__(self, name: str) -> Any:
        with _guard:
            if name in self.__dict__:  # another thread was first
                return self.__dict__[name]
            declared: dict[str, Any] | None = self.__dict__.get("_declared")
            if declared is None or self.__dict__.get("_working_out"):
                raise AttributeError(name)
            self._working_out = True
            try:
                super().__init__(self.path, self.endpoint, **declared)
                self._declared = None
            finally:
                self._working_out = False
            return getattr(self, name)


def domain_router(name: str) -> APIRouter:
    """A router at `/v1/NAME`, tagged NAME, that says what any of its routes may refuse with."""
    return APIRouter(
        prefix=f"/v1/{name}",
        tags=[name],
        responses=problems(400, 401, 403, 413, 422, 503),
        route_class=LateRoute,
    )


def database(request: Request) -> Database:
    """The open database of this application."""
    return cast(Database, request.app.state.db)
