"""The columns of the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from server.audit.schemas import Entry
from studio.widgets.table import ChipLook, Column
from studio.widgets.time_label import exact

Ref = Callable[[str], str]
"""An actor or target as people call it."""
SEALED: Final = ChipLook("neutral", "lock", "")
UNSEALED: Final = ChipLook("warning", "unlock", "")


def both_times(at: datetime) -> str:
    """A moment in the person's own time zone and, when that is another one, in UTC."""
    own = at.astimezone()
    utc = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
    return utc if own.utcoffset() == timedelta() else f"{exact(at)}\n{utc}"


def columns(ref: Ref, sealed_to: Callable[[], int]) -> list[Column[Entry]]:
    """The log as the server orders it, newest first. `sealed_to` is the newest signed entry."""

    def sealed(entry: Entry) -> bool:
        return entry.seq <= sealed_to()

    return [
        Column(id="seq", title="#", width=64, text=lambda e: f"{e.seq:,}", align="right", tone="text_muted"),
        Column(
            id="at",
            title="When",
            width=130,
            text=lambda e: f"{e.at.astimezone():%m-%d %H:%M:%S}",
            tooltip=lambda e: both_times(e.at),
        ),
        Column(
            id="actor",
            title="Actor",
            width=104,
            stretch=1,
            text=lambda e: ref(e.actor),
            tooltip=lambda e: e.actor,
            live=True,
        ),
        Column(
            id="action",
            title="Action",
            width=206,
            stretch=3,
            text=lambda e: e.action,
            tooltip=lambda e: e.action,
        ),
        Column(
            id="target",
            title="Target",
            width=84,
            stretch=2,
            text=lambda e: ref(e.target),
            tooltip=lambda e: e.target,
            live=True,
        ),
        Column(
            id="sealed",
            title="Seal",
            width=54,
            text=lambda e: "Sealed" if sealed(e) else "Unsealed",
            chip=lambda e: SEALED if sealed(e) else UNSEALED,
            tooltip=lambda e: (
                "Sealed: a signature vouches for it"
                if sealed(e)
                else "Unsealed: cutting the log here would not be noticed yet"
            ),
            live=True,
        ),
    ]
