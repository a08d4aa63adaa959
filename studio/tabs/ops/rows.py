"""The columns of the jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from server.ops.schemas import Job, JobState
from studio.tabs.ops.state import STATE_WORDS, duration, in_time
from studio.widgets.table import ChipLook, Column
from studio.widgets.time_label import ago, exact

STATE_LOOKS: Final = {
    JobState.IDLE: ChipLook("success", "check"),
    JobState.WAITING: ChipLook("info", "clock"),
    JobState.RUNNING: ChipLook("accent", "sync"),
    JobState.FAILED: ChipLook("danger", "alert-triangle"),
}
_ORDER: Final = (JobState.FAILED, JobState.RUNNING, JobState.WAITING, JobState.IDLE)


def columns(now: Callable[[], datetime]) -> list[Column[Job]]:
    """What failed can be sorted to the top; times are the server's."""
    return [
        Column(
            id="name",
            title="Job",
            width=200,
            stretch=3,
            text=lambda j: j.name,
            key=lambda j: j.name,
            tooltip=lambda j: f"{j.name}, {j.kind.value}",
        ),
        Column(
            id="state",
            title="State",
            width=102,
            text=lambda j: STATE_WORDS[j.state],
            key=lambda j: _ORDER.index(j.state),
            chip=lambda j: STATE_LOOKS[j.state],
            tooltip=lambda j: j.error or "",
        ),
        Column(
            id="last",
            title="Last run",
            width=92,
            stretch=1,
            text=lambda j: ago(now(), j.last_run_at) if j.last_run_at else "never",
            key=lambda j: -j.last_run_at.timestamp() if j.last_run_at else 0.0,
            tooltip=lambda j: exact(j.last_run_at) if j.last_run_at else "",
            tone="text_muted",
            live=True,
        ),
        Column(
            id="took",
            title="Took",
            width=96,
            text=lambda j: duration(j.duration_ms),
            key=lambda j: -1 if j.duration_ms is None else j.duration_ms,
            align="right",
            tone="text_muted",
        ),
        Column(
            id="next",
            title="Next run",
            width=90,
            stretch=1,
            text=lambda j: in_time(now(), j.next_run_at),
            key=lambda j: j.next_run_at.timestamp() if j.next_run_at else float("inf"),
            tooltip=lambda j: exact(j.next_run_at) if j.next_run_at else "",
            tone="text_muted",
            live=True,
        ),
    ]
