"""The People tab: the list, one person beside it, and the matrix of roles and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from PySide6.QtWidgets import QTabWidget, QVBoxLayout

from studio.offline.changes import Changes
from studio.tab import Context, Tab
from studio.theme import style
from studio.widgets.page_header import PageHeader
from studio.workplace import RESYNC

PERSON: Final = "accounts.person"
MOST_TOUCHED: Final = 8
"""More changed people than this at once, and the whole list is read again."""


class PeopleTab(Tab):
    """Loads its pages when it is made, so that naming the tab in the navigation costs nothing."""

    id = "people"
    title = "People"
    icon = "people"
    section = "Administration"
    permission = "people.read"
    kinds = frozenset({PERSON, RESYNC})

    def __init__(self, context: Context) -> None:
        from studio.tabs.people.people_page import PeoplePage
        from studio.tabs.people.roles_page import RolesPage

        super().__init__(context)
        worn = style.tokens()
        header = PageHeader("People", "Who may do what, and since when")
        self.people = PeoplePage(context)
        self.roles = RolesPage(context)
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.pages.setAccessibleName("Pages of People")
        self.pages.tabBar().setAccessibleName("Pages of People")
        self.pages.tabBar().setDrawBase(False)
        self.pages.addTab(self.people, "Accounts")
        self.pages.addTab(self.roles, "Roles and permissions")
        self.pages.currentChanged.connect(lambda _: self.refresh_page())
        self.people.audit_wanted.connect(lambda target: context.go("audit", target=target))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        layout.setSpacing(worn.space_2)
        layout.addWidget(header)
        layout.addWidget(self.pages, 1)
        self.setFocusProxy(self.people)

    def refresh(self) -> None:
        if self.people.count:
            self.people.list.reload()
        else:
            self.people.apply()
        if self.pages.currentWidget() is self.roles:
            self.roles.refresh()

    def refresh_page(self) -> None:
        """Read the matrix when its page is opened."""
        if self.pages.currentWidget() is self.roles and not self.roles.model.rowCount():
            self.roles.refresh()

    def on_changes(self, changes: Changes) -> None:
        few = PERSON in changes.kinds and 0 < len(changes.ids) <= MOST_TOUCHED
        if few and self.isVisible():
            self.people.touch(changes.ids)
        else:
            super().on_changes(changes)

    def open(self, **what: Any) -> None:
        """`person=UUID`."""
        match what:
            case {"person": person, **rest} if not rest:
                self.pages.setCurrentWidget(self.people)
                self.people.open_person(UUID(str(person)))
            case _:
                super().open(**what)

    async def leave(self) -> None:
        await self.people.leave()

    def save_state(self) -> Mapping[str, Any]:
        return self.people.save_state()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self.people.restore_state(state)
