"""Routes that are worked out when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name


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
        declared, self._declared = self.__dict__.get("_declared"), None
        if declared is None:
            raise AttributeError(name)
        super().__init__(self.path, self.endpoint, **declared)
        return getattr(self, name)
