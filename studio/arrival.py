"""From the splash to the person who is here: waits for the server, and offers the ways on when it fails."""

from __future__ import annotations

import asyncio
from typing import Final

from server.accounts.schemas import Me
from studio.api.client import Api
from studio.api.errors import ApiError
from studio.messages import Problem
from studio.session import Session
from studio.tasks import first_of
from studio.widgets.splash import Splash

UNTOUCHED: Final = "Your settings, drafts and waiting edits are untouched."


class Arrival:
    """One start. `server` is set while there is one to ask; `leaving` is set when the person quits."""

    def __init__(
        self, splash: Splash, session: Session, *, server: asyncio.Event, leaving: asyncio.Event
    ) -> None:
        self._splash, self._session = splash, session
        self._server, self._leaving = server, leaving
        self._offline, self._retry = asyncio.Event(), asyncio.Event()
        splash.left.connect(leaving.set)
        splash.continued_offline.connect(self._offline.set)
        splash.retried.connect(self._retry.set)

    async def person(self, api: Api) -> Me | None:
        """Who is signed in; offline, who was here last. None when one must sign in, or wants to leave."""
        while not self._leaving.is_set():
            self._retry.clear()
            await first_of(self._server, self._offline, self._leaving, self._retry)
            if self._leaving.is_set():
                return None
            api.begin()
            self._splash.progress("server", 1.0, "Finding out who you are")
            try:
                me = await self._session.resume(api)
            except ApiError as error:
                if self._offline.is_set():
                    return self._session.remembered()
                self.fail(error.what_happened, error.what_to_do)
                await first_of(self._offline, self._leaving, self._retry)
            else:
                self._splash.progress("sign-in", 1.0, "Opening your tabs")
                return me
        return None

    def fail(self, happened: str, to_do: str, detail: str = "") -> None:
        """Say on the splash what went wrong."""
        problem = Problem(what_happened=happened, what_was_kept=UNTOUCHED, what_to_do=to_do, detail=detail)
        self._splash.fail(problem, offline_possible=self._session.remembered() is not None)
