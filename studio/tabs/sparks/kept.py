"""The catalogue as it was read last on this computer, for when the server is away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import BaseModel, ValidationError

from server.sparks.schemas import SparkView
from studio.tab import Context
from studio.tasks import off_thread

NAME: Final = "sparks"


class KeptCatalogue(BaseModel):
    """The published sparks, and when the server said so."""

    as_of: datetime
    sparks: list[SparkView]


class CatalogueCopy:
    """Beside the person's drafts. The files of the sparks are kept by their hash, where films are."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def load(self) -> KeptCatalogue | None:
        """What was kept last."""
        found = await off_thread(self._context.store.get, NAME)
        try:
            return KeptCatalogue.model_validate_json(found.value) if found is not None else None
        except ValidationError:
            return None  # of another version, or cut off with the power: it is only a copy

    def keep(self, sparks: Sequence[SparkView], as_of: datetime) -> None:
        """Keep these in place of those before."""
        data = KeptCatalogue(as_of=as_of, sparks=list(sparks)).model_dump_json().encode()
        self._context.tasks.copy(partial(self._context.store.put, NAME, data))
