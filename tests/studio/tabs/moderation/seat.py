"""The Queue tab on screen at a desk, with a review page that only remembers."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from server.moderation.schemas import Claim
from studio.api.errors import ApiError
from studio.api.live import Connection
from studio.messages import Message
from studio.offline.changes import Changes
from studio.tabs.moderation.tab import ModerationTab
from studio.widgets.empty_state import EmptyState
from tests.studio.tabs.moderation.conftest import until
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.world import World


class FakeReview(QWidget):
    """A review page that only remembers what it was asked for."""

    left = Signal()
    wants_next = Signal()
    account_wanted = Signal(object)
    front_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.claims: list[Claim] = []
        self.turned_to: list[Claim] = []
        self.gave_back = False

    def open(self, claim: Claim) -> None:
        self.claims.append(claim)

    def turn_to(self, claim: Claim) -> None:
        self.turned_to.append(claim)

    def on_connection(self, connection: Connection) -> None:
        pass

    def claim_failed(self, error: ApiError) -> None:
        pass

    async def leave(self) -> None:
        self.gave_back = True


class Seat:
    """A shown tab at a desk; `async with` closes it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.world = desk, desk.world
        self.review = FakeReview()
        self.window = QWidget()
        self.tab = ModerationTab(desk.context, review=lambda _context: self.review)
        self.tab.setParent(self.window)
        self.queue = self.tab.queue
        self.table = self.queue.table

    async def __aenter__(self) -> Seat:
        self.window.resize(1280, 800)
        self.tab.resize(1280, 800)
        self.window.show()
        self.window.activateWindow()
        await until(self.window.isActiveWindow)
        self.tab.setFocus()
        await self.settled()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.window.close()
        self.window.deleteLater()

    async def settled(self) -> None:
        """Wait until the feed has caught up."""
        states, stale = self.queue.states, self.queue.stale
        await until(
            lambda: self.queue.feed.read_once or stale.isVisible() or isinstance(states.shown(), EmptyState)
        )
        await until(lambda: not self.queue.feed._announced)
        self.queue.model.flush()

    def key(self, key: Qt.Key, text: str = "") -> None:
        focus = self.window.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)

    def tell(self, *ids: str) -> None:
        """Broadcast what the live stream would."""
        kinds = frozenset({"moderation.item"})
        self.desk.context.changes.send(Changes(kinds=kinds, ids=frozenset(ids), origin="live"))

    def shown_ids(self) -> list[str]:
        model = self.queue.model
        return [model.row(n).id for n in range(model.rowCount())]

    def words(self) -> str:
        shown = self.queue.states.shown()
        assert shown is not None
        return " ".join(label.text() for label in shown.findChildren(QLabel))

    def notices(self) -> list[str]:
        return [each.text for each in self.desk.reports if isinstance(each, Message)]


def in_order(world: World) -> list[str]:
    rows = sorted(world.items.values(), key=lambda row: (-row.priority, row.due_at, row.id))
    return [str(row.id) for row in rows]
