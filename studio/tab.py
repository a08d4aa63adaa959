"""What a tab is to the window, and what it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from server.accounts.schemas import Me
from studio.api.client import Api
from studio.api.live import Connection
from studio.keys import Keymap
from studio.messages import Messages
from studio.offline.changes import Broadcast, Changes
from studio.offline.media_cache import MediaCache
from studio.offline.outbox import Outbox
from studio.offline.store import Store
from studio.offline.uploads import Uploads
from studio.settings import Settings
from studio.sparks.film_store import FilmStore
from studio.tasks import Tasks
from studio.widgets.command_palette import Search
from studio.widgets.ticker import Ticker


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything a tab works with; made anew at each sign-in, by `app.py` alone.

    `go` opens another tab, with what it should show: `go("moderation", item=...)`. `step_up` asks for the
    one-time code and answers whether it was accepted. `connection` says how the server can be reached now.
    """

    api: Api
    me: Me
    tasks: Tasks
    settings: Settings
    keymap: Keymap
    messages: Messages
    store: Store
    outbox: Outbox
    changes: Broadcast
    media: MediaCache
    uploads: Uploads
    films: FilmStore
    ticker: Ticker
    go: Callable[..., None]
    step_up: Callable[[], Awaitable[bool]]
    connection: Callable[[], Connection]


class Tab(QWidget):
    """Base of every tab. Subclasses name themselves, build their widgets in `__init__` and load in `refresh`.

    A hidden tab does not refresh: it marks itself dirty and does so when it is shown again.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str]
    section: ClassVar[str] = ""
    permission: ClassVar[str]
    kinds: ClassVar[frozenset[str]] = frozenset()
    """The kinds of `Changes` that make the tab refresh."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._dirty = True
        self.setAccessibleName(self.title)
        context.changes.subscribe(self.on_changes)

    @classmethod
    def allowed(cls, me: Me) -> bool:
        """Whether a person has this tab."""
        return cls.permission in me.permissions

    def refresh(self) -> None:
        """Load what is shown; called when the tab is first shown and when something it shows has changed."""

    def on_changes(self, changes: Changes) -> None:
        """Take a broadcast; the default refreshes, now or when next shown."""
        if changes.kinds & self.kinds:
            self.mark_dirty()

    def mark_dirty(self) -> None:
        """Refresh now when visible, else when next shown."""
        self._dirty = True
        if self.isVisible():
            self._clean()

    def load_ahead(self) -> None:
        """Load now, since this is the tab that will be shown first."""
        if self._dirty:
            self._clean()

    def open(self, **what: Any) -> None:
        """Show something particular, as `context.go` was asked to; unknown words are a programming error."""
        if what:
            raise TypeError(f"{self.id} cannot open {sorted(what)}")

    def on_connection(self, connection: Connection) -> None:
        """The connection to the server changed."""

    def save_state(self) -> Mapping[str, Any]:
        """What the tab wants to find again next time, as plain JSON: widths, filters, splitters."""
        return {}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Put back what `save_state` gave; must bear any JSON, since a person may have edited the file."""

    @classmethod
    def searches(cls, context: Context) -> Sequence[tuple[str, Search]]:
        """What this tab adds to the command palette, built or not: section titles and how to fill them."""
        return ()

    @classmethod
    def watch(cls, context: Context) -> object:
        """Listen for what has to be told whether the tab is built or not; kept until the session ends."""
        return None

    async def leave(self) -> None:
        """The person signs out or closes the window: hand back claims, keep what was typed."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._dirty:
            self._clean()

    def _clean(self) -> None:
        self._dirty = False
        self.refresh()
