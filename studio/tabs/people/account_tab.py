"""My account: devices, authenticator and password of whoever is signed in, for everybody."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.tab import Context, Tab
from studio.theme import style
from studio.widgets.label import Label
from studio.widgets.page_header import PageHeader
from studio.widgets.scroll_pane import ScrollPane
from studio.workplace import RESYNC


class AccountTab(Tab):
    """Loads its cards when it is made."""

    id = "account"
    title = "My account"
    icon = "profile"
    section = "Account"
    permission = "account.self"
    kinds = frozenset({RESYNC})

    def __init__(self, context: Context) -> None:
        from studio.tabs.people.authenticator import AuthenticatorCard
        from studio.tabs.people.devices import DevicesCard
        from studio.tabs.people.password import PasswordCard

        super().__init__(context)
        worn = style.tokens()
        me = context.me
        roles = ", ".join(role.value for role in me.roles) or "no role"
        self.devices, self.authenticator = DevicesCard(context), AuthenticatorCard(context)
        self.password = PasswordCard(context)
        inside = QWidget()
        inside.setProperty("surface", "clear")
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(worn.space_3)
        grid.addWidget(self.devices, 0, 0, 2, 1)
        grid.addWidget(self.authenticator, 0, 1)
        grid.addWidget(self.password, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        layout.setSpacing(worn.space_3)
        layout.addWidget(PageHeader("My account", f"{me.name} · @{me.handle} · {roles}"))
        if me.must_change_password:
            told = "You came in with a temporary password. Choose your own, then sign in again to go on."
            layout.addWidget(Label(told, "warning", wrap=True))
        layout.addWidget(ScrollPane("My account", inside, ground="window"), 1)

    def refresh(self) -> None:
        self.devices.refresh()
        self.authenticator.refresh()

    def open(self, **what: Any) -> None:
        """`authenticator=True` begins its set-up."""
        match what:
            case {"authenticator": True, **rest} if not rest:
                self.authenticator.begin_button.click()
            case _:
                super().open(**what)
