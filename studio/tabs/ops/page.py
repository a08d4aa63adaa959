"""Operations: figures, the doctor and the jobs, read again while they are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from server.audit.schemas import Head
from server.ops.schemas import Findings, Level
from studio.api.errors import ApiError, Forbidden
from studio.messages import Level as Loudness
from studio.tab import Context
from studio.tabs.ops.doctor import LOOKS, DoctorCard
from studio.tabs.ops.jobs import JobsCard, hint
from studio.tabs.ops.state import CHECKS, HEADLINES, Figures, figures, parse, tiles, worst_first
from studio.tabs.ops.tiles import Tiles
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.page_header import PageHeader

EVERY_MS: Final = 30_000
EXAMINE_EVERY: Final = 10
"""The doctor walks through every file, so it comes with each tenth reading only."""
SIZES: Final = (360, 740)


class OpsPage(QWidget):
    """Its timer runs only while the page can be seen."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._before: Figures | None = None
        self._readings = 0
        worn = style.tokens()
        self.header = PageHeader("Operations")
        self.level = Chip("")
        self.level.hide()
        self.seal = Button("Seal the audit log", icon="lock", tip="Sign its newest entry now")
        self.seal.setVisible("ops.run" in context.me.permissions)
        self.seal.clicked.connect(self._seal)
        self.header.add_tool(self.level)
        self.header.add_tool(self.seal)
        self.tiles = Tiles()
        self.doctor = DoctorCard(context)
        self.doctor.examined.connect(self._examined)
        self.jobs = JobsCard(context)
        self.jobs.body.addWidget(hint())
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(worn.space_3)
        self.doctor.setMinimumWidth(300)
        self.jobs.setMinimumWidth(420)
        self.splitter.addWidget(self.doctor)
        self.splitter.addWidget(self.jobs)
        self.splitter.setSizes(list(SIZES))
        self.splitter.setStretchFactor(1, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(worn.space_5, worn.space_4, worn.space_5, worn.space_4)
        page.setSpacing(worn.space_3)
        page.addWidget(self.header)
        page.addWidget(self.tiles)
        page.addWidget(self.splitter, 1)
        self.timer = QTimer(self)
        self.timer.setInterval(EVERY_MS)
        self.timer.timeout.connect(self.read)
        self.setFocusProxy(self.jobs)

    def refresh(self) -> None:
        """Read everything, the doctor's findings too."""
        self._readings = 0
        self.read()

    def read(self) -> None:
        """Read jobs and figures, and the findings when it is time."""
        self.jobs.refresh()
        self._read_figures()
        if self._readings % EXAMINE_EVERY == 0:
            self.doctor.refresh()
        self._readings += 1

    def _read_figures(self) -> None:
        async def fetch() -> Figures:
            answer = await self._context.api.get("/metrics")
            return figures(parse(answer.content.decode("utf-8", "replace")), self._context.ticker.now())

        def failed(error: ApiError) -> None:
            if isinstance(error, Forbidden):
                self.tiles.say("The figures are told only on the server's own machine, at /metrics.")

        self._context.tasks.read(fetch, self._show_figures, failed, owner=self)

    def _show_figures(self, now: Figures) -> None:
        self.tiles.show_tiles(tiles(now, self._before))
        self._before = now

    def _examined(self, findings: Findings) -> None:
        _, tone, icon = LOOKS[findings.level]
        self.level.set(HEADLINES[findings.level], tone, icon)
        self.level.show()
        worst = worst_first(findings.checks)[0]
        told = f"{CHECKS.get(worst.name, worst.name)}: {worst.finding}"
        self.header.set_subtitle("" if worst.level is Level.OK else told)

    def _seal(self) -> None:
        async def work() -> None:
            notify = self._context.messages.notify
            try:
                head = (await self._context.api.post("/v1/audit/seal")).model(Head)
            except ApiError as error:
                notify(
                    Loudness.WARNING, "The log was not sealed.", f"{error.what_happened} {error.what_to_do}"
                )
            else:
                notify(Loudness.SUCCESS, f"Sealed to #{head.sealed_to:,}")
            finally:
                self.seal.setEnabled(True)

        self.seal.setEnabled(False)
        self._context.tasks.spawn(work(), self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.timer.stop()

    def save_state(self) -> dict[str, Any]:
        """Columns and splitter."""
        return {"columns": self.jobs.table.save_columns(), "splitter": self.splitter.sizes()}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Put back what `save_state` gave; what does not fit is ignored."""
        with suppress(AttributeError, TypeError, ValueError):
            self.jobs.table.restore_columns(state.get("columns") or {})
        with suppress(TypeError, ValueError):
            sizes = [int(size) for size in state.get("splitter") or ()]
            if len(sizes) == 2 and all(size > 0 for size in sizes):
                self.splitter.setSizes(sizes)
