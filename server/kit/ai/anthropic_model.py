"""The Messages API of Anthropic. Facts of the SDK and of its failures: anthropic 2.14.

The SDK's own retries are off: it waits as long as a header says, without bound, while a durable job can be
put off. Its `parse` loses what was spent when an answer is cut off, so answers are parsed here.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from server.kit.ai.breaker import Breaker
from server.kit.ai.model import AnswerT, Attempt, Bill, Request, Result, Status

if TYPE_CHECKING:
    import anthropic

ATTEMPTS: Final = 3
"""Calls for one question: a longer one after it was cut off, one more after it did not fit."""
MOST_TOKENS: Final = 8_000
TIMEOUT_S: Final = 90.0
RETRY_S: Final = (1.0, 900.0)
"""What a provider asks to wait is taken as at least and at most so long."""

_PERMANENT: Final = {400, 413, 422}
_CONFIGURED_WRONG: Final = {401, 402, 403, 404}
_BY_TYPE: Final = {
    "overloaded_error": Status.UNAVAILABLE,
    "api_error": Status.UNAVAILABLE,
    "timeout_error": Status.UNAVAILABLE,
    "rate_limit_error": Status.THROTTLED,
}


class AnthropicModel:
    """Asks one model with one key. Safe to use from several threads."""

    def __init__(
        self,
        *,
        key: str,
        model: str,
        base_url: str | None = None,
        transport: Any = None,
        breaker: Breaker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`transport` is one of httpx2, for tests. The key is given explicitly: the SDK would look for others
        in the environment and on the disk."""
        import anthropic
        import httpx2

        self._sdk, self._name, self._clock = anthropic, model, clock
        self._breaker = breaker or Breaker()
        http = httpx2.Client(transport=transport) if transport is not None else None
        self._client = anthropic.Anthropic(
            api_key=key,
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(TIMEOUT_S, connect=5.0),
            http_client=http,
        )

    @property
    def name(self) -> str:
        return self._name

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, request: Request[AnswerT], bill: Bill) -> Result[AnswerT]:
        max_tokens, hint = request.max_tokens, ""
        last: Result[AnswerT] = Result(Status.UNAVAILABLE, self._name)
        for number in range(1, ATTEMPTS + 1):
            if wait := self._breaker.wait_s():
                return Result(Status.UNAVAILABLE, self._name, detail="breaker_open", retry_after_s=wait)
            asked = False
            try:
                if not bill.open(number, self._name):
                    return Result(Status.OVER_BUDGET, self._name)
                last = self._attempt(request, bill, number, max_tokens, hint)
                asked = True
            finally:
                if not asked:
                    self._breaker.leave()
            if last.status is Status.NOT_CONFIGURED:
                self._breaker.trip()
            else:
                self._breaker.went(well=last.status is not Status.UNAVAILABLE)
            if last.status is Status.TRUNCATED and max_tokens < MOST_TOKENS:
                max_tokens = min(MOST_TOKENS, 2 * max_tokens)
            elif last.status is Status.INVALID and not hint and last.detail:
                hint = f"Your last answer did not fit the schema at: {last.detail}. Answer anew, in full."
            else:
                return last
        return last

    def _attempt(
        self, request: Request[AnswerT], bill: Bill, number: int, max_tokens: int, hint: str
    ) -> Result[AnswerT]:
        """One call that is on the bill, and its cost with it, whatever comes of it."""
        began = self._clock()
        message: Any = None
        try:
            message = self._call(request, max_tokens, hint)
            result = self._read(request, message)
        except self._sdk.AnthropicError as error:
            result = self._failed(error)
        bill.close(self._cost(number, result.status, message, began))
        return result

    def _call(self, request: Request[AnswerT], max_tokens: int, hint: str) -> anthropic.types.Message:
        content: list[Any] = []
        for image in request.images:
            data = base64.b64encode(image.data).decode()
            source = {"type": "base64", "media_type": image.media_type, "data": data}
            content += [{"type": "text", "text": image.label}, {"type": "image", "source": source}]
        content.append({"type": "text", "text": request.text})
        if hint:
            content.append({"type": "text", "text": hint})
        # The part that is the same for every item is kept by the provider for an hour.
        kept = {"type": "ephemeral", "ttl": "1h"}
        schema = self._sdk.transform_schema(request.answer)
        asked: dict[str, Any] = {
            "model": self._name,
            "max_tokens": max_tokens,
            "system": [{"type": "text", "text": request.system, "cache_control": kept}],
            "messages": [{"role": "user", "content": content}],
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
        }
        if request.person:
            asked["metadata"] = {"user_id": request.person}
        message: anthropic.types.Message = self._client.messages.create(**asked)
        return message

    def _read(self, request: Request[AnswerT], message: Any) -> Result[AnswerT]:
        """The SDK checks nothing: a page of HTML arrives as a str, an empty object as a Message of None."""
        whole = isinstance(message, self._sdk.types.Message) and message.stop_reason
        if not whole or message.content is None:
            return Result(Status.UNAVAILABLE, self._name, detail="bad_response")
        if message.stop_reason == "refusal":
            category = getattr(message.stop_details, "category", None) or "unstated"
            return Result(Status.REFUSED, self._name, detail=str(category))
        if message.stop_reason in ("max_tokens", "model_context_window_exceeded"):
            return Result(Status.TRUNCATED, self._name, detail=message.stop_reason)
        if message.stop_reason != "end_turn":
            return Result(Status.INVALID, self._name, detail="stop_reason")
        # Thinking may come first: the text is chosen by its type, not by its place.
        text = "".join(block.text for block in message.content if block.type == "text")
        try:
            answer = request.answer.model_validate_json(text)
        except ValidationError as error:
            return Result(Status.INVALID, self._name, detail=_places(error, request.answer))
        if places := request.fits(answer):
            return Result(Status.INVALID, self._name, detail=places)
        return Result(Status.OK, self._name, answer=answer)

    def _failed(self, error: Exception) -> Result[Any]:
        sdk = self._sdk
        if isinstance(error, sdk.APIConnectionError):
            return Result(Status.UNAVAILABLE, self._name, detail=type(error).__name__)
        if not isinstance(error, sdk.APIStatusError):
            return Result(Status.UNAVAILABLE, self._name, detail=type(error).__name__)
        told = str(error.type or error.status_code)
        wait = _retry_after(error.response.headers)
        # By the type first: an error in the middle of a stream comes with status 200.
        if told in _BY_TYPE:
            status = _BY_TYPE[told]
        elif error.status_code in _CONFIGURED_WRONG:
            status = Status.NOT_CONFIGURED
        elif error.status_code in _PERMANENT:
            status = Status.REJECTED
        elif error.status_code == 429:
            status = Status.THROTTLED
        else:
            status = Status.UNAVAILABLE
        return Result(status, self._name, detail=told, retry_after_s=wait)

    def _cost(self, number: int, status: Status, message: Any, began: float) -> Attempt:
        usage = getattr(message, "usage", None)
        fresh, written = (_count(usage, name) for name in ("input_tokens", "cache_creation_input_tokens"))
        return Attempt(
            number=number,
            model=self._name,
            status=status,
            latency_ms=round((self._clock() - began) * 1000),
            input_tokens=None if fresh is None else fresh + (written or 0),
            output_tokens=_count(usage, "output_tokens"),
            cached_tokens=_count(usage, "cache_read_input_tokens"),
            request_id=getattr(message, "_request_id", None),
        )


def _count(usage: Any, name: str) -> int | None:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and value >= 0 else None


def _retry_after(headers: Any) -> float | None:
    least, most = RETRY_S
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        with suppress(KeyError, ValueError):
            return min(most, max(least, float(headers[name]) * unit))
    return None


def _places(error: ValidationError, answer: type[BaseModel]) -> str:
    """Where an answer does not fit, without a word of it: it may quote what strangers wrote. A place that
    the answer's model does not name is not told either."""
    known = set(answer.model_fields)
    places = {".".join(str(part) for part in each["loc"][:1]) for each in error.errors(include_input=False)}
    return ", ".join(sorted(place for place in places if place in known)) or "the whole"
