"""The queue in each state, and the account of a creator."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from server.moderation.schemas import Review
from studio.api.errors import Offline
from studio.scenes.camera import Camera, Strip
from studio.stage import StageError, until
from studio.tabs.moderation.tab import ModerationTab
from studio.widgets.empty_state import ErrorState
from studio.widgets.filter_bar import Filter
from studio.widgets.skeleton import Skeleton
from studio.widgets.state_stack import StateStack

MODERATOR: Final = "moderator@demo.local"


async def opened(camera: Camera) -> ModerationTab:
    """Open the queue and wait until the first item is known in full."""
    tab = camera.tab(ModerationTab)
    tab.show_queue()
    queue = tab.queue
    await until(lambda: queue.feed.read_once and queue.model.rowCount(), "the queue")
    queue.bar.clear()
    queue.model.flush()
    queue.table.selectRow(0)
    await until(lambda: queue.preview.review is not None, "the first item")
    return tab


async def _queue(camera: Camera) -> None:
    tab = await opened(camera)
    queue = tab.queue
    queue.table.setFocus()
    await camera.take("queue")
    queue.table.set_compact(True)
    await camera.take("queue-dense")
    queue.table.set_compact(False)
    queue.show_why()
    await camera.take("queue-why")
    await camera.clear()
    queue.peek()
    await camera.take("queue-peek")
    await camera.clear()
    queue.bar.line.apply(Filter("severity:high,critical type:video due<4h"))
    queue.bar.line.focus()
    queue.model.flush()
    await camera.take("queue-filtered")
    menu = queue.bar.menu()
    menu.popup(queue.bar.narrow.mapToGlobal(queue.bar.narrow.rect().bottomLeft()))
    await camera.take("queue-narrow")
    menu.close()
    queue.bar.line.apply(Filter("a word that nobody wrote"))
    queue.model.flush()
    await camera.take("queue-empty")
    queue.bar.clear()


async def _without_rows(camera: Camera) -> None:
    queue = (await opened(camera)).queue
    queue.feed.rows = {}
    queue.replaced([], None)
    await camera.take("queue-clear")
    queue.loading(1_024)
    await _loading(camera, "queue-loading", queue.states)
    queue.failed(Offline())
    await camera.take("queue-error", away=True)
    queue.feed.refresh()
    await until(lambda: queue.model.rowCount(), "the queue to come back")


async def _account(camera: Camera) -> None:
    tab = await opened(camera)
    tab.open_account(await _with_a_record(camera, list(tab.queue.feed.rows)))
    await until(lambda: tab.account.decisions.rowCount() or tab.account.open_items.rowCount(), "the account")
    await camera.take("queue-account")
    page = tab.account
    await _loading(camera, "queue-account-loading", page.states)
    page._failed(Offline())
    await camera.take("queue-account-error", away=True)
    page.refresh()
    await until(lambda: not isinstance(page.states.shown(), ErrorState), "the account to come back")


async def _loading(camera: Camera, picture: str, states: StateStack) -> None:
    states.loading()
    await until(lambda: isinstance(states.shown(), Skeleton), "the skeleton")
    await camera.take(picture)


async def _with_a_record(camera: Camera, items: list[str]) -> UUID:
    """Return the first creator of these items about whom something has been decided."""
    for item in items:
        review = (await camera.context.api.get(f"/v1/moderation/items/{item}")).model(Review)
        if review.creator is not None and review.creator.violations:
            return review.creator.id
    raise StageError("no creator has a record")


STRIPS: Final = (
    Strip(
        tab="moderation",
        email=MODERATOR,
        pictures=(
            "queue",
            "queue-dense",
            "queue-why",
            "queue-peek",
            "queue-filtered",
            "queue-narrow",
            "queue-empty",
        ),
        act=_queue,
    ),
    Strip(
        tab="moderation",
        email=MODERATOR,
        pictures=("queue-clear", "queue-loading", "queue-error"),
        act=_without_rows,
    ),
    Strip(
        tab="moderation",
        email=MODERATOR,
        pictures=("queue-account", "queue-account-loading", "queue-account-error"),
        act=_account,
    ),
)
