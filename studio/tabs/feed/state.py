"""What the feed holds, free of Qt: the items in their order, where one is, and what is to be loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

from server.content.rules import EventKind, VideoState, Visibility
from server.content.schemas import Counts, FeedItem, Mine, VideoView
from server.kit.wire import Availability

AHEAD: Final = 4
"""With fewer items than this behind the present one, the next page is asked for."""
KEPT_BEHIND: Final = 100
"""So many items one can go back; older ones are let go."""


Change = Callable[[FeedItem], FeedItem]


class Opinion(StrEnum):
    """What a viewer keeps up until they take it back."""

    LIKE = "liked"
    SAVE = "saved"
    FOLLOW = "following"


_SAID: Final = {
    Opinion.LIKE: (EventKind.LIKE, EventKind.UNLIKE),
    Opinion.SAVE: (EventKind.SAVE, EventKind.UNSAVE),
}


class FeedList:
    """The items in the order in which one meets them.

    `position` may be one behind the last item: there the feed ends, for now.
    """

    def __init__(self) -> None:
        self.items: list[FeedItem] = []
        self.position = 0
        self.cursor: str | None = None
        self.ended = False
        self.generation = 0
        """How often it was asked from the beginning."""
        self.blocked: set[UUID] = set()
        """People whom the viewer blocks, as far as it was said here: the server may not know yet."""

    @property
    def current(self) -> FeedItem | None:
        """The item that is shown; None at the end."""
        return self.at(self.position)

    def at(self, position: int) -> FeedItem | None:
        """The item at a position; None beyond either end."""
        return self.items[position] if 0 <= position < len(self.items) else None

    def find(self, video_id: UUID) -> FeedItem | None:
        """The item of a video."""
        return next((item for item in self.items if item.video.id == video_id), None)

    def window(self) -> list[FeedItem]:
        """What is to be loaded: the present item first, then the next and the previous one."""
        around = (self.at(self.position + step) for step in (0, 1, -1))
        return [item for item in around if item is not None]

    def untold(self) -> list[FeedItem]:
        """What is loaded of which the server tells no viewer that it changed."""
        return [item for item in self.window() if item.video.visibility is not Visibility.PUBLIC]

    @property
    def wants_more(self) -> bool:
        """Whether the next page is to be asked for."""
        return not self.ended and len(self.items) - self.position <= AHEAD

    def may_go(self, step: int) -> bool:
        """Whether there is a page in that direction; behind the last item there is one that says so."""
        return 0 <= self.position + step <= len(self.items)

    def go(self, step: int) -> bool:
        """Go to the next (1) or previous (-1) page; False where there is none."""
        if not self.may_go(step):
            return False
        self.position += step
        self._let_go()
        return True

    def _let_go(self) -> None:
        surplus = self.position - KEPT_BEHIND
        if surplus > 0:
            del self.items[:surplus]
            self.position -= surplus

    def add(self, items: Iterable[FeedItem], cursor: str | None, *, generation: int | None = None) -> bool:
        """Take a page; what is here already stays where it is. False when it was asked for in an earlier
        `generation`: what comes after it is not what comes next any more."""
        if generation is not None and generation != self.generation:
            return False
        known = {item.video.id for item in self.items}
        for item in items:
            if item.video.id not in known and item.video.owner.id not in self.blocked:
                known.add(item.video.id)
                self.items.append(item)
        self.cursor, self.ended = cursor, cursor is None
        return True

    def put(self, item: FeedItem) -> bool:
        """Put an item in place now, behind what is watched; False when it is in place already."""
        if self.current is not None and self.current.video.id == item.video.id:
            return False
        self.remove(item.video.id)
        if self.current is not None:
            self.position += 1
        self.items.insert(self.position, item)
        self._let_go()
        return True

    def cut_ahead(self) -> None:
        """Let go of what is behind the present item."""
        del self.items[self.position + 1 :]

    def look_again(self) -> None:
        """Ask from the beginning: there may be something new, and nothing that was watched comes twice."""
        self.cursor, self.ended = None, False
        self.generation += 1

    def remove(self, video_id: UUID) -> bool:
        """Take a video out, which is hidden or gone; False when it is not here."""
        for index, item in enumerate(self.items):
            if item.video.id == video_id:
                del self.items[index]
                if index < self.position:
                    self.position -= 1
                return True
        return False

    def take_out(self, person_id: UUID) -> list[FeedItem]:
        """Take out what is by a person; the item that was in place comes first in the answer."""
        theirs = [item for item in self.items if item.video.owner.id == person_id]
        theirs.sort(key=lambda item: item is not self.current)
        for item in theirs:
            self.remove(item.video.id)
        return theirs

    def take_back(self, items: Sequence[FeedItem]) -> None:
        """Put what was taken out behind what is watched."""
        here = set(ids_of(self.items))
        behind = self.position + (self.current is not None)
        self.items[behind:behind] = [item for item in items if item.video.id not in here]

    def update(self, video: VideoView) -> bool:
        """Take a video as the server has it now; False when it does not belong into the feed any more."""
        item = self.find(video.id)
        if not may_be_shown(video, asked_for=item is not None and item.why is None):
            self.remove(video.id)
            return False
        self._replace(video.id, lambda item: item.model_copy(update={"video": video}))
        return True

    def set_opinion(self, video_id: UUID, opinion: Opinion, holds: bool) -> EventKind | None:
        """Show at once what the viewer wants of a video; the event that says so, None when it is so."""
        item = self.find(video_id)
        if item is None or getattr(item.mine, opinion) is holds:
            return None
        self._replace(video_id, lambda old: _with_opinion(old, opinion, holds))
        said, taken_back = _SAID[opinion]
        return said if holds else taken_back

    def set_following(self, person_id: UUID, holds: bool) -> None:
        """Show of all videos of a person whether the viewer follows them."""
        for item in self.items:
            if item.video.owner.id == person_id:
                self._replace(item.video.id, lambda old: _with_opinion(old, Opinion.FOLLOW, holds))

    def count(self, video_id: UUID, what: str, by: int) -> None:
        """Correct a count (`comments`, `shares`) by what the viewer has just done."""
        self._replace(
            video_id, lambda item: item.model_copy(update={"counts": _counted(item.counts, what, by)})
        )

    def _replace(self, video_id: UUID, change: Change) -> None:
        for index, item in enumerate(self.items):
            if item.video.id == video_id:
                self.items[index] = change(item)


def may_be_shown(video: VideoView, *, asked_for: bool) -> bool:
    """Whether a video, as the server has it now, may be in a feed; reviewers may read more, in other places.
    One that was asked for by its link needs not be public."""
    ready = video.state is VideoState.READY and video.deleted_at is None
    allowed = video.availability is Availability.PUBLIC and not video.restricted_class
    return ready and allowed and (asked_for or video.visibility is Visibility.PUBLIC)


def _with_opinion(item: FeedItem, opinion: Opinion, holds: bool) -> FeedItem:
    if getattr(item.mine, opinion) is holds:
        return item
    changed: dict[str, Mine | Counts] = {"mine": item.mine.model_copy(update={opinion.value: holds})}
    counted = {Opinion.LIKE: "likes", Opinion.SAVE: "saves"}.get(opinion)
    if counted is not None:
        changed["counts"] = _counted(item.counts, counted, 1 if holds else -1)
    return item.model_copy(update=changed)


def _counted(counts: Counts, what: str, by: int) -> Counts:
    return counts.model_copy(update={what: max(0, getattr(counts, what) + by)})


def short(count: int) -> str:
    """A count as it stands below a button: 987, 1.2 k, 34 k, 5.6 m."""
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if count >= size:
            tenths = count * 10 // size
            whole = f"{tenths // 10}" if tenths >= 100 or tenths % 10 == 0 else f"{tenths / 10:.1f}"
            return f"{whole} {letter}"
    return str(count)


def ids_of(items: Sequence[FeedItem]) -> list[UUID]:
    """The videos of some items."""
    return [item.video.id for item in items]
