"""What the command palette finds on the server: items, creators and decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID

from server.kit.wire import Page
from server.moderation.schemas import DecisionRow, Found
from studio.api.client import Api
from studio.tasks import Tasks
from studio.widgets.command_palette import Command
from studio.widgets.command_palette import Found as Tell
from studio.widgets.time_label import ago

SHORTEST: Final = 2
LONGEST: Final = 300
ICONS: Final = {"item": "review", "creator": "person", "decision": "check"}


class ModerationSearch:
    """A provider of the palette: by id, address, @handle, or the beginning of a name or title."""

    def __init__(
        self,
        api: Api,
        tasks: Tasks,
        *,
        open_item: Callable[[str], object],
        open_creator: Callable[[UUID], object],
    ) -> None:
        self._api, self._tasks = api, tasks
        self._open_item, self._open_creator = open_item, open_creator

    def __call__(self, text: str, tell: Tell) -> None:
        """Start a search; a failed one is told as None, since the palette has its commands still."""
        if not SHORTEST <= len(text) <= LONGEST:
            tell([])
            return

        async def find() -> list[Found]:
            answer = await self._api.get("/v1/moderation/search", params={"q": text})
            return answer.model(Page[Found]).items

        def found(results: list[Found]) -> None:
            tell([self._command(result) for result in results])

        self._tasks.read(find, found, lambda _error: tell(None))

    def _command(self, found: Found) -> Command:
        return Command(
            id=f"{found.kind}:{found.id}",
            text=found.title,
            detail=_detail(found),
            icon=ICONS[found.kind],
            run=partial(self._open, found),
        )

    def _open(self, found: Found) -> None:
        if found.kind == "creator":
            self._open_creator(found.id)
        elif found.kind == "item":
            self._open_item(str(found.id))
        else:
            self._tasks.read(
                partial(self._decision, found.id), lambda decision: self._open_item(str(decision.item_id))
            )

    async def _decision(self, decision_id: UUID) -> DecisionRow:
        return (await self._api.get(f"/v1/moderation/decisions/{decision_id}")).model(DecisionRow)


def _detail(found: Found) -> str:
    """What tells one row from another of the same title: whose it is, since when, and for what."""
    since = ago(datetime.now(UTC), found.at) if found.at else ""
    return " · ".join(part for part in (found.creator and f"@{found.creator}", since, found.detail) if part)
