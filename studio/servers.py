"""Which server the client talks to: the configured one, or its own, which it starts and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from studio.embedded import EmbeddedServer, Phase, ServerState
from studio.paths import Profile

NOWHERE: Final = "http://127.0.0.1:9"
"""Until the embedded server has said where it is, requests fail as offline."""


class Servers:
    """`url` is the configured server, empty for the embedded one; `ready` is set while there is one to ask.

    `on_state` hears of the embedded server, but only while it is the one in use.
    """

    def __init__(
        self,
        url: str,
        profile: Profile,
        embedded: EmbeddedServer,
        on_state: Callable[[ServerState], object],
    ) -> None:
        self.url = url
        self.ready = asyncio.Event()
        self._profile, self._embedded, self._on_state = profile, embedded, on_state
        self._embedded.on_state = self._heard
        self._own_url = ""
        self._running: asyncio.Future[None] | None = None

    @property
    def name(self) -> str:
        """What sign-ins and drafts are kept under: an embedded server's port changes at every start."""
        return self.url or f"embedded:{self._profile.root}"

    @property
    def address(self) -> str:
        """Where requests go."""
        return self.url or self._own_url or NOWHERE

    def use(self, url: str) -> None:
        """Talk to this server from now on; empty = the embedded one, started if it does not run."""
        self.url = url
        if url or self._own_url:
            self.ready.set()
            return
        self.ready.clear()
        if self._running is None:
            # Not one of the tasks: it outlives them, since stopping a server takes its time.
            self._running = asyncio.ensure_future(self._embedded.run())

    async def end(self) -> None:
        """Stop the embedded server, if it was started."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    def _heard(self, state: ServerState) -> None:
        match state.phase:
            case Phase.READY:
                self._own_url = state.url
                self.ready.set()
            case Phase.CRASHED:
                self._own_url = ""
                if not self.url:
                    self.ready.clear()
        if not self.url:
            self._on_state(state)
