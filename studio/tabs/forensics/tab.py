"""The Scores tab: matches that wait for a verdict, the analyses of all videos, the hash banks, the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QTabWidget, QVBoxLayout

from server.accounts.schemas import Me
from studio.offline.changes import Changes
from studio.tab import Context, Tab
from studio.tabs.forensics.topics import ANALYSE, ANALYSED, BANK, BANKED, MATCHED, READ, STOPPED
from studio.theme import style
from studio.widgets.page_header import PageHeader
from studio.workplace import RESYNC

GATHER_MS: Final = 2_000
BANKS: Final = "Hash banks"


class ScoresTab(Tab):
    """Loads its pages when it is made; one that is not in front is read when it comes there."""

    id = "forensics"
    title = "Scores"
    icon = "shield"
    section = "Moderation"
    permission = READ
    kinds = MATCHED | ANALYSED | BANKED | {RESYNC}

    def __init__(self, context: Context) -> None:
        from studio.tabs.forensics.analyses_page import AnalysesPage
        from studio.tabs.forensics.banks_page import BanksPage
        from studio.tabs.forensics.matches_page import MatchesPage
        from studio.tabs.forensics.models_page import ModelsPage

        super().__init__(context)
        worn = style.tokens()
        may = context.me.permissions
        self.matches = MatchesPage(context) if READ in may else None
        self.analyses = AnalysesPage(context) if ANALYSE in may else None
        self.banks = BanksPage(context) if BANK in may else None
        self.models = ModelsPage(context) if ANALYSE in may else None
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.pages.setAccessibleName("Pages of Scores")
        self.pages.tabBar().setAccessibleName("Pages of Scores")
        self.pages.tabBar().setDrawBase(False)
        self._all: dict[Any, frozenset[str]] = {}
        if self.matches is not None:
            self.pages.addTab(self.matches, "Matches to judge")
            self._all[self.matches] = MATCHED
        if self.analyses is not None:
            self.pages.addTab(self.analyses, "Analyses")
            self._all[self.analyses] = ANALYSED
        if self.banks is not None:
            self.pages.addTab(self.banks, BANKS)
            self.banks.stopped.counted.connect(self._count_stopped)
            self._all[self.banks] = BANKED
        if self.models is not None:
            self.pages.addTab(self.models, "Models")
            self._all[self.models] = frozenset()
        self._stale = set(self._all)
        self._look = self.banks is not None
        self.gathering = QTimer(self)
        self.gathering.setSingleShot(True)
        self.gathering.setInterval(GATHER_MS)
        self.gathering.timeout.connect(self.mark_dirty)
        self.pages.currentChanged.connect(lambda _: self._read() if self.isVisible() else None)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        layout.setSpacing(worn.space_2)
        layout.addWidget(PageHeader("Scores", "Indicators: they say where to look, and decide nothing"))
        layout.addWidget(self.pages, 1)
        self.setFocusProxy(self.pages)

    @classmethod
    def allowed(cls, me: Me) -> bool:
        """Moderators judge matches, administrators keep analyses and banks; leads do both."""
        return bool({READ, ANALYSE, BANK} & set(me.permissions))

    def refresh(self) -> None:
        self._read()

    def on_changes(self, changes: Changes) -> None:
        for page, kinds in self._all.items():
            if changes.kinds & (kinds | {RESYNC}):
                self._stale.add(page)
        self._look = self._look or bool(changes.kinds & {STOPPED, RESYNC})
        if changes.kinds & self.kinds <= ANALYSED:
            if changes.kinds & ANALYSED and not self.gathering.isActive():
                self.gathering.start()  # one that runs tells of itself each second
        else:
            super().on_changes(changes)

    def open(self, **what: Any) -> None:
        """`left=UUID, right=UUID` compares two videos; `stopped=True` shows the banks, above which it says
        which entries took themselves out of use."""
        match what:
            case {"left": left, "right": right, **rest} if not rest and self.matches is not None:
                self.pages.setCurrentWidget(self.matches)
                self.matches.compare(UUID(str(left)), UUID(str(right)))
            case {"stopped": True, **rest} if not rest and self.banks is not None:
                self.pages.setCurrentWidget(self.banks)
            case _:
                super().open(**what)

    async def leave(self) -> None:
        if self.matches is not None:
            self.matches.leave()

    def save_state(self) -> Mapping[str, Any]:
        return {"page": self.pages.currentIndex()}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        page = state.get("page")
        if isinstance(page, int) and 0 <= page < self.pages.count():
            self.pages.setCurrentIndex(page)

    @classmethod
    def watch(cls, context: Context) -> object:
        from studio.tabs.forensics.stopped import StoppedNotices

        return StoppedNotices(context)

    def _count_stopped(self, many: int) -> None:
        if self.banks is not None:
            title = f"{BANKS} ({many:,})" if many else BANKS
            self.pages.setTabText(self.pages.indexOf(self.banks), title)

    def _read(self) -> None:
        """Read the page in front, if what it shows may be old, and what is said on a page behind."""
        if self._look and self.banks is not None:
            self._look = False
            self.banks.stopped.refresh()
        page: Any = self.pages.currentWidget()
        if page in self._stale:
            self._stale.discard(page)
            page.refresh()
