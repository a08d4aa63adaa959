"""What the tests of the review page share: what waits, and the keys by their letters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt

from server.moderation.schemas import ItemRow
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.review_world import ReviewWorld, comment
from tests.studio.tabs.moderation.world import item

ONE, A, D, R, Z, X, ENTER = (
    Qt.Key.Key_1,
    Qt.Key.Key_A,
    Qt.Key.Key_D,
    Qt.Key.Key_R,
    Qt.Key.Key_Z,
    Qt.Key.Key_X,
    Qt.Key.Key_Return,
)
WORDS = "Meet me behind the station, alone"


def videos(count: int = 3, **changes: Any) -> list[ItemRow]:
    """Waiting videos of high severity, the same policy."""
    common = {"state": "pending", "claimed_by": None, "claimed_by_handle": None, "content_type": "video"}
    return [
        item(n, **common | {"severity": "high", "policy": "violence.graphic"} | changes) for n in range(count)
    ]


def world_of(clip: bytes, count: int = 3, **changes: Any) -> ReviewWorld:
    rows = videos(count, **changes)
    return ReviewWorld(rows, videos={row.content_id: clip for row in rows})


def text_world(**changes: Any) -> ReviewWorld:
    rows = videos(2, content_type="comment", **changes)
    world = ReviewWorld(rows, texts={row.content_id: WORDS for row in rows})
    world.thread = [
        comment(3, "later words"),
        comment(rows[0].content_id.int, WORDS),
        comment(2, "earlier words"),
    ]
    return world


def entries(desk: Desk) -> list[str]:
    return [str(entry.edit.id) for entry in desk.context.outbox.entries()]
