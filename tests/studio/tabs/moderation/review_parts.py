"""What the tests of the review page share: a clip, waiting videos, and the keys by their letters."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt

from benchmarks.coded_clips import Recipe, write_clip
from server.moderation.schemas import ItemRow
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.review_world import ReviewWorld
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


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Let what a test leaves in cycles end on this thread: on a decoder's it would take Qt's timers along."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("review") / "clip.mp4"
    return write_clip(path, Recipe(), frames=60, width=160, height=90).read_bytes()


def videos(count: int = 3, **changes: Any) -> list[ItemRow]:
    """Waiting videos of high severity, the same policy."""
    common = {"state": "pending", "claimed_by": None, "claimed_by_handle": None, "content_type": "video"}
    return [
        item(n, **common | {"severity": "high", "policy": "violence.graphic"} | changes) for n in range(count)
    ]


def world_of(clip: bytes, count: int = 3, **changes: Any) -> ReviewWorld:
    rows = videos(count, **changes)
    return ReviewWorld(rows, videos={row.content_id: clip for row in rows})


def entries(desk: Desk) -> list[str]:
    return [str(entry.edit.id) for entry in desk.context.outbox.entries()]
