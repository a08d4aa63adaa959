"""The wire types of the model folder."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.forensics.rules import Slot
from server.kit.wire import BasisPoints, Frozen

NAME_MAX = 255
"""Characters of a name: a file may have any."""


class CheckpointView(Frozen):
    """What lies in the model folder under one name. `why` says in a sentence why it is not used, null for one
    that is. What its card would say is null where it has none that holds. `look_closer_bp` and `likely_bp`
    are its thresholds: null where its card names none, so that it flags nothing."""

    name: Annotated[str, Field(max_length=NAME_MAX)]
    slot: Slot | None
    licence: str | None
    non_commercial: bool | None
    sha256: str | None
    version: str | None
    look_closer_bp: BasisPoints | None
    likely_bp: BasisPoints | None
    source: str | None
    why: str | None


class ModelsView(Frozen):
    """The model folder, and what looks at videos now: `detectors` with their versions, checkpoints among
    them. `due` counts videos whose current analyses are by detectors of other versions: they are looked at
    again by themselves, while nothing else waits."""

    checkpoints: list[CheckpointView]
    detectors: dict[str, str]
    due: Annotated[int, Field(ge=0, le=2**53 - 1)]
