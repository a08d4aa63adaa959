"""What is drawn from the file of a video for people to find their way in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from server.content.media import worker
from server.content.media.results import Poster, Refused, Storyboard, Waveform
from server.content.models import Derivative
from server.content.rules import DerivativeKind
from server.kit.db import WriteSession
from server.kit.storage import Store
from server.kit.upsert import insert_ignoring


@dataclass(frozen=True)
class Product:
    """The bytes of a derivative and what a reader needs beside them."""

    data: bytes
    meta: dict[str, Any]


def drawn(kind: DerivativeKind, file: Path, *, poster_at_ms: int | None = None) -> Product | None:
    """Draw one in the worker process; None when the file gives none (no sound, say)."""
    match kind:
        case DerivativeKind.STORYBOARD:
            made = worker.run(Storyboard, file)
            return None if isinstance(made, Refused) else Product(made.sheet, {**made.index()})
        case DerivativeKind.POSTER:
            still = worker.run(Poster, file, at_ms=poster_at_ms)
            if isinstance(still, Refused):
                return None
            return Product(still.jpeg, {"width": still.width, "height": still.height, "t_ms": still.t_ms})
        case DerivativeKind.WAVEFORM:
            peaks = worker.run(Waveform, file)
            if isinstance(peaks, Refused):
                return None
            meta = {"start_ms": peaks.start_ms, "duration_ms": peaks.duration_ms}
            return Product(peaks.low + peaks.high, meta)


def add(s: WriteSession, store: Store, video_id: UUID, kind: DerivativeKind, product: Product) -> None:
    """Store one, unless it is there. The row of the video must be locked."""
    insert_ignoring(s, Derivative, {"video_id": video_id, "kind": kind, **_values(s, store, product)})


def replace(
    s: WriteSession, store: Store, video_id: UUID, kind: DerivativeKind, product: Product
) -> str | None:
    """Store one in place of the one before; answers the name of a file that it does not need any more. The
    row of the video must be locked."""
    found = s.get(Derivative, (video_id, kind))
    if found is None:
        add(s, store, video_id, kind, product)
        return None
    before = found.sha256
    for name, value in _values(s, store, product).items():
        setattr(found, name, value)
    return before if before != found.sha256 else None


def _values(s: WriteSession, store: Store, product: Product) -> dict[str, Any]:
    return {"sha256": store.put(s, product.data), "size": len(product.data), "meta": product.meta}
