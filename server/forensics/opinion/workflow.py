"""How a question is asked: stills are made, the model is asked, and what came of it is kept.

One step, so that neither stills nor words are ever kept as a step's result. A step that dies is repeated, and
may then ask, and pay, once more; each call has its bill, which is written before it is made.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from server.content.media.results import Refused
from server.forensics import pictures
from server.forensics.opinion import prompt, queries, service
from server.forensics.opinion.keys import key_of
from server.forensics.opinion.prompt import Said
from server.forensics.opinion.queries import Work
from server.forensics.opinion.record import opinions
from server.forensics.opinion.rules import OpinionState
from server.forensics.opinion.service import Asked
from server.forensics.pictures import Still, Wanted
from server.kit import clock, jobs
from server.kit.access import SYSTEM
from server.kit.ai.anthropic_model import AnthropicModel
from server.kit.ai.breaker import Breaker
from server.kit.ai.model import Attempt, Bill, Result, Status, TextModel
from server.kit.ai.usage import JobBill, insist
from server.kit.db import Database
from server.kit.storage import Store
from server.settings import Settings

TRIES: Final = 12
"""Runs that got no answer, after which a question is given up."""
FIRST_S, LONGEST_S = 5.0, 900.0
"""How long it is put off where the provider does not say: twice as long each time, within these."""
SPREAD_S: Final = 300.0
"""Questions that wait for the same moment are asked within so long after it, not all at once."""
GIVE_UP: Final = timedelta(days=3)
"""How long a question waits in all, for a budget or for a provider that is left alone."""
EVIDENCE: Final = 2
"""One still in so many is where something was seen; the others are spread evenly."""

WAITS: Final = {
    Status.THROTTLED: "The provider asked to wait; it is asked again.",
    Status.UNAVAILABLE: "The provider could not be reached; it is asked again.",
    Status.OVER_BUDGET: "What models may cost in a day is spent; it is asked tomorrow.",
}
ENDS: Final = {
    Status.REFUSED: (OpinionState.REFUSED, "The model would not give an opinion. That is no all-clear."),
    Status.TRUNCATED: (OpinionState.FAILED, "The answer was longer than allowed, and was cut off."),
    Status.INVALID: (OpinionState.FAILED, "The answer was not in the form that was asked for."),
    Status.REJECTED: (OpinionState.FAILED, "The provider did not accept the question."),
    Status.NOT_CONFIGURED: (
        OpinionState.NOT_CONFIGURED,
        "The provider did not accept the key, or does not have the model.",
    ),
}
NO_KEY: Final = "No key is configured for a provider of language models."
NO_STILLS: Final = "No still could be made of this video to be shown to a model."
_GAVE_UP: Final = "The provider did not answer, however often it was asked."

log = logging.getLogger(__name__)
_breakers: dict[tuple[str | None, str, str], Breaker] = {}
_guard = threading.Lock()


@jobs.workflow(service.JOB, queue=jobs.ASKING)
def ask_opinion(opinion: str, job: str) -> None:
    """Ask one question, unless it was ended or given to another job."""
    ask(opinion, job)


@jobs.step
def ask(opinion: str, job: str) -> None:
    """Ask, and keep what came of it."""
    context, opinion_id = jobs.context(), UUID(opinion)
    with context.db.read() as s:
        work = queries.work(s, opinion_id, job)
    if work is None:
        _drop(context.db, opinion_id, job)
        return
    key = key_of(context.settings)
    if key is None:
        no_key = {"state": OpinionState.NOT_CONFIGURED, "code": "no_key", "reason": NO_KEY}
        _write(context.db, opinion_id, job, service.end, **no_key)
        return
    stills = stills_of(Store(context.settings.media), work, most=context.settings.opinion_frames)
    if isinstance(stills, Refused) or not stills:
        code = stills.code if isinstance(stills, Refused) else "no_stills"
        none = {"state": OpinionState.FAILED, "code": code, "reason": NO_STILLS}
        _write(context.db, opinion_id, job, service.end, **none)
        return
    model = model_of(context.settings, key)
    try:
        answered = _ask(context, model, work, job, stills)
    finally:
        model.close()
    if answered is not None:
        _take(context.db, work, job, stills, answered)


def model_of(settings: Settings, key: str) -> AnthropicModel:
    """The model that is asked. What one job learns of a provider that fails, the others know."""
    which = (settings.anthropic_url, settings.opinion_model, key)
    with _guard:
        breaker = _breakers.setdefault(which, Breaker())
    return AnthropicModel(
        key=key, model=settings.opinion_model, base_url=settings.anthropic_url, breaker=breaker
    )


def stills_of(store: Store, work: Work, *, most: int) -> tuple[Still, ...] | Refused:
    """The stills that the model is shown, at most `most`."""
    wanted = [Wanted(t_ms) for t_ms in moments(work, most=most)]
    return pictures.take(store.path(work.sha256), wanted, side=prompt.SIDE, quality=prompt.QUALITY)


def moments(work: Work, *, most: int) -> list[int]:
    """Times in ms: where most was seen first, then evenly over the length, each within the video."""
    last = max(work.duration_ms - 1, 0)
    seen = [t_ms for t_ms in dict.fromkeys(work.moments_ms) if t_ms <= last][: most // EVIDENCE]
    even = most - len(seen)
    return sorted({*seen, *(last * (2 * i + 1) // (2 * even) for i in range(even))})


@dataclass
class Guarded:
    """A bill that is opened only while the question is still wanted; whoever asks right before a call that
    costs is sure that nothing of the restricted class leaves."""

    bill: Bill
    db: Database
    opinion_id: UUID
    job: str
    unwanted: bool = False

    def open(self, number: int, model: str) -> bool:
        with self.db.read() as s:
            wanted = queries.is_wanted(s, self.opinion_id, self.job)
        self.unwanted = not wanted or jobs.stopping()
        return not self.unwanted and self.bill.open(number, model)

    def close(self, attempt: Attempt) -> None:
        self.bill.close(attempt)


def _ask(
    context: jobs.Context, model: TextModel, work: Work, job: str, stills: Sequence[Still]
) -> Result[Said] | None:
    name = str(work.opinion_id)
    bill = JobBill(context.db, name, prompt.VERSION, context.settings.ai_tokens_per_day)
    guard = Guarded(bill, context.db, work.opinion_id, job)
    result = model.ask(prompt.question(job=name, stills=stills, words=work.words), guard)
    if not guard.unwanted:
        return result
    if jobs.stopping():
        later = {"code": "stopped", "reason": "The server was stopped; it is asked again.", "counts": False}
        _write(context.db, work.opinion_id, job, service.put_off, delay_s=0.0, **later)
    else:
        _drop(context.db, work.opinion_id, job)
    return None


def _take(db: Database, work: Work, job: str, stills: Sequence[Still], result: Result[Said]) -> None:
    """Keep what came of the question."""
    sent = Asked(result.model, prompt.digest(stills, work.words), len(stills))
    write = partial(_write, db, work.opinion_id, job)
    if result.answer is not None:
        summary, categories = prompt.understood(result.answer, stills)
        write(service.keep, asked=sent, summary=summary, categories=categories)
        return
    code = result.detail or result.status.value
    if result.status not in WAITS:
        state, reason = ENDS.get(result.status, (OpinionState.FAILED, _GAVE_UP))
        write(service.end, state=state, code=code, reason=reason, asked=sent)
        return
    asked = result.status is not Status.OVER_BUDGET and result.detail != "breaker_open"
    if clock.now() - work.asked_at > GIVE_UP or (asked and work.tries + 1 >= TRIES):
        reason = WAITS[result.status] if result.status is Status.OVER_BUDGET else _GAVE_UP
        write(service.end, state=OpinionState.FAILED, code=result.status.value, reason=reason, asked=sent)
        return
    wait_s = _until_tomorrow_s(clock.now()) if result.status is Status.OVER_BUDGET else result.retry_after_s
    delay_s = wait_s if wait_s is not None else min(LONGEST_S, FIRST_S * 2**work.tries)
    delay_s += random.random() * min(delay_s / 4, SPREAD_S)  # noqa: S311
    waits = {"code": code, "reason": WAITS[result.status], "counts": asked}
    write(service.put_off, delay_s=delay_s, **waits)


def _drop(db: Database, opinion_id: UUID, job: str) -> None:
    """End a question that must not be asked (any more), if this job has it."""
    mine = (opinions.c.id == opinion_id) & (opinions.c.job == job)
    insist(db, lambda s: service.cancel(s, actor=SYSTEM, which=mine, code="unwanted"))


def _write(db: Database, opinion_id: UUID, job: str, change: Any, **given: Any) -> None:
    """One change, tried again while the database is busy: what it keeps may have been paid for."""
    insist(db, lambda s: change(s, actor=SYSTEM, opinion_id=opinion_id, job=job, **given))


def _until_tomorrow_s(now: datetime) -> float:
    tomorrow = (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()
