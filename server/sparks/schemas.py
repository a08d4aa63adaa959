"""The wire types of the catalogue of sparks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from server.kit.wire import Frozen, Instant, Milliseconds, Version, free_text, text
from server.sparks.engine.format.spark import Tier
from server.sparks.rules import NOTE_MAX, SparkState, VersionState

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Credits = Annotated[int, Field(ge=1, le=10_000, description="Whole credits")]
Number = Annotated[int, Field(ge=1, le=2**31 - 1, description="Counts the versions of a spark from 1")]
Note = Annotated[str, free_text(NOTE_MAX)]
Reason = Annotated[str, text(NOTE_MAX)]
Source = Annotated[str, Field(description="The text of a file in the format spark/1, at most 64 KiB")]


class SparkView(Frozen):
    """A spark. `credits` is what it costs now, null for a draft without a price; `number` and `sha256` are
    those of the published version, or of the newest one of what was never published."""

    id: UUID
    slug: str
    name: str
    tier: Tier
    family: str
    credits: Credits | None
    duration_ms: Milliseconds
    number: Number
    sha256: str
    state: SparkState
    current_version: Number
    published_version: Number | None
    published_at: Instant | None
    version: Version


class NewSpark(Frozen):
    """A draft that is to be made of a file. The client may have made the `id`; `sha256`, where it is stated,
    must be that of the content."""

    id: UUID | None = None
    content: Source
    sha256: Sha256 | None = None
    note: Note = ""


class NewVersion(Frozen):
    """Another file of a spark."""

    content: Source
    sha256: Sha256 | None = None
    note: Note = ""


class VersionView(Frozen):
    """A version of a spark; its content has an address of its own. `author` and `note` are told to whoever
    may edit."""

    number: Number
    state: VersionState
    sha256: str
    bytes: int
    author: str | None
    note: str | None
    at: Instant


class Publication(Frozen):
    """Which version is to be published, and the hash of what it is taken to be."""

    number: Number
    sha256: Sha256


class RefusalView(Frozen):
    """What stands in the way. Of flashes also at which `second` the worst second ends, and in which
    `region` of the stage they are: left, top, width, height in its pixels."""

    code: str
    message: str
    second: float | None
    region: tuple[float, float, float, float] | None


class JudgingView(Frozen):
    """How the judging of a version stands. A refused one has `refusals`, a parked one a `reason`; `measured`
    are the figures of the gates."""

    spark_id: UUID
    number: Number
    sha256: str
    state: VersionState
    refusals: list[RefusalView]
    measured: dict[str, Any]
    reason: str | None
    runs: Annotated[int, Field(ge=0)]
    asked_at: Instant | None
    judged_at: Instant | None


class SparkCommand(Frozen):
    """Why a spark is taken out of the catalogue, or brought back."""

    reason: Reason


class NewPrice(Frozen):
    """What a spark costs from a moment on, at the earliest from now (null)."""

    credits: Credits
    valid_from: Instant | None = None


class PriceView(Frozen):
    """What a spark costs from one moment on, to another or for now (null)."""

    credits: Credits
    valid_from: Instant
    valid_to: Instant | None


class NewImport(Frozen):
    """A pack of sparks."""

    pack: Annotated[str, Field(description="The text of a file in the format spark-pack/1, at most 4 MiB")]
    note: Note = ""


class Outcome(StrEnum):
    """What became of a spark of a pack: a new draft, a version of one that there was, or nothing new."""

    CREATED = "created"
    VERSION = "version"
    KNOWN = "known"


class Imported(Frozen):
    """One spark of a pack."""

    slug: str
    outcome: Outcome
    spark_id: UUID
    number: Number


class ImportReceipt(Frozen):
    """What became of the sparks of a pack, in its order."""

    items: list[Imported]
