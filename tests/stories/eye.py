"""An eye on the review page: when the picture of an item was first painted."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QTimer

from studio.tabs.moderation.review_page import ReviewPage
from studio.tabs.moderation.review_state import Phase


@dataclass(frozen=True)
class Moment:
    """When: on the clock, and by the work that this thread had done, both in seconds."""

    clock: float
    work: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.perf_counter(), time.thread_time())


class Eye(QObject):
    """Notes when each item was first painted: the cover before it, its text, or a shielded frame.

    A paint that shows no picture yet ("Opening the video") does not count. It looks at these widgets alone:
    to hear every event of the program would itself take longer than what is measured.
    """

    def __init__(self, page: ReviewPage) -> None:
        super().__init__(page)
        self.seen: dict[str, Moment] = {}
        self._page = page
        content = page.content
        for watched in (content.cover, content.text, *(player.view for player in content.video.players)):
            watched.installEventFilter(self)

    def forget(self, item: str) -> None:
        """Its next paint counts as its first."""
        self.seen.pop(item, None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._shows(watched):
            bundle = self._page.flow.bundle
            assert bundle is not None
            item = str(bundle.item_id)
            # When this paint of the whole window is over, not when its turn comes in it.
            QTimer.singleShot(0, self, lambda: self.seen.setdefault(item, Moment.now()))
        return False

    def _shows(self, watched: QObject) -> bool:
        page, content = self._page, self._page.content
        if page.flow.bundle is None or page.phase not in (Phase.OPEN, Phase.COVERED):
            return False
        if page.phase is Phase.COVERED:
            return watched is content.cover
        if not content.showing_video:
            return watched is content.text
        view = content.player.view
        return watched is view and view.picture is not None
