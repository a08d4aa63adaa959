"""The one way to the server: requests, retries, streams and uploads over a single HTTP client."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from studio.api.backoff import Backoff
from studio.api.errors import ApiError, Offline, ProblemDetails, ServerFault, from_response
from studio.api.lines import LineSplitter, LineTooLong

if TYPE_CHECKING:
    from pydantic import BaseModel

    ModelT = TypeVar("ModelT", bound=BaseModel)

CONNECT_S = 5.0
ANSWER_S = 15.0
LONGEST_WAIT_S = 10.0  # a longer Retry-After is for the person to know, not to sit through
MAX_ERROR_BYTES = 256 * 1024
MAX_LINE_BYTES = 16 * 1024 * 1024

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})  # RFC 9110, 9.2.2
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful response read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def etag(self) -> str | None:
        """The entity tag, to be sent back as `if_match`."""
        return self.headers.get("etag")

    def json(self) -> Any:
        """Return the decoded body, None when it is empty.

        Raises ServerFault when it is not JSON.
        """
        try:
            return json.loads(self.content) if self.content else None
        except ValueError as error:
            raise broken_protocol("the answer is not JSON") from error

    def model(self, schema: type[ModelT]) -> ModelT:
        """Return the body as a wire type of `server.*.schemas`.

        Raises ServerFault when the body does not fit: client and server differ in version.
        """
        try:
            return schema.model_validate_json(self.content)
        except ValueError as error:
            raise broken_protocol(f"the answer is not a {schema.__name__}") from error


class Api:
    """HTTP client of one server for one person.

    `token` is asked for the bearer token at every request (None: not signed in). `on_date` gets the `Date`
    of every answer. Requests are
    repeated after a failure only where repeating cannot do the thing twice: idempotent methods,
    and any request with an idempotency key. Every failure is an `ApiError`.

    The base URL must be https, or http on the loopback interface: the token goes with every
    request. Raises ValueError otherwise.
    """

    def __init__(
        self,
        base_url: str,
        token: Callable[[], str | None],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        backoff: Backoff | None = None,
        on_date: Callable[[str], object] = lambda _date: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        begun: bool = True,
    ) -> None:
        """Without `begun`, requests wait for `begin`: it is not yet known where the server is."""
        self._token = token
        self._backoff = backoff or Backoff(base_s=0.25, cap_s=4.0)
        self._sleep = sleep
        self._on_date = on_date
        self.early: Callable[[str], object] | None = None
        """While set, gets of every request that is sent the position in the live feed at which it was read
        ("": the server does not say), as soon as it is answered."""
        self._begun = asyncio.Event()
        if begun:
            self._begun.set()
        url = checked_url(base_url)
        self._http = httpx.AsyncClient(
            base_url=url,
            transport=transport,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
            headers={"User-Agent": "CreatorStudio", "Accept": "application/json"},
            # A proxy from the environment must not see what goes to this machine itself. And there
            # TLS is not spoken: loading the certificates would take the start 0.1 s or more.
            trust_env=not _is_local(url),
            verify=not _is_local(url),
        )

    @property
    def base_url(self) -> str:
        """The server's address without a trailing slash."""
        return str(self._http.base_url).rstrip("/")

    def begin(self) -> None:
        """Let the requests go that wait, and all that come."""
        self._begun.set()

    def move_to(self, base_url: str) -> None:
        """Use another address from the next request on (an embedded server came back elsewhere).

        Raises ValueError unless both addresses are on this machine.
        """
        if not (_is_local(self.base_url) and _is_local(base_url)):
            raise ValueError("Only a server on this machine can move to another address.")
        self._http.base_url = httpx.URL(base_url)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str | int] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        attempts: int = 4,
    ) -> Answer:
        """Send one request and return its answer; `json` is the body.

        At most `attempts` tries, where repeating is safe. Raises ApiError.
        """
        headers = dict(_present({"Idempotency-Key": idempotency_key, "If-Match": if_match}))
        tries = attempts if method in _IDEMPOTENT or idempotency_key else 1

        async def once() -> Answer:
            arguments = {"params": params, "headers": headers}
            if json is not None:
                arguments["json"] = json
            async with self.open(method, path, **arguments) as response:
                content = await response.aread()
                return Answer(response.status_code, response.headers, content)

        return await self._repeated(once, tries)

    async def get(self, path: str, *, params: Mapping[str, str | int] | None = None) -> Answer:
        """GET, with retries. Raises ApiError."""
        return await self.request("GET", path, params=params)

    async def post(self, path: str, *, json: Any = None, idempotency_key: str | None = None) -> Answer:
        """POST, with retries only when there is an idempotency key. Raises ApiError."""
        return await self.request("POST", path, json=json, idempotency_key=idempotency_key)

    @asynccontextmanager
    async def ndjson(
        self, path: str, *, params: Mapping[str, str | int] | None = None
    ) -> AsyncIterator[AsyncIterator[Any]]:
        """Open a newline-delimited JSON answer: `async with api.ndjson(path) as rows`.

        `rows` yields each line decoded, as it arrives. Raises ApiError; a stream cut in the middle
        raises Offline, it never just ends.
        """
        accept = {"Accept": "application/x-ndjson"}
        async with self.open("GET", path, params=params, headers=accept) as response:
            yield _decoded_lines(response)

    @asynccontextmanager
    async def open(self, method: str, path: str, **arguments: Any) -> AsyncIterator[httpx.Response]:
        """Open a streamed response whose status is 2xx; the base of everything here.

        `arguments` are those of `httpx.AsyncClient.build_request`. Raises ApiError, also for
        whatever fails while the body is read inside the `async with`, and ValueError for a `path`
        that would lead to another server.
        """
        if not path.startswith("/"):
            raise ValueError(f"{path} is not a path of this server")
        await self._begun.wait()
        headers = dict(arguments.pop("headers", None) or {})
        if token := self._token():
            headers["Authorization"] = f"Bearer {token}"
        early = self.early
        with _transport_errors():
            request = self._http.build_request(method, path, headers=headers, **arguments)
            response = await self._http.send(request, stream=True)
            try:
                self._on_date(response.headers.get("date", ""))
                if response.status_code >= 400:
                    content = await _read_at_most(response, MAX_ERROR_BYTES)
                    raise from_response(response.status_code, response.headers, content)
                if not response.is_success:
                    # Following it would carry the token elsewhere; and it is not a "done".
                    raise broken_protocol("it sends requests on to another address")
                if early is not None:
                    early(response.headers.get("live-position", ""))
                yield response
            finally:
                await response.aclose()

    async def _repeated(self, once: Callable[[], Awaitable[Answer]], tries: int) -> Answer:
        for attempt in range(tries):
            try:
                return await once()
            except ApiError as error:
                wait_s = self._backoff.delay_s(attempt, at_least_s=error.problem.retry_after_s)
                if not error.transient or attempt + 1 == tries or wait_s > LONGEST_WAIT_S:
                    raise
            await self._sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")


