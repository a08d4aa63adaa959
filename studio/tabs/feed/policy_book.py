"""The rules that one can report by: as the server has them, and as they were last, for when it is away."""

from __future__ import annotations

from functools import partial
from typing import Final

from pydantic import ValidationError

from server.moderation.schemas import Policies
from studio.tab import Context
from studio.tasks import off_thread

PATH: Final = "/v1/moderation/policies"
NAME: Final = "policies"


class PolicyBook:
    """A copy of the rules with their version beside the person's drafts."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def kept(self) -> Policies | None:
        """The rules as they were read last on this computer."""
        found = await off_thread(self._context.store.get, NAME)
        try:
            return Policies.model_validate_json(found.value) if found is not None else None
        except ValidationError:
            return None  # of another version, or cut off with the power: it is only a copy

    async def read(self) -> Policies:
        """The rules as the server has them, which are kept. Raises ApiError."""
        answer = await self._context.api.get(PATH)
        policies = answer.model(Policies)
        self._context.tasks.copy(partial(self._context.store.put, NAME, answer.content))
        return policies
