"""The server's clock against a computer whose own is wrong, slow to hear, or set meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest

from studio.api.client import Api
from studio.api.clock import ServerClock
from studio.api.errors import NotFound

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC).timestamp()


class Desk:
    """A computer `ahead` seconds before the server, both counting `at`."""

    def __init__(self, ahead: float) -> None:
        self.at, self.ahead = 0.0, ahead
        self.shifts: list[float] = []
        self.clock = ServerClock(
            self.shifts.append, wall=lambda: NOON + self.at + self.ahead, steady=lambda: self.at
        )

    def answer(self, *, late: float = 0.0) -> None:
        stamp = format_datetime(datetime.fromtimestamp(int(NOON + self.at), UTC), usegmt=True)
        self.at += late
        self.clock.heard(stamp)


def test_a_wrong_clock_is_put_right_within_a_second() -> None:
    desk = Desk(ahead=660.0)
    desk.answer()
    assert desk.shifts == [-660.0]


def test_slow_answers_do_not_move_it() -> None:
    desk = Desk(ahead=-30.0)
    for late in (0.1, 3.0, 0.4, 9.0):
        desk.answer(late=late)
        desk.at = round(desk.at) + 1.0
    assert desk.shifts == [pytest.approx(29.9)]


def test_a_clock_that_was_set_is_followed() -> None:
    desk = Desk(ahead=0.0)
    desk.answer()
    assert desk.shifts == []
    desk.at, desk.ahead = 5.0, 3600.0
    desk.answer()
    assert desk.shifts == [-3600.0]


def test_the_same_second_and_nonsense_are_passed_over() -> None:
    desk = Desk(ahead=100.0)
    for _ in range(3):
        desk.answer()
        desk.at += 0.1
    desk.clock.heard("")
    desk.clock.heard("yesterday")
    assert desk.shifts == [-100.0]


@pytest.mark.anyio
async def test_every_answer_is_heard_also_a_refusal() -> None:
    heard: list[str] = []
    answers = iter((httpx.Response(200, headers={"Date": "a"}), httpx.Response(404, headers={"Date": "b"})))
    transport = httpx.MockTransport(lambda _request: next(answers))
    api = Api("http://127.0.0.1:9", lambda: None, transport=transport, on_date=heard.append)
    await api.get("/v1/x")
    with pytest.raises(NotFound):
        await api.get("/v1/x")
    assert heard == ["a", "b"]
