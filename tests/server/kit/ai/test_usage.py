"""Each call is on the bill before it is made, and a day has an end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.kit import clock
from server.kit.ai.model import Attempt, Status
from server.kit.ai.usage import UNKNOWN_TOKENS, AiCall, JobBill, spent
from server.kit.db import Database


def bill(db: Database, job: str = "job", most: int = 1_000_000) -> JobBill:
    return JobBill(db, job, "opinion-1", most)


def paid(number: int, tokens: int | None = 7, status: Status = Status.OK) -> Attempt:
    return Attempt(number, "m", status, 12, tokens, tokens, 0, "req")


def calls(db: Database) -> list[tuple[str, int, Status, int | None]]:
    with db.read() as s:
        rows = s.scalars(sa.select(AiCall).order_by(AiCall.job, AiCall.attempt)).all()
        return [(row.job, row.attempt, row.status, row.input_tokens) for row in rows]


def test_a_call_is_written_before_it_is_made_and_its_cost_after(db: Database) -> None:
    mine = bill(db)
    assert mine.open(1, "m")
    assert calls(db) == [("job", 1, Status.ASKED, None)]
    mine.close(paid(1))
    mine.close(paid(1, 99))  # a second time changes nothing
    assert calls(db) == [("job", 1, Status.OK, 7)]


def test_the_calls_of_a_job_are_counted_on_when_it_is_asked_again(db: Database) -> None:
    first = bill(db)
    assert [first.open(n, "m") for n in (1, 2)] == [True, True]
    second = bill(db)
    assert second.open(1, "m")
    second.close(paid(1))
    assert [(attempt, status) for _, attempt, status, _ in calls(db)] == [
        (1, Status.ASKED),
        (2, Status.ASKED),
        (3, Status.OK),
    ]


def test_no_call_is_billed_twice(db: Database) -> None:
    assert bill(db).open(1, "m")
    with pytest.raises(sa.exc.IntegrityError), db.write() as s:
        s.add(AiCall(job="job", attempt=1, model="m", template="t", status=Status.ASKED, at=clock.now()))


def test_what_is_spent_in_a_day_ends_and_the_next_day_begins_anew(db: Database) -> None:
    with clock.held() as now:
        mine = bill(db, most=20)
        assert mine.open(1, "m")
        mine.close(paid(1, 10))
        assert not mine.open(2, "m")
        assert len(calls(db)) == 1
        now.advance(timedelta(days=1))
        assert mine.open(2, "m")


def test_what_the_provider_had_kept_is_spent_too(db: Database) -> None:
    mine = bill(db)
    assert mine.open(1, "m")
    mine.close(Attempt(1, "m", Status.OK, 12, 10, 20, 300, "req"))
    with db.read() as s:
        assert spent(s, clock.now()) == 330


@pytest.mark.parametrize("status", [Status.ASKED, Status.UNAVAILABLE])
def test_a_call_whose_cost_nobody_knows_counts_as_dear(db: Database, status: Status) -> None:
    mine = bill(db)
    assert mine.open(1, "m")
    if status is not Status.ASKED:
        mine.close(paid(1, None, status))
    with db.read() as s:
        assert spent(s, clock.now()) == UNKNOWN_TOKENS
