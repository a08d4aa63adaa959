"""A signed-in person's context over any transport, for the tabs of administration."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from server.accounts.schemas import Me
from studio.api.backoff import Backoff
from studio.api.client import Api
from studio.api.live import Connection
from studio.keys import Keymap
from studio.messages import Message, Messages, Problem
from studio.offline.changes import Broadcast
from studio.offline.media_cache import MediaCache
from studio.offline.outbox import Outbox
from studio.offline.store import Store
from studio.offline.uploads import Uploads
from studio.settings import Settings
from studio.sparks.bakery import Bakery, Oven
from studio.sparks.film_store import FilmStore
from studio.tab import Context, Tab
from studio.tasks import Tasks, run
from studio.widgets.ticker import Ticker
from tests.studio.test_gallery import unnamed

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MY_ID = UUID(int=1)
ADMIN = (
    "account.self",
    "people.read",
    "people.write",
    "people.history",
    "audit.read",
    "ops.read",
    "ops.run",
)
UPLOAD_BLOCK = 1024
"""Bytes that are sent of a file at a time, so that a small one has many."""
Answerer = Callable[[httpx.Request], httpx.Response]


class StillTicker(Ticker):
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._timer.stop()
        self.at = at

    def now(self) -> datetime:
        return self.at

    def pass_time(self, **span: float) -> None:
        """Let time pass and tick once."""
        self.at += timedelta(**span)
        self.second.emit(self.at)


class Routes:
    """A fake server: answers by method and path, and remembers what it was asked.

    An answer is a response, a wire type, JSON, an exception to raise, or a function of the request.
    """

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        name = f"{request.method} {request.url.path}"
        if name not in self.answers:
            raise AssertionError(f"nobody answers {name}")
        answer = self.answers[name]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
        if isinstance(answer, BaseModel):
            return httpx.Response(200, content=answer.model_dump_json())
        return httpx.Response(200, json=answer)

    def asked(self, name: str) -> list[httpx.Request]:
        """The requests of one method and path."""
        return [each for each in self.requests if f"{each.method} {each.url.path}" == name]


class Office:
    """One person at their desk; `reports` is what they were told, `went` where they were led.

    `codes` are the answers to the question for a one-time code, one after the other.
    """

    def __init__(
        self,
        folder: Path,
        transport: httpx.AsyncBaseTransport,
        *,
        token: str = "token",
        me: Me | None = None,
        now: datetime = NOW,
        url: str = "http://127.0.0.1:9",
        make_oven: Callable[[], Oven] = Bakery,
    ) -> None:
        self.reports: list[Message | Problem] = []
        self.went: list[tuple[str, dict[str, Any]]] = []
        self.codes: list[bool] = []
        self.connection = Connection.ONLINE
        messages, self.changes = Messages(), Broadcast()
        messages.listen(self.reports.append)
        self.ticker = StillTicker(now)
        self.tasks = Tasks(messages, self.changes)
        store = Store(folder / "offline.sqlite")
        backoff = Backoff(base_s=0.0, cap_s=0.0)
        self.api = Api(url, lambda: token, transport=transport, backoff=backoff)
        self.context = Context(
            api=self.api,
            me=me or person_me(),
            tasks=self.tasks,
            settings=Settings(folder / "settings.json"),
            keymap=Keymap(),
            messages=messages,
            store=store,
            outbox=Outbox(store),
            changes=self.changes,
            media=MediaCache(folder / "media", max_bytes=1_000_000),
            uploads=Uploads(
                self.api,
                store,
                write=self.tasks.write,
                spawn=self.tasks.spawn,
                tell=self.changes.send,
                backoff=Backoff(base_s=3600.0, cap_s=3600.0),
                block=UPLOAD_BLOCK,
            ),
            films=FilmStore(folder / "films", self.api, self.tasks.spawn, make_oven=make_oven),
            ticker=self.ticker,
            go=lambda tab, **what: self.went.append((tab, what)),
            step_up=self._step_up,
            connection=lambda: self.connection,
        )

    async def _step_up(self) -> bool:
        return self.codes.pop(0)

    async def settle(self) -> None:
        """Wait until nothing runs any more."""
        while self.tasks._running:
            await asyncio.wait(self.tasks._running)

    async def show(self, widget: QWidget, width: int = 1080, height: int = 760) -> None:
        """Show a page and wait until it has read what it shows."""
        widget.resize(width, height)
        widget.show()
        await self.settle()

    def told(self) -> str:
        """Everything the person was told in passing."""
        return "\n".join(
            f"{each.text} {each.detail}" if isinstance(each, Message) else each.what_happened
            for each in self.reports
        )


Story = Callable[[Office], Awaitable[None]]


def person_me(*, permissions: Iterable[str] = ADMIN, has_totp: bool = True, **more: Any) -> Me:
    """Noor, who administers."""
    return Me(
        id=MY_ID,
        handle="noor",
        name="Noor Haddad",
        roles=["admin"],
        permissions=list(permissions),
        cleared=False,
        has_totp=has_totp,
        **more,
    )


def play(
    qapp: QApplication,
    folder: Path,
    server: Answerer | httpx.AsyncBaseTransport,
    story: Story,
    **office: Any,
) -> Office:
    """Run a story inside Qt's event loop and close everything after it."""
    transport = server if isinstance(server, httpx.AsyncBaseTransport) else httpx.MockTransport(server)
    at: list[Office] = []

    async def main() -> int:
        async with asyncio.timeout(30):
            desk = Office(folder, transport, **office)
            at.append(desk)
            try:
                await story(desk)
            finally:
                for window in qapp.topLevelWidgets():
                    if isinstance(window, Tab):
                        await window.leave()
                await desk.context.films.close()
                await desk.tasks.close()
                await desk.api.aclose()
                desk.context.store.close()
                for window in qapp.topLevelWidgets():
                    window.hide()
                    window.deleteLater()
        return 0

    # What is left in cycles must go here: a Qt object must not end on a thread of the server.
    gc.collect()
    assert run(qapp, main) == 0
    return at[0]


async def until(condition: Callable[[], object]) -> None:
    """Give way to the event loop until `condition` holds; the story's time-out ends a wait in vain."""
    while not condition():  # noqa: ASYNC110 - signals of Qt set no event
        await asyncio.sleep(0)


def problem(status: int, code: str, detail: str = "", **more: Any) -> httpx.Response:
    """A problem+json answer."""
    return httpx.Response(status, json={"code": code, "detail": detail, **more})


def body(request: httpx.Request) -> Any:
    """The JSON body of a request."""
    return json.loads(request.content)


def words(widget: QWidget) -> str:
    """Everything that can be read in a widget now."""
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    buttons = [button.text() for button in widget.findChildren(QAbstractButton) if button.isVisible()]
    return "\n".join(labels + buttons)


def button(widget: QWidget, text: str) -> QAbstractButton:
    """The visible button with this text."""
    (found,) = [
        each for each in widget.findChildren(QAbstractButton) if each.text() == text and each.isVisible()
    ]
    return found


def nameless(widget: QWidget) -> list[str]:
    """Interactive widgets without an accessible name."""
    assert QAccessible.queryAccessibleInterface(widget) is not None
    return unnamed(widget)
