"""What can go wrong, in the field's words, and how each becomes a problem document (RFC 9457)."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import Scope

from server.kit.logs import redacted

log = logging.getLogger(__name__)


def told(error: BaseException) -> str:
    """What is kept of an unexpected error, at most 300 characters: its type, and its message with what looks
    personal struck out. One of the database or of a check quotes the values it met: of it, and of one that
    came from it, the type only."""
    kind = type(error).__name__
    return kind if quotes(error) else redacted(f"{kind}: {error}")[:300]


def quotes(error: BaseException) -> bool:
    """Whether an error may quote values: it is one of the database or of a check, or came from one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DBAPIError | ValidationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


class Problem(BaseModel):
    """The body of every refusal. `code` is stable: programs branch on it, people read `detail`."""

    model_config = ConfigDict(frozen=True)

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, str]] | None = None
    current: dict[str, Any] | None = None


class DomainError(Exception):
    """Base of every expected refusal: `status` for HTTP, `code` for programs, the message for people."""

    status = 400
    code = "refused"
    title = "The request was refused"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        current: dict[str, Any] | None = None,
        errors: list[dict[str, str]] | None = None,
        retry_after_s: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.current = current
        self.errors = errors
        self.retry_after_s = retry_after_s
        self.headers = headers or {}


class Invalid(DomainError):
    status, code, title = 422, "invalid", "The request does not make sense"


class BadRequest(DomainError):
    status, code, title = 400, "bad_request", "The request could not be read"


class Unauthorised(DomainError):
    status, code, title = 401, "sign_in_required", "Sign in first"


class Forbidden(DomainError):
    status, code, title = 403, "forbidden", "This needs a permission that you do not have"


class StepUpRequired(Forbidden):
    code, title = "step_up_required", "Confirm with a one-time code first"


class NotFound(DomainError):
    status, code, title = 404, "not_found", "There is nothing at this address"


class MethodNotAllowed(DomainError):
    status, code, title = 405, "method_not_allowed", "This address does not take this method"


class Conflict(DomainError):
    status, code, title = 409, "conflict", "Someone or something was faster"


class Stale(DomainError):
    """An If-Match did not hold; `current` carries the present copy."""

    status, code, title = 412, "stale", "This was changed in the meantime"


class TooLarge(DomainError):
    status, code, title = 413, "too_large", "The content is larger than allowed"


class RangeNotSatisfiable(DomainError):
    status, code, title = 416, "range_not_satisfiable", "The file does not have this range"


class TooMany(DomainError):
    status, code, title = 429, "too_many", "Too many attempts"


class Busy(DomainError):
    """The one writer is taken: the caller may try again after Retry-After."""

    status, code, title = 503, "busy", "The server is busy"

    def __init__(self, detail: str = "The database is busy. Nothing was changed.") -> None:
        super().__init__(detail, retry_after_s=1)


KINDS = {
    kind.status: kind
    for kind in (
        BadRequest,
        Unauthorised,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        Stale,
        TooLarge,
        RangeNotSatisfiable,
        Invalid,
        TooMany,
        Busy,
    )
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: each status it may refuse with, documented as a Problem."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        found[status] = {
            "description": KINDS[status].title,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in (429, 503):
            found[status]["headers"] = {
                "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}
            }
    return found


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _allowed(request: Request) -> str:
    """Every method of the address; Starlette names only those of the first route that has it."""
    found = {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.methods and route.path and compile_path(route.path)[0].match(request.scope["path"])
        for method in route.methods
    }
    return ", ".join(sorted(found))


def route_of(scope: Scope) -> str:
    """The address of a request as the code has it: what stands in the path itself may name a person."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def install(app: FastAPI) -> None:
    """Turn every exception that leaves a route into a problem document."""

    @app.exception_handler(DomainError)
    async def domain(request: Request, error: DomainError) -> JSONResponse:
        headers = dict(error.headers)
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(error.retry_after_s)
        if error.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        problem = Problem(
            title=error.title,
            status=error.status,
            code=error.code,
            detail=error.detail,
            errors=error.errors,
            current=error.current,
        )
        return _answer(problem, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]} for e in error.errors()
        ]
        where = ", ".join(e["field"] for e in found[:5])
        return _answer(
            Problem(
                title=Invalid.title,
                status=422,
                code="invalid",
                detail=f"Not understood: {where}",
                errors=found,
            )
        )

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        kind = KINDS.get(error.status_code, DomainError)
        headers = dict(error.headers or {})
        if kind is MethodNotAllowed:
            headers["Allow"] = _allowed(request)
        return _answer(
            Problem(title=kind.title, status=error.status_code, code=kind.code, detail=str(error.detail)),
            headers,
        )

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> JSONResponse:
        log.exception("unexpected fault at %s %s", request.method, route_of(request.scope))
        detail = "The server met a fault of its own. It was logged; what you sent was not applied."
        return _answer(Problem(title="Server fault", status=500, code="fault", detail=detail))
