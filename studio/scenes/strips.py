"""All strips, in the order in which they are shot: what changes the demo or breaks the connection is last."""

from __future__ import annotations

from typing import Final

from studio.scenes import content, feed, office, offline, queue, review, scores, sparks, start, window
from studio.scenes.camera import Strip

STRIPS: Final[tuple[Strip, ...]] = (
    *start.STRIPS,
    *queue.STRIPS,
    *review.STRIPS,
    *scores.STRIPS,
    *window.STRIPS,
    *content.STRIPS,
    *feed.STRIPS,
    *sparks.STRIPS,
    *office.STRIPS,
    *offline.STRIPS,
)
