"""Why a video has its place in the feed, in words."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QWidget

from server.content.schemas import FeedItem
from studio.widgets.label import Label
from studio.widgets.popover import Popover

HOUR_S = 3_600


def reasons(item: FeedItem, now: datetime) -> list[str]:
    """The reasons, the weightiest first."""
    why, name = item.why, item.video.owner.name
    if why is None:
        return ["You opened it yourself, by its link or from a profile."]
    said = []
    if why.bonus_s:
        hours = why.bonus_s // HOUR_S
        said.append(f"You follow {name}: their fresh videos count as {hours} hours newer than they are.")
    said.append(f"It was published {_ago(now, why.published_at)}, and the newest come first.")
    said.append("You have not watched it yet.")
    if not why.bonus_s and not item.mine.following:
        said.append(f"You do not follow {name}, so nothing else moved it up.")
    return said


def _ago(now: datetime, then: datetime) -> str:
    seconds = max(0, int((now - then).total_seconds()))
    for size, word in ((86_400, "day"), (HOUR_S, "hour"), (60, "minute")):
        count = seconds // size
        if count:
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"


class WhyPopover(Popover):
    """Tells the reasons beside the button that asked."""

    def __init__(self, window: QWidget, item: FeedItem, now: datetime) -> None:
        super().__init__("Why is this here?", window, 340)
        for reason in reasons(item, now):
            self.body.addWidget(Label(reason, wrap=True))
        if item.why is not None:
            told = "Nothing else is counted: no likes, no views, no money."
            self.body.addWidget(Label(told, "muted", wrap=True))
        self.closed.connect(self.deleteLater)
