"""A provider that fails as providers do: no question is lost, and each call has one bill."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from server.forensics import pictures
from server.forensics.opinion import prompt, workflow
from server.forensics.opinion.rules import OpinionState
from server.kit import jobs
from server.kit.ai.model import Status
from server.kit.ai.usage import AiCall
from server.kit.jobs import Context
from server.settings import Settings
from tests.server.forensics.opinion.lab import STILLS, Answer, Opinions, Provider, Sent, fault, message, said

LLMOCK = shutil.which("llmock")


class Unreliable:
    """20 % of the calls get 429, 10 % get 503, 10 % are cut off where little was allowed for; counts them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._guard = threading.Lock()
        self.given: Counter[str] = Counter()

    def __call__(self, sent: Sent) -> Answer:
        with self._guard:
            drawn = self._random.random()
            kind = "429" if drawn < 0.2 else "503" if drawn < 0.3 else "cut" if drawn < 0.4 else "ok"
            if kind == "cut" and sent["max_tokens"] > prompt.MAX_TOKENS:
                kind = "ok"
            self.given[kind] += 1
        if kind == "429":
            return fault(429, "rate_limit_error", **{"retry-after": "1"})
        if kind == "503":
            return fault(503, "api_error")
        return message('{"summary": "a b', stop="max_tokens") if kind == "cut" else said("high", (1,))


def asked_until_none_waits(
    opinions: Opinions, *, questions: int, at_once: int, end: tuple[OpinionState, str | None]
) -> list[AiCall]:
    """Every question ends like this, in one way only, and its calls are billed as 1, 2, 3...; the bills."""
    asked = [opinions.ask() for _ in range(questions)]
    with ThreadPoolExecutor(at_once) as pool:
        while waiting := opinions.waiting():
            jobs_of = [(str(row.id), str(row.job)) for row in waiting]
            for _ in pool.map(lambda each: workflow.ask_opinion(*each), jobs_of):
                pass
    rows = {row.id: row for row in opinions.rows()}
    assert set(rows) == set(asked)
    assert Counter((row.state, row.code) for row in rows.values()) == {end: questions}
    assert all((row.state is OpinionState.DONE) is bool(row.categories) for row in rows.values())
    calls = opinions.calls()
    for job, count in Counter(call.job for call in calls).items():
        assert [call.attempt for call in calls if call.job == job] == list(range(1, count + 1))
    return calls


def settled(
    opinions: Opinions, provider: Provider, faults: Unreliable, *, questions: int, at_once: int
) -> None:
    """So many questions are settled, and the bills say what the provider sent back."""
    provider.says = faults
    done = (OpinionState.DONE, None)
    calls = asked_until_none_waits(opinions, questions=questions, at_once=at_once, end=done)
    assert len(calls) == len(provider.sent) == sum(faults.given.values())
    assert Counter(call.status for call in calls) == Counter(
        {
            Status.OK: questions,
            Status.THROTTLED: faults.given["429"],
            Status.UNAVAILABLE: faults.given["503"],
            Status.TRUNCATED: faults.given["cut"],
        }
    )


@pytest.mark.usefixtures("context", "stills")
def test_a_provider_that_fails_loses_no_question(opinions: Opinions, provider: Provider) -> None:
    settled(opinions, provider, Unreliable(7), questions=8, at_once=1)


@pytest.mark.drill
def test_two_hundred_questions_over_a_real_connection(
    opinions: Opinions, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "take", lambda *_, **__: STILLS)
    provider = Provider()
    with provider.listening() as url, asking(context, url):
        settled(opinions, provider, Unreliable(1), questions=200, at_once=4)


@pytest.mark.drill
@pytest.mark.skipif(LLMOCK is None, reason="llmock is not on the PATH: pip install llmock==0.2.2 beside it")
def test_two_hundred_questions_to_a_provider_that_nobody_here_wrote(
    opinions: Opinions, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """llmock 0.2.2 looks for the schema where it no longer is, and answers with prose: so each question is
    asked twice, then has failed with its reason. None is lost, and none taken for an all-clear."""
    monkeypatch.setattr(pictures, "take", lambda *_, **__: STILLS)
    with llmock("429=0.2", "503=0.1") as url, asking(context, f"{url}/anthropic"):
        prose = (OpinionState.FAILED, "the whole")
        calls = asked_until_none_waits(opinions, questions=200, at_once=4, end=prose)
    counted = Counter(call.status for call in calls)
    assert set(counted) == {Status.INVALID, Status.THROTTLED, Status.UNAVAILABLE}
    assert counted[Status.INVALID] >= 400  # a fault between the two has both asked anew


@contextmanager
def asking(context: Context, url: str) -> Iterator[None]:
    """Jobs ask a provider at this address."""
    settings = Settings(data=context.settings.data, anthropic_key="test-key", anthropic_url=url, jobs=False)
    with jobs.using(Context(context.db, settings, context.keys)):
        yield


@contextmanager
def llmock(*rates: str) -> Iterator[str]:
    """An llmock that fails at these rates; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    faults = [word for rate in rates for word in ("--error-rate", rate)]
    command = [str(LLMOCK), "serve", "--port", str(port), "--log-level", "warning", *faults]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait, there = threading.Event(), False
            while not there:
                assert process.poll() is None
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    there = True
                wait.wait(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
