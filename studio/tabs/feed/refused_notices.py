"""Tells of what the server did not take of what the viewer said, wherever in the window one is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from server.content.rules import BLOCKS_MAX, FOLLOWS_MAX, EventKind
from server.content.schemas import Profile
from studio.api.errors import ApiError
from studio.messages import Level, Problem
from studio.offline.changes import Changes
from studio.offline.edits import EditKind
from studio.tab import Context
from studio.tabs.feed.verdicts import Key, NotTaken, not_taken, words_in

NAMED: Final = 3
"""So many people are told of by name; of more it is said how many there are."""
SHOWN_S: Final = 12.0

Words = tuple[str, str]
_WHY: Final[Mapping[tuple[EventKind, str], Words]] = {
    (EventKind.BLOCK, "too_many"): (
        f"You block {BLOCKS_MAX:,} people already, and there cannot be more.",
        "Unblock somebody in the list of people you block (B in the feed), then block them again.",
    ),
    (EventKind.FOLLOW, "too_many"): (
        f"You follow {FOLLOWS_MAX:,} people already, and there cannot be more.",
        "Unfollow somebody, then follow them again.",
    ),
    # Of an account that is suspended and of somebody who blocks the viewer the same is told.
    (EventKind.FOLLOW, "not_found"): ("They cannot be followed now.", "You may try it again later."),
    (EventKind.LIKE, "not_found"): (
        "What cannot be seen now cannot be liked.",
        "Like it again when it is back.",
    ),
    (EventKind.SAVE, "not_found"): (
        "What cannot be seen now cannot be saved.",
        "Save it again when it is back.",
    ),
}
_DAY_FULL: Final = ("You did more today than is kept of one day.", "Do it again tomorrow.")
_OTHER: Final = ("The server did not accept it.", "It is shown as it was before. You may try it again later.")


class RefusedNotices:
    """One notice for all that was refused for one reason. A block is told of until one has read it: somebody
    counts on it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        context.changes.subscribe(self.on_changes)

    def on_changes(self, changes: Changes) -> None:
        """Take a broadcast of the outbox."""
        if found := not_taken(changes):
            self._context.tasks.spawn(self._tell(found))

    async def _tell(self, found: Sequence[NotTaken]) -> None:
        later = await self._context.tasks.after_writes(self._waiting)
        groups: dict[tuple[EventKind, bool, str], list[UUID]] = defaultdict(list)
        for each in found:
            if each.key not in later:  # else what was said since then is what counts
                groups[each.word, each.holds, each.code].append(each.subject)
        for (word, holds, code), subjects in groups.items():
            who = "" if word in (EventKind.LIKE, EventKind.SAVE) else await self._names(subjects)
            what = _what(word, holds, who, len(subjects))
            why, do = _why(word, holds, code)
            if word is EventKind.BLOCK and not holds:
                self._context.messages.fail(
                    Problem(
                        what_happened=f"{what}. {why}",
                        what_was_kept="Everything else that you did.",
                        what_to_do=do,
                    )
                )
            else:
                self._context.messages.notify(Level.WARNING, what, f"{why} {do}", seconds=SHOWN_S)

    def _waiting(self) -> set[Key]:
        entries = self._context.outbox.entries()
        batches = [entry.edit.body for entry in entries if entry.edit.kind is EditKind.FEED_EVENT]
        return {key for body in batches for _, key, _ in words_in(body)}

    async def _names(self, people: Sequence[UUID]) -> str:
        """Who they are, as far as that can be known: whoever is suspended is not to be found."""
        if len(people) > NAMED:
            return f"{len(people)} people"
        names: list[str] = []
        for person_id in people:
            try:
                answer = await self._context.api.get(f"/v1/content/people/{person_id}")
                names.append(answer.model(Profile).name)
            except ApiError:
                return "a person" if len(people) == 1 else f"{len(people)} people"
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _why(word: EventKind, holds: bool, code: str) -> Words:
    if code == "day_full":
        return _DAY_FULL
    return _OTHER if holds else _WHY.get((word, code), _OTHER)


def _what(word: EventKind, holds: bool, who: str, count: int) -> str:
    are = "is" if count == 1 else "are"
    videos = "A video" if count == 1 else f"{count} videos"
    match word:
        case EventKind.BLOCK:
            told = f"{who} {are} {'still' if holds else 'not'} blocked"
        case EventKind.FOLLOW:
            told = f"You still follow {who}" if holds else f"You do not follow {who}"
        case EventKind.LIKE:
            told = f"{videos} {are} {'still' if holds else 'not'} liked"
        case _:
            told = f"{videos} {are} {'still' if holds else 'not'} saved"
    return told[0].upper() + told[1:]
