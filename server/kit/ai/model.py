"""Asking a language model: what goes in, and what comes out. Whatever a provider does, a `Result` says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

AnswerT = TypeVar("AnswerT", bound=BaseModel)
AnswerT_co = TypeVar("AnswerT_co", bound=BaseModel, covariant=True)


class Status(StrEnum):
    """How it ended. Only `ok` carries an answer; nothing else is evidence that something is harmless."""

    ASKED = "asked"
    """Not known yet; for ever, where the program was killed in between."""
    OK = "ok"
    REFUSED = "refused"
    """The model would not say. A person has to."""
    TRUNCATED = "truncated"
    INVALID = "invalid"
    """What came back is not what was asked for, also after it was asked once more."""
    THROTTLED = "throttled"
    """Ask again, not before `retry_after_s`."""
    UNAVAILABLE = "unavailable"
    """The provider cannot be reached, or fails: ask again later."""
    REJECTED = "rejected"
    """The provider takes this request for wrong; to repeat it changes nothing."""
    NOT_CONFIGURED = "not_configured"
    """No key, or one that the provider does not take, or a model that it does not have."""
    OVER_BUDGET = "over_budget"
    """What may be spent in a day is spent."""


AGAIN = frozenset({Status.THROTTLED, Status.UNAVAILABLE})
"""What may be otherwise later."""


@dataclass(frozen=True)
class Image:
    """A picture with what is said of it, such as the time it was shown at."""

    label: str
    data: bytes
    media_type: Literal["image/jpeg", "image/png", "image/webp"] = "image/jpeg"


@dataclass(frozen=True)
class Request(Generic[AnswerT]):
    """One question. `system` is ours alone; whatever people wrote goes into `text`, fenced (`ai.fence`).

    `template` names the wording of the question, `job` what it is asked for: both are kept with the bill.
    `person` is an opaque name, never of a person. `fits` says what the answer's own model cannot: the names
    of the fields that do not fit, None where all do.
    """

    job: str
    template: str
    system: str
    text: str
    answer: type[AnswerT]
    images: tuple[Image, ...] = ()
    max_tokens: int = 1_000
    person: str | None = None
    fits: Callable[[AnswerT], str | None] = lambda _: None


@dataclass(frozen=True)
class Attempt:
    """One call, for the bill. Tokens are None where the provider did not tell: it may have counted them."""

    number: int
    model: str
    status: Status
    latency_ms: int
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Result(Generic[AnswerT_co]):
    """`detail` is for those who run the server: a code of the provider, the places that do not fit."""

    status: Status
    model: str
    answer: AnswerT_co | None = None
    detail: str = ""
    retry_after_s: float | None = None


class Bill(Protocol):
    """Where each call is written down: before it is made, since it costs also when nothing comes of it."""

    def open(self, number: int, model: str) -> bool:
        """Write down that a call is being made; False when no more may be spent, and it must not be."""

    def close(self, attempt: Attempt) -> None:
        """Write down what it cost, before anything else is done with what it brought."""


class TextModel(Protocol):
    """Something that can be asked."""

    @property
    def name(self) -> str:
        """The id of the model, as it is kept with what it said."""

    def ask(self, request: Request[AnswerT], bill: Bill) -> Result[AnswerT]:
        """Ask, and write down each call. Raises nothing for what a provider does; may block for minutes."""
