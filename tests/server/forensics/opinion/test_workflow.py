"""From the question to what is kept of the answer: how it ends, what it costs, and what never happens."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from server.forensics import pictures
from server.forensics.opinion import handlers, service, sweeps, views, workflow
from server.forensics.opinion.rules import ASKED_OF, OpinionState
from server.forensics.results import Signal, Span
from server.forensics.rules import Slot
from server.kit import clock, jobs
from server.kit.access import SYSTEM
from server.kit.ai.model import Status
from server.kit.db import Database
from server.kit.events import Event
from server.kit.jobs import Context
from tests.server.forensics.lab import TEXT, Lab
from tests.server.forensics.opinion.lab import (
    STILLS,
    Answer,
    Opinions,
    Provider,
    fault,
    message,
    said,
    spoken,
)

pytestmark = pytest.mark.usefixtures("context", "stills")
WAITING, DONE, FAILED = OpinionState.WAITING, OpinionState.DONE, OpinionState.FAILED
REFUSED, NOT_CONFIGURED, CANCELLED = (
    OpinionState.REFUSED,
    OpinionState.NOT_CONFIGURED,
    OpinionState.CANCELLED,
)


def test_what_a_model_says_is_kept_with_what_it_was_asked(opinions: Opinions, provider: Provider) -> None:
    provider.says = lambda _: said("high", (3, 1, 3), summary="A fight.\x00")
    row = opinions.run(opinions.ask())
    assert (row.state, row.summary, row.model, row.prompt) == (
        DONE,
        "A fight. ",
        "claude-haiku-5-5",
        "opinion-1",
    )
    assert (row.frames, len(row.input_sha256 or ""), row.job) == (3, 64, None)
    assert row.categories is not None
    assert [each["slot"] for each in row.categories] == list(ASKED_OF)
    assert row.categories[0] == {
        "slot": "face_manipulation",
        "severity": "high",
        "reason": "about face_manipulation",
        "moments_ms": [500, 9_900],
    }
    [call] = opinions.calls()
    assert (call.job, call.attempt, call.status, call.input_tokens) == (str(row.id), 1, Status.OK, 900)
    [sent] = provider.sent
    labels = [part["text"] for part in sent["messages"][0]["content"] if part["type"] == "text"]
    assert labels[:3] == [
        "Still 1, at 00:00:00.5.",
        "Still 2, at 00:00:03.0.",
        "Still 3, at 00:00:09.9.",
    ]
    assert "A day at the lake" in labels[3]
    assert "tools" not in sent


def test_what_was_read_and_heard_goes_along_in_order(
    opinions: Opinions, provider: Provider, lab: Lab
) -> None:
    def line(name: str, *spans: Span) -> Signal:
        return Signal(name=name, slot=Slot.HATE_SPEECH, detector="words", version="1", spans=spans)

    heard = line("transcript", Span(4_000, 5_000, note="and then"), Span(1_000, 2_000, note="we swam"))
    read = line("screen_text", Span(0, 500, note="SUMMER"), Span(900, 1_500, note="SUMMER"))
    judged = line("abuse", Span(0, 500, 9_000, note="SUMMER"))
    video_id = lab.video()
    lab.analysed(video_id, TEXT, signals=(heard, read, judged))
    opinions.run(opinions.ask(video_id))
    block = provider.sent[0]["messages"][0]["content"][-1]["text"]
    words = json.loads(block.splitlines()[2])
    assert words["transcript"] == "we swam\nand then"
    assert words["on_screen_text"] == "SUMMER"
    assert words["title"] == "A day at the lake"


CYBER = {"type": "refusal", "category": "cyber"}
WRONG = [
    {name: said for name, said in spoken().items() if name != "violence"},
    spoken("none", (4,)),
    spoken("none", (0,)),
    spoken("none", (13,)),
    spoken("harmless"),
    spoken(voice_synthesis=spoken()["violence"]),
    spoken(summary="s" * 1_501),
    spoken(approve=True),
]


@pytest.mark.parametrize(
    ("answer", "state", "code", "calls"),
    [
        (message("", stop="refusal", stop_details=CYBER), REFUSED, "cyber", 1),
        (message("{", stop="max_tokens"), FAILED, "max_tokens", 3),
        (fault(400, "invalid_request_error"), FAILED, "invalid_request_error", 1),
        (fault(401, "authentication_error"), NOT_CONFIGURED, "authentication_error", 1),
        (fault(404, "not_found_error"), NOT_CONFIGURED, "not_found_error", 1),
        (message("The video is fine."), FAILED, "the whole", 2),
        *[(message(json.dumps(wrong)), FAILED, None, 2) for wrong in WRONG],
    ],
)  # fmt: skip
def test_what_is_no_answer_ends_with_a_reason_and_a_bill_for_each_call(
    opinions: Opinions, provider: Provider, answer: Answer, state: OpinionState, code: str | None, calls: int
) -> None:
    provider.says = lambda _: answer
    row = opinions.run(opinions.ask())
    assert (row.state, row.summary, row.categories) == (state, None, None)
    assert row.code == (code or row.code)
    assert row.reason
    assert len(opinions.calls()) == len(provider.sent) == calls
    assert Status.ASKED not in {call.status for call in opinions.calls()}


def test_a_provider_that_asks_to_wait_is_asked_again_then(opinions: Opinions, provider: Provider) -> None:
    asked = opinions.ask()
    provider.says = lambda _: fault(429, "rate_limit_error", **{"retry-after": "40"})
    before = opinions.row(asked).job
    row = opinions.run(asked)
    assert (row.state, row.tries, row.code) == (WAITING, 1, "rate_limit_error")
    assert 30 < opinions.waits_s(asked) <= 50
    assert row.job != before
    workflow.ask_opinion(str(asked), str(before))  # the old job has it no more
    assert len(provider.sent) == 1
    provider.says = lambda _: message()
    assert opinions.run(asked).state is DONE
    assert [call.attempt for call in opinions.calls()] == [1, 2]


def test_waits_grow_and_end(opinions: Opinions, provider: Provider) -> None:
    provider.says = lambda _: fault(529, "overloaded_error")
    asked = opinions.ask()
    opinions.run(asked)
    first = opinions.waits_s(asked)
    opinions.run(asked)
    assert first < 7 < opinions.waits_s(asked)
    opinions.put_back(asked, tries=workflow.TRIES - 1)
    row = opinions.run(asked)
    assert (row.state, row.code) == (FAILED, "unavailable")


def test_a_provider_that_is_left_alone_counts_as_no_try(opinions: Opinions, provider: Provider) -> None:
    provider.says = lambda _: fault(401, "authentication_error")
    assert opinions.run(opinions.ask()).state is NOT_CONFIGURED
    asked = opinions.ask()
    row = opinions.run(asked)
    assert (row.state, row.tries, row.code) == (WAITING, 0, "breaker_open")
    assert len(opinions.calls()) == 1
    opinions.put_back(asked, asked_at=clock.now() - workflow.GIVE_UP - timedelta(minutes=1))
    assert opinions.run(asked).state is FAILED


def test_a_spent_budget_waits_for_tomorrow(
    opinions: Opinions, provider: Provider, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = context.settings.model_copy(update={"ai_tokens_per_day": 1_500})
    monkeypatch.setattr(jobs, "context", lambda: Context(context.db, poor, context.keys))
    first, second, third = (opinions.ask() for _ in range(3))
    assert [opinions.run(one).state for one in (first, second)] == [DONE, DONE]
    row = opinions.run(third)
    assert (row.state, row.tries, row.code) == (WAITING, 0, "over_budget")
    now = clock.now()
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert row.retry_at is not None
    assert midnight <= row.retry_at + timedelta(seconds=1)
    assert len(provider.sent) == 2


def test_without_a_key_nothing_is_asked(
    opinions: Opinions, provider: Provider, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = context.settings.model_copy(update={"anthropic_key": None})
    monkeypatch.setattr(jobs, "context", lambda: Context(context.db, bare, context.keys))
    row = opinions.run(opinions.ask())
    assert (row.state, row.code, provider.sent) == (NOT_CONFIGURED, "no_key", [])


def test_a_video_that_is_restricted_meanwhile_is_never_sent(
    opinions: Opinions, provider: Provider, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = lab.video()
    asked = opinions.ask(video_id)

    def take(*_: Any, **__: Any) -> Any:
        lab.change(video_id, restricted_class=True)
        return STILLS

    monkeypatch.setattr(pictures, "take", take)
    assert opinions.run(asked).state is CANCELLED
    assert (provider.sent, opinions.calls()) == ([], [])


def test_of_a_video_that_is_restricted_while_it_is_asked_about_no_word_is_kept(
    opinions: Opinions, provider: Provider, lab: Lab
) -> None:
    video_id = lab.video()

    def says(_: Any) -> Answer:
        lab.change(video_id, restricted_class=True)
        return said("critical", (1,))

    provider.says = says
    row = opinions.run(opinions.ask(video_id))
    assert (row.state, row.summary, row.categories, row.input_sha256) == (DONE, None, None, None)
    assert len(opinions.calls()) == 1


def test_what_was_said_before_goes_when_a_video_becomes_restricted(
    opinions: Opinions, provider: Provider, lab: Lab, db: Database
) -> None:
    video_id = lab.video()
    old = opinions.ask(video_id)
    opinions.run(old)
    new = opinions.ask(video_id)
    lab.change(video_id, restricted_class=True)
    with db.write() as s:
        handlers.video_restricted(s, event(video_id))
    assert (opinions.row(old).summary, opinions.row(old).categories) == (None, None)
    assert opinions.row(new).state is CANCELLED


def test_nobody_is_asked_about_a_deleted_video(
    opinions: Opinions, provider: Provider, lab: Lab, db: Database
) -> None:
    video_id = lab.video()
    asked = opinions.ask(video_id)
    job = str(opinions.row(asked).job)
    lab.delete(video_id)
    with db.write() as s:
        handlers.video_deleted(s, event(video_id))
    workflow.ask_opinion(str(asked), job)
    assert (opinions.row(asked).state, provider.sent) == (CANCELLED, [])


def test_a_server_that_stops_gives_the_question_back(
    opinions: Opinions, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = opinions.ask()
    monkeypatch.setattr(jobs, "stopping", lambda: True)
    row = opinions.run(asked)
    assert (row.state, row.tries, row.code, provider.sent) == (WAITING, 0, "stopped", [])
    monkeypatch.setattr(jobs, "stopping", lambda: False)
    assert opinions.run(asked).state is DONE


def test_a_question_without_a_job_gets_one(opinions: Opinions, provider: Provider, context: Context) -> None:
    asked = opinions.ask()
    job = opinions.row(asked).job
    sweeps.resume(context)
    assert opinions.row(asked).job == job
    opinions.put_back(asked, job="a job that is gone")
    sweeps.resume(context)
    assert opinions.row(asked).job not in (job, "a job that is gone")
    assert opinions.run(asked).state is DONE


def test_new_videos_are_asked_about_by_themselves_where_that_is_set(
    opinions: Opinions, lab: Lab, context: Context
) -> None:
    analysed, waiting, restricted = lab.video(), lab.video(), lab.video(restricted_class=True)
    for video_id in (analysed, restricted):
        lab.analysed(video_id, TEXT)
    lab.ask(waiting, TEXT)
    sweeps.ask_of_new(context)
    assert opinions.rows() == []
    willing = Context(
        context.db, context.settings.model_copy(update={"opinion_on_upload": True}), context.keys
    )
    for _ in range(2):
        sweeps.ask_of_new(willing)
    assert [row.video_id for row in opinions.rows()] == [analysed]
    keyless = willing.settings.model_copy(update={"anthropic_key": None})
    lab.analysed(waiting_again := lab.video(), TEXT)
    sweeps.ask_of_new(Context(context.db, keyless, context.keys))
    assert waiting_again not in {row.video_id for row in opinions.rows()}


def test_an_old_video_that_newer_detectors_look_at_is_not_sent(
    opinions: Opinions, lab: Lab, context: Context
) -> None:
    old, new = lab.video(), lab.video()
    for video_id in (old, new):
        lab.analysed(video_id, TEXT)
    lab.change(old, created_at=clock.now() - 2 * sweeps.NEW)
    willing = context.settings.model_copy(update={"opinion_on_upload": True})
    sweeps.ask_of_new(Context(context.db, willing, context.keys))
    assert [row.video_id for row in opinions.rows()] == [new]


def test_a_question_that_a_deletion_cancelled_hides_no_answer_and_is_asked_again(
    opinions: Opinions, provider: Provider, lab: Lab, context: Context
) -> None:
    answered, unanswered = lab.video(), lab.video()
    opinions.run(opinions.ask(answered))
    for video_id in (answered, unanswered):
        lab.analysed(video_id, TEXT)
        opinions.ask(video_id)
        lab.delete(video_id)
        with context.db.write() as s:
            handlers.video_deleted(s, event(video_id))
        lab.delete(video_id, gone=False)
    with context.db.read() as s:
        shown = views.of_video(s, answered, restricted=False, configured=True)
    assert (shown.state, shown.summary) == (DONE, "A lake.")
    willing = context.settings.model_copy(update={"opinion_on_upload": True})
    sweeps.ask_of_new(Context(context.db, willing, context.keys))
    assert [row.video_id for row in opinions.waiting()] == [unanswered]


def test_one_question_waits_at_a_time(opinions: Opinions, provider: Provider, lab: Lab) -> None:
    video_id = lab.video()
    first = opinions.ask(video_id)
    assert opinions.ask(video_id) == first
    opinions.run(first)
    assert opinions.ask(video_id) != first


def test_a_job_that_comes_late_changes_nothing(opinions: Opinions, provider: Provider, db: Database) -> None:
    asked = opinions.ask()
    job = str(opinions.row(asked).job)
    opinions.run(asked)
    with db.write() as s:
        assert not service.end(
            s, actor=SYSTEM, opinion_id=asked, job=job, state=FAILED, code="late", reason="Late."
        )
    assert opinions.row(asked).state is DONE


def event(video_id: UUID) -> Event:
    return Event(topic="content.video", subject=str(video_id), payload={})
