"""Verdicts on matches: kept at once, sent after six seconds, taken back until then, lost by nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from server.forensics.banks.rules import MatchVerdict
from studio import gallery_matches as made
from studio.api.backoff import Backoff
from studio.messages import Message
from studio.offline.edits import EditKind, EditState
from studio.offline.outbox import Outbox
from studio.offline.sender import Sender
from studio.tabs.forensics.judging import GRACE, Judging
from tests.studio.tabs.office import Office, Routes, body, play, problem, until

SURE = made.match(1)
JUDGED = f"POST /v1/forensics/matches/{SURE.id}/verdict"
CONFIRMED, WRONG = MatchVerdict.CONFIRMED, MatchVerdict.FALSE_POSITIVE


@pytest.fixture
def routes() -> Routes:
    return Routes({JUDGED: made.match(1, verdict=CONFIRMED, version=2)})


class At:
    """A desk whose outbox has a clock of its own, which only `wait_out` moves."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.passed = timedelta()
        self.outbox = office.context.outbox
        self.outbox._now = lambda: datetime.now(UTC) + self.passed
        self.judging = Judging(office.context)

    def held(self) -> list[tuple[str, EditState]]:
        return [(str(entry.edit.body["verdict"]), entry.state) for entry in self.outbox.entries()]

    async def wait_out(self) -> None:
        self.passed += GRACE
        self.office.ticker.pass_time(seconds=GRACE.total_seconds())
        self.judging._timer.timeout.emit()

    def offer(self) -> Message:
        return [each for each in self.office.reports if isinstance(each, Message) and each.undo][-1]

    async def stored(self) -> None:
        await self.office.tasks.after_writes(lambda: None)
        await self.office.settle()

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        context = self.office.context
        backoff = Backoff(base_s=0.0, cap_s=0.0)
        sender = Sender(
            self.outbox, context.api, context.changes, on_signed_out=lambda: None, backoff=backoff
        )
        task = asyncio.create_task(sender.run())
        sender.wake()
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def run(qapp: QApplication, folder: Path, routes: Routes, story: Any) -> None:
    async def told(office: Office) -> None:
        await story(At(office))

    play(qapp, folder, routes, told)


def test_it_is_stored_at_once_and_sent_when_its_time_has_come(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        at.judging.judge(SURE, CONFIRMED)
        await at.stored()
        assert at.held() == [("confirmed", EditState.WAITING)]
        assert at.judging.verdict_of(SURE) is CONFIRMED
        assert at.outbox.take() is None
        await at.wait_out()
        assert not at.judging.holds(SURE.id)
        assert at.judging.verdict_of(SURE) is CONFIRMED
        async with at.sending():
            await until(lambda: not at.outbox.entries())
        (sent,) = routes.asked(JUDGED)
        assert body(sent) == {"verdict": "confirmed"}
        assert sent.headers["Idempotency-Key"]
        assert at.judging.verdict_of(SURE) is CONFIRMED
        at.judging.take_back(SURE.id)
        assert "It was sent already." in at.office.told()

    run(qapp, tmp_path, routes, story)


def test_it_is_there_after_the_program_was_killed(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(at: At) -> None:
        at.judging.judge(SURE, WRONG)
        await at.stored()
        (entry,) = Outbox(at.office.context.store).entries()
        assert entry.edit.kind is EditKind.VERDICT
        later = Judging(at.office.context)  # of the next run
        await at.office.settle()
        assert later.verdict_of(SURE) is WRONG
        assert not later.holds(SURE.id)

    run(qapp, tmp_path, routes, story)


def test_what_is_taken_back_leaves_the_outbox(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(at: At) -> None:
        at.judging.judge(SURE, CONFIRMED)
        offer = at.offer()
        assert offer.offered is not None
        assert offer.undo is not None
        assert offer.offered()
        offer.undo()
        await at.stored()
        assert at.held() == []
        assert at.judging.verdict_of(SURE) is MatchVerdict.PENDING
        assert not offer.offered()
        offer.undo()  # pressed twice
        assert "It was sent already." not in at.office.told()

    run(qapp, tmp_path, routes, story)


def test_another_word_takes_the_place_of_the_first(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    async def story(at: At) -> None:
        at.judging.judge(SURE, CONFIRMED)
        first = at.offer()
        at.judging.judge(SURE, WRONG)
        await at.stored()
        assert at.held() == [("false_positive", EditState.WAITING)]
        assert first.offered is not None
        assert not first.offered()  # its Undo would take back the other one

    run(qapp, tmp_path, routes, story)


def test_two_matches_have_their_six_seconds_each(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    other = made.match(2)

    async def story(at: At) -> None:
        at.judging.judge(SURE, CONFIRMED)
        at.judging.judge(other, WRONG)
        await at.stored()
        assert at.judging.holds(SURE.id)
        assert at.judging.holds(other.id)
        at.judging.take_back(SURE.id)
        await at.stored()
        assert at.held() == [("false_positive", EditState.WAITING)]

    run(qapp, tmp_path, routes, story)


def test_an_offer_ends_when_its_time_does(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    async def story(at: At) -> None:
        at.judging.judge(SURE, CONFIRMED)
        offer = at.offer()
        assert offer.offered is not None
        at.office.ticker.at += GRACE
        assert not offer.offered()
        await at.stored()

    run(qapp, tmp_path, routes, story)


def test_out_of_reach_it_waits_and_goes_on_by_itself(
    qapp: QApplication, tmp_path: Path, routes: Routes
) -> None:
    good = routes.answers[JUDGED]
    routes.answers[JUDGED] = httpx.ConnectError("down")

    async def story(at: At) -> None:
        at.judging.judge(SURE, CONFIRMED)
        await at.stored()
        await at.wait_out()
        async with at.sending():
            await until(lambda: len(routes.asked(JUDGED)) > 1)
            assert at.judging.verdict_of(SURE) is CONFIRMED
            routes.answers[JUDGED] = good
            await until(lambda: not at.outbox.entries())
        assert "was not taken" not in at.office.told()

    run(qapp, tmp_path, routes, story)


def test_what_is_refused_is_told_and_not_shown(qapp: QApplication, tmp_path: Path, routes: Routes) -> None:
    routes.answers[JUDGED] = problem(409, "stale", "It changed.")

    async def story(at: At) -> None:
        at.judging.judge(SURE, CONFIRMED)
        await at.stored()
        await at.wait_out()
        async with at.sending():
            await until(lambda: not at.outbox.entries())
            await at.office.settle()
        assert "The verdict was not taken: It changed." in at.office.told()
        assert at.judging.verdict_of(SURE) is MatchVerdict.PENDING

    run(qapp, tmp_path, routes, story)
