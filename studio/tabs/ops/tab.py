"""The Operations tab: is the server well, and what does it do by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QVBoxLayout

from studio.offline.changes import Changes
from studio.tab import Context, Tab
from studio.workplace import RESYNC

JOB: Final = "ops.job"


class OpsTab(Tab):
    """Loads its page when it is made; time passes while it is hidden, so it is read anew when shown."""

    id = "ops"
    title = "Operations"
    icon = "operations"
    section = "Administration"
    permission = "ops.read"
    kinds = frozenset({JOB, RESYNC})

    def __init__(self, context: Context) -> None:
        from studio.tabs.ops.page import OpsPage

        super().__init__(context)
        self.page = OpsPage(context)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.setFocusProxy(self.page)

    def refresh(self) -> None:
        self.page.refresh()

    def on_changes(self, changes: Changes) -> None:
        if JOB in changes.kinds and self.isVisible():
            self.page.jobs.refresh()  # a job that ran says nothing new about the rest
        else:
            super().on_changes(changes)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._dirty = True

    def save_state(self) -> Mapping[str, Any]:
        return self.page.save_state()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.page.restore_state(state)
