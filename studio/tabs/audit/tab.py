"""The Audit tab: everything that was done, in a chain that shows tampering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from studio.tab import Context, Tab
from studio.workplace import RESYNC


class AuditTab(Tab):
    """Loads its page when it is made. Every action writes an entry, so it is read anew when it is shown."""

    id = "audit"
    title = "Audit"
    icon = "audit"
    section = "Administration"
    permission = "audit.read"
    kinds = frozenset({RESYNC})

    def __init__(self, context: Context) -> None:
        from studio.tabs.audit.page import AuditPage

        super().__init__(context)
        self.page = AuditPage(context)
        self.page.person_wanted.connect(lambda person: context.go("people", person=person))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.setFocusProxy(self.page)

    def refresh(self) -> None:
        self.page.refresh()

    def hideEvent(self, event: Any) -> None:
        super().hideEvent(event)
        self._dirty = True

    def open(self, **what: Any) -> None:
        """`target="person:…"` or `entry=SEQ`."""
        match what:
            case {"target": target, **rest} if not rest:
                self.page.open_target(str(target))
            case {"entry": seq, **rest} if not rest:
                self.page.open_entry(int(seq))
            case _:
                super().open(**what)

    def save_state(self) -> Mapping[str, Any]:
        return self.page.save_state()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.page.restore_state(state)
