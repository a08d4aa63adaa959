"""Saying of a match whether it is right: it is sent a little later, so that it can be taken back."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from server.forensics.banks.rules import MatchVerdict
from server.forensics.schemas import MatchView, NewVerdict
from studio.api.errors import ApiError
from studio.messages import Level
from studio.tab import Context
from studio.tabs.forensics.matches import VERDICTS

GRACE_S: Final = 6


class Judging(QObject):
    """Holds one verdict at a time; a second one, or `send_now`, sends the first.

    `changed` carries the id of the match whose verdict was chosen, sent, taken back or refused.
    """

    changed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._held: tuple[MatchView, MatchVerdict] | None = None
        self._known: dict[UUID, MatchView] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GRACE_S * 1000)
        self._timer.timeout.connect(self.send_now)

    def verdict_of(self, match: MatchView) -> MatchVerdict:
        """What is said of a match now, sent or not."""
        if self._held is not None and self.holds(match.id):
            return self._held[1]
        known = self._known.get(match.id)
        return known.verdict if known is not None and known.version > match.version else match.verdict

    def holds(self, match_id: UUID) -> bool:
        """Whether the verdict on a match can still be taken back."""
        return self._held is not None and self._held[0].id == match_id

    def judge(self, match: MatchView, verdict: MatchVerdict) -> None:
        """Say what a match is; a notice offers to take it back."""
        self.send_now()
        self._held = match, verdict
        self._timer.start()
        word = VERDICTS[verdict][0]
        self._context.messages.notify(
            Level.SUCCESS,
            f"{word}: {match.bank_name}",
            undo=partial(self.take_back, match.id),
            seconds=GRACE_S,
        )
        self.changed.emit(match.id)

    def take_back(self, match_id: UUID) -> None:
        """Forget the verdict on a match, unless it was sent."""
        if not self.holds(match_id):
            self._context.messages.notify(Level.INFO, "It was sent already. Say the other verdict instead.")
            return
        self._held = None
        self._timer.stop()
        self.changed.emit(match_id)

    def send_now(self) -> None:
        """Send the verdict that is held, if there is one."""
        held, self._held = self._held, None
        self._timer.stop()
        if held is None:
            return
        match, verdict = held
        path = f"/v1/forensics/matches/{match.id}/verdict"
        body = NewVerdict(verdict=verdict).model_dump(mode="json")

        async def send() -> MatchView:
            return (await self._context.api.post(path, json=body)).model(MatchView)

        def failed(error: ApiError) -> None:
            text = f"The verdict was not taken: {error.what_happened}"
            self._context.messages.notify(Level.WARNING, text, error.what_to_do)
            self.changed.emit(match.id)

        # No owner: what was said is sent even where the page has gone meanwhile.
        self._context.tasks.read(send, self._took, failed)

    def _took(self, match: MatchView) -> None:
        self._known[match.id] = match
        self.changed.emit(match.id)
