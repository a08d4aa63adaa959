"""A provider that fails as providers do: no question is lost, and each call has one bill."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.forensics import pictures
from server.forensics.opinion import workflow
from server.forensics.opinion.rules import OpinionState
from server.kit import jobs
from server.kit.ai.model import Status
from server.kit.jobs import Context
from server.settings import Settings
from tests.server.forensics.opinion.lab import STILLS, Answer, Opinions, Provider, Sent, fault, message, said


class Unreliable:
    """20 % of the calls get 429, 10 % get 503, 10 % of the answers are cut off; counts what it sent back."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._guard = threading.Lock()
        self.given: Counter[str] = Counter()

    def __call__(self, sent: Sent) -> Answer:
        with self._guard:
            drawn = self._random.random()
            kind = "429" if drawn < 0.2 else "503" if drawn < 0.3 else "cut" if drawn < 0.4 else "ok"
            self.given[kind] += 1
        if kind == "429":
            return fault(429, "rate_limit_error", **{"retry-after": "1"})
        if kind == "503":
            return fault(503, "api_error")
        return message('{"summary": "a b', stop="max_tokens") if kind == "cut" else said("high", (1,))


def settled(
    opinions: Opinions, provider: Provider, faults: Unreliable, *, questions: int, at_once: int
) -> None:
    """Ask so many questions and run their jobs, as often as they are put off, until none waits."""
    provider.says = faults
    asked = [opinions.ask() for _ in range(questions)]
    with ThreadPoolExecutor(at_once) as pool:
        while waiting := opinions.waiting():
            jobs_of = [(str(row.id), str(row.job)) for row in waiting]
            for _ in pool.map(lambda each: workflow.ask_opinion(*each), jobs_of):
                pass
    rows = {row.id: row for row in opinions.rows()}
    assert set(rows) == set(asked)
    assert {row.state for row in rows.values()} == {OpinionState.DONE}
    assert all(row.categories for row in rows.values())
    calls = opinions.calls()
    assert len(calls) == len(provider.sent) == sum(faults.given.values())
    assert Counter(call.status for call in calls) == Counter(
        {
            Status.OK: questions,
            Status.THROTTLED: faults.given["429"],
            Status.UNAVAILABLE: faults.given["503"],
            Status.TRUNCATED: faults.given["cut"],
        }
    )
    by_question = Counter(call.job for call in calls)
    assert {call.attempt for call in calls if by_question[call.job] == 1} <= {1}
    for job, count in by_question.items():
        assert [call.attempt for call in calls if call.job == job] == list(range(1, count + 1))


@pytest.mark.usefixtures("context", "stills")
def test_a_provider_that_fails_loses_no_question(opinions: Opinions, provider: Provider) -> None:
    settled(opinions, provider, Unreliable(7), questions=8, at_once=1)


@pytest.mark.drill
def test_two_hundred_questions_over_a_real_connection(
    opinions: Opinions, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "take", lambda *_, **__: STILLS)
    provider = Provider()
    with provider.listening() as url:
        settings = Settings(
            data=context.settings.data, anthropic_key="test-key", anthropic_url=url, jobs=False
        )
        with jobs.using(Context(context.db, settings, context.keys)):
            settled(opinions, provider, Unreliable(1), questions=200, at_once=4)
