"""The columns of the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from server.audit.schemas import Entry
from studio.widgets.table import ChipLook, Column
from studio.widgets.time_label import exact

Ref = Callable[[str], str]
"""An actor or target as people call it."""


def both_times(at: datetime) -> str:
    """A moment in the person's own time zone and in UTC."""
    return f"{exact(at)}\n{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def columns(ref: Ref, sealed_to: Callable[[], int]) -> list[Column[Entry]]:
    """The log as the server orders it, newest first. `sealed_to` is the newest signed entry."""
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
            width=100,
            stretch=1,
            text=lambda e: ref(e.actor),
            tooltip=lambda e: e.actor,
            live=True,
        ),
        Column(id="action", title="Action", width=140, stretch=2, text=lambda e: e.action),
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
            width=120,
            text=lambda e: "Sealed" if e.seq <= sealed_to() else "Unsealed",
            chip=lambda e: (
                ChipLook("neutral", "lock") if e.seq <= sealed_to() else ChipLook("warning", "unlock")
            ),
            tooltip=lambda e: (
                "A signature vouches for it"
                if e.seq <= sealed_to()
                else "Cutting the log here would not be noticed yet"
            ),
            live=True,
        ),
    ]
