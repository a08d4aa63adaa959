"""The scores beside a review in each state. They are made up for the pictures, and their method says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from server.forensics.schemas import VideoAnalyses
from server.moderation.rules import ContentType
from studio import gallery_scores as made
from studio.api.errors import Offline
from studio.scenes.camera import Camera, Strip
from studio.scenes.queue import MODERATOR
from studio.scenes.review import claimed, left
from studio.stage import until
from studio.tabs.forensics.panel import ScoresPanel

STATES: Final[dict[str, Callable[[], VideoAnalyses]]] = {
    "review-scores": made.found,
    "review-scores-abstained": made.abstained,
    "review-scores-no-model": made.no_model,
    "review-scores-running": made.running,
    "review-scores-running-again": made.running_again,
    "review-scores-failed": made.failed,
    "review-scores-never": made.never,
}


async def _scores(camera: Camera) -> None:
    page = await claimed(camera, lambda row: row.content_type == ContentType.VIDEO)
    page.proceed()
    player = page.content.player.player
    await until(lambda: player.head is not None and player.settled, "the frame")
    panel = page.findChild(ScoresPanel)
    assert panel is not None
    page.tabs.show_lent()
    await until(lambda: panel.settled, "the scores")
    for name, state in STATES.items():
        panel.show_known(state())
        await camera.take(name)
    panel.show_error(Offline())
    await camera.take("review-scores-offline")
    panel.show_known(made.found())
    panel.seek_wanted.emit(made.MOMENT_MS)
    await until(lambda: player.settled, "the moment")
    await camera.take("review-scores-moment")
    await left(page)


STRIPS: Final = (
    Strip(
        tab="moderation",
        email=MODERATOR,
        pictures=(*STATES, "review-scores-offline", "review-scores-moment"),
        act=_scores,
    ),
)
