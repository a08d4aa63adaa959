"""What can go wrong when talking to the server, each with words a person can act on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """A problem+json body (RFC 9457) with our members `code`, `errors` and `current`.

    `errors` holds (field, message) pairs; `current` is the server's copy of the edited thing when
    an `If-Match` failed; `retry_after_s` comes from the Retry-After header, in seconds.
    """

    status: int
    code: str = ""
    title: str = ""
    detail: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    current: Any = None
    retry_after_s: float | None = None


class ApiError(Exception):
    """Base of every failure of a request.

    `what_happened` and `what_to_do` are whole sentences for the person at the screen; `transient`
    says whether the same request may succeed later without anybody changing anything.
    """

    happened: ClassVar[str] = "The request failed."
    advice: ClassVar[str] = "Try again."
    unkept: ClassVar[str] = ""
    transient: ClassVar[bool] = False

    def __init__(self, problem: ProblemDetails | None = None) -> None:
        self.problem = problem or ProblemDetails(status=0)
        super().__init__(f"{type(self).__name__} {self.problem.status} {self.problem.code}".strip())

    @property
    def code(self) -> str:
        """The stable problem code of the server, or an empty string."""
        return self.problem.code

    @property
    def what_happened(self) -> str:
        """One or more sentences: what went wrong."""
        said = self.problem.detail or self.problem.title or self.happened
        fields = "".join(f"\n{name}: {message}" for name, message in self.problem.errors)
        return said + fields

    @property
    def what_to_do(self) -> str:
        """One sentence: the next step for the person."""
        return ADVICE.get(self.code, self.advice)

    @property
    def to_do_oneself(self) -> str:
        """The next step where nothing keeps the request: it was not in the outbox."""
        return self.unkept or self.what_to_do


class Offline(ApiError):
    """No answer of the server came: no network, server down, time-out, a cut connection, or a
    gateway that could not reach it (502, 504).

    `may_have_arrived` is False only when the request certainly never reached the server.
    """

    happened = "The server cannot be reached."
    advice = "Your work is kept here; it goes on by itself when the connection is back."
    unkept = "Try again when the connection is back."
    transient = True

    def __init__(self, problem: ProblemDetails | None = None, *, may_have_arrived: bool = True) -> None:
        super().__init__(problem)
        self.may_have_arrived = may_have_arrived


class Unauthorised(ApiError):
    """401: not signed in, or the session ended."""

    happened = "You are not signed in, or the session has ended."
    advice = "Sign in again. What you typed is kept."


class Forbidden(ApiError):
    """403: signed in, but not allowed; `step_up_required` asks for a second factor."""

    happened = "Your role does not allow this."
    advice = "Ask an administrator for the permission, or leave it to a colleague who has it."

    @property
    def step_up_required(self) -> bool:
        """True when entering the authenticator code would make the request pass."""
        return self.code == "step_up_required"


class NotFound(ApiError):
    """404 or 410: the thing does not exist, no longer exists, or is not yours to see."""

    happened = "This no longer exists, or you cannot see it."
    advice = "Refresh the list and go on with the next one."


class Conflict(ApiError):
    """409 or 412: the thing changed in the meantime; `current` is the server's copy, if sent."""

    happened = "Somebody changed this in the meantime."
    advice = "Look at the current version and decide again."

    @property
    def what_to_do(self) -> str:
        """The next step; none where the server says what stands in the way and sends no other version."""
        said = bool(self.problem.detail) and self.current is None
        return ADVICE.get(self.code, "" if said else self.advice)

    @property
    def current(self) -> Any:
        """The server's present copy (JSON), or None when the answer carried none."""
        return self.problem.current


class Refused(ApiError):
    """Any other 4xx: the server understood the request and will never accept it as it is."""

    happened = "The server did not accept this."
    advice = "Correct what is named above and send it again."


class Busy(ApiError):
    """429 or 503: not done, and nothing changed; the same request may succeed later."""

    happened = "The server is busy."
    advice = "Wait a moment; it is tried again by itself where that is safe."
    unkept = "Wait a moment, then try again."
    transient = True

    @property
    def retry_after_s(self) -> float | None:
        """Seconds the server asked us to wait, or None."""
        return self.problem.retry_after_s


class ServerFault(ApiError):
    """Any other 5xx, or an answer that breaks the protocol."""

    happened = "The server made an error."
    advice = "Try again; if it happens again, tell the administrator the time it happened."


ADVICE: Mapping[str, str] = {
    "bad_credentials": "Forgotten it? An administrator can give you a new one.",
    "locked_out": "Wait a few minutes before trying again, or ask an administrator to unlock you.",
    "step_up_required": "Enter the code of your authenticator app, then do it again.",
    "lease_lost": "Someone else may have this item now. Claim the next one.",
    "grace_over": "The decision is in effect. To change it, open an appeal or ask a lead.",
    "insufficient_credits": "Buy credits, or choose a smaller gift.",
    "own_request": "Ask a colleague to approve it: nobody approves their own request.",
    "nobody_else": "Decide it, hold it, or give it back to the queue.",
    "past_legal_term": "Choose a shorter time, or decide it.",
    "held_enough": "Decide it, hand it over, or give it back to the queue.",
    "too_many_holds": "Go on with one of them first.",
    "offset_mismatch": "Start the upload again; it goes on from where the server is.",
}

_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    410: NotFound,
    409: Conflict,
    412: Conflict,
    429: Busy,
    503: Busy,
    502: Offline,
    504: Offline,
}


def from_response(status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    """Return the error for a response of `status` >= 400.

    The body may be anything at all (a proxy's HTML page): what is not problem+json is ignored.
    """
    kind = _BY_STATUS.get(status) or (ServerFault if status >= 500 else Refused)
    return kind(parse_problem(status, headers, content))


def parse_problem(status: int, headers: Mapping[str, str], content: bytes) -> ProblemDetails:
    """Read problem+json leniently; the names in `headers` are lower-case (or case-insensitive)."""
    try:
        body = json.loads(content) if content else {}
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    return ProblemDetails(
        status=status,
        code=_text(body, "code"),
        title=_text(body, "title"),
        detail=_text(body, "detail"),
        errors=_field_errors(body.get("errors")),
        current=body.get("current"),
        retry_after_s=_seconds(headers.get("retry-after")),
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _field_errors(errors: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(errors, list):
        return ()
    found = (error for error in errors if isinstance(error, dict))
    return tuple((_text(error, "field"), _text(error, "message")) for error in found)


def _seconds(retry_after: str | None) -> float | None:
    # RFC 9110 also allows a date; our server sends seconds, and a clock that is wrong on this
    # machine would turn a date into an arbitrary wait.
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit():
        return None
    return float(retry_after)
