"""The wire types of the audit log."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from server.kit.wire import Frozen, Instant, RowNumber

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 in hexadecimal")]


class Entry(Frozen):
    """One link of the chain. `data` is null where the details were erased for privacy.

    A `restricted` one is about the restricted class; it exists for cleared readers only, so that others see
    a gap in `seq`.
    """

    seq: RowNumber
    at: Instant
    actor: str
    action: str
    target: str
    restricted: bool = False
    data: dict[str, Any] | None
    erased_at: Instant | None
    hash: Digest
    prev_hash: Digest


class Head(Frozen):
    """Where the chain stands: its newest entry, and up to where a signature vouches for it."""

    seq: int
    hash: Digest | None
    sealed_to: int
    sealed_at: Instant | None
    unsealed: int
    public_key: Annotated[str, Field(description="Ed25519, 32 bytes in hexadecimal; checks the heads")]


class Verification(Frozen):
    """The outcome of a walk over the whole chain."""

    whole: bool
    entries: int
    sealed_to: int
    unsealed: int
    broken_at: int | None
    reason: str | None
    elapsed_ms: int


class ExportFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