@contextmanager
def _transport_errors() -> Iterator[None]:
    """Turn the HTTP library's failures into Offline (or ServerFault for an undecodable body)."""
    try:
        yield
    except httpx.DecodingError as error:
        raise broken_protocol("the answer cannot be decoded") from error
    except httpx.RequestError as error:
        raise Offline(may_have_arrived=not isinstance(error, _NEVER_SENT)) from error


def broken_protocol(detail: str) -> ServerFault:
    """Return the error for a server that answers, but not as agreed."""
    return ServerFault(
        ProblemDetails(status=0, code="broken_protocol", detail=f"The server's answer is unusable: {detail}.")
    )


def is_loopback(url: str) -> bool:
    """True when the URL's host is this machine."""
    host = httpx.URL(url).host
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local(url: str) -> bool:
    return httpx.URL(url).scheme == "http" and is_loopback(url)


def checked_url(url: str) -> str:
    """Return `url` when the bearer token may be sent there. Raises ValueError with the reason."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"“{url}” is not a web address.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"“{url}” is not a web address. Example: https://studio.example.org")
    if parsed.scheme == "http" and not is_loopback(url):
        raise ValueError("The server's address must begin with https://, or be on this machine.")
    return url


def _present(headers: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in headers.items() if value is not None)


async def _read_at_most(response: httpx.Response, limit: int) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) >= limit:
            break
    return bytes(content[:limit])


async def _decoded_lines(response: httpx.Response) -> AsyncIterator[Any]:
    splitter = LineSplitter(max_bytes=MAX_LINE_BYTES)
    try:
        async for chunk in response.aiter_bytes():
            for line in splitter.feed(chunk):
                if line:
                    yield json.loads(line)
        if splitter.rest():
            yield json.loads(splitter.rest())
    except LineTooLong as error:
        raise broken_protocol(str(error)) from error
    except ValueError as error:
        raise broken_protocol("a line is not JSON") from error
