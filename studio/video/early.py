"""Pictures that are ready before their turn."""

from __future__ import annotations

from studio.video.decoder import EARLY, Picture
from studio.video.shield import Shield


class EarlyPictures:
    """Holds the next few; what is not among the next any more is let go of."""

    def __init__(self) -> None:
        self._held: dict[int, Picture] = {}

    def put(self, picture: Picture, required: Shield) -> None:
        """Hold one, if it may be shown as things are."""
        if picture.shield == required:
            self._held[picture.frame] = picture

    def take(self, frame: int, count: int) -> Picture | None:
        """The picture of a frame, if it is here; from now on those behind it are the next. `count` frames are
        played in a loop."""
        found = self._held.pop(frame, None)
        self._held = {n: held for n, held in self._held.items() if (n - frame) % count <= EARLY}
        return found

    def clear(self) -> None:
        """They are not as they should be any more."""
        self._held.clear()
