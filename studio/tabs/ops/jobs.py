"""The jobs of the server: when they ran, when they run next, what went wrong, and running one now."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from server.ops.schemas import Job, JobKind, Jobs
from studio.api.errors import ApiError
from studio.messages import Level, Problem
from studio.tab import Context
from studio.table_export import TableExport
from studio.tabs.ops import rows
from studio.tabs.ops.state import duration, in_time, may_run, tally
from studio.theme import style
from studio.widgets import clipboard
from studio.widgets.button import Button, IconButton
from studio.widgets.card import Card
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.state_stack import StateStack
from studio.widgets.table import RowModel
from studio.widgets.table_view import TableView
from studio.widgets.time_label import exact


class JobsCard(Card):
    """A table with the selected job below it."""

    def __init__(self, context: Context) -> None:
        super().__init__("Jobs")
        self._context = context
        self._asked: str | None = None
        self._may = "ops.run" in context.me.permissions
        self.model: RowModel[Job] = RowModel(
            rows.columns(context.ticker.now), row_id=lambda j: j.name, search=lambda j: j.name, parent=self
        )
        again = IconButton("refresh", "Read the jobs again")
        again.clicked.connect(self.refresh)
        self.add_tool(again)
        self.table = TableView(self.model, "Jobs", context.keymap)
        self.table.current.connect(lambda _: self._tell())
        self.table.opened.connect(lambda _: self.run())
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_3)
        column.addWidget(self.table, 1)
        column.addWidget(TableExport(context, self.table, nouns=("job", "jobs")))
        column.addWidget(self._detail())
        self.states = StateStack(inside)
        self.states.retried.connect(self.refresh)
        self.body.addWidget(self.states, 1)
        context.ticker.second.connect(self._tick)
        self.setFocusProxy(self.table)

    def _detail(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        top = QHBoxLayout()
        self._title = ElidedLabel("Select a job", "strong")
        self.run_button = Button("Run now", icon="play", tip="Run this job now (Enter in the table)")
        self.run_button.clicked.connect(self.run)
        self.run_button.setVisible(self._may)
        self.copy_button = Button("Copy the error", kind="quiet", icon="copy")
        self.copy_button.clicked.connect(self._copy)
        top.addWidget(self._title, 1)
        top.addWidget(self.copy_button)
        top.addWidget(self.run_button)
        self._facts = Label("", "muted", wrap=True)
        self.error = QPlainTextEdit()
        self.error.setReadOnly(True)
        self.error.setAccessibleName("Error of the selected job")
        self.error.setTabChangesFocus(True)
        self.error.setMaximumHeight(96)
        column.addLayout(top)
        column.addWidget(self._facts)
        column.addWidget(self.error)
        return box

    # Reading

    def refresh(self) -> None:
        """Read the jobs."""

        async def fetch() -> Jobs:
            return (await self._context.api.get("/v1/ops/jobs")).model(Jobs)

        self.states.loading()
        self._context.tasks.read(fetch, self.show_jobs, self._failed, owner=self)

    def show_jobs(self, jobs: Jobs) -> None:
        """Show these jobs; what is selected stays selected."""
        self.model.set_rows(jobs.items)
        failed = sum(job.error is not None for job in jobs.items)
        running = sum(job.running > 0 for job in jobs.items)
        parts = [f"{len(jobs.items)} in all"]
        parts += [f"{failed} failed last time"] if failed else []
        parts += [f"{running} running"] if running else []
        self.set_subtitle(" · ".join(parts))
        if not jobs.items:
            self.states.empty("clock", "No jobs", "This server has no background work.")
            return
        self.states.content()
        if self.table.current_id() is None:
            self.table.selectRow(0)
        self._tell()

    def _failed(self, error: ApiError) -> None:
        if self.model.rowCount():
            self.states.content()
            self.set_subtitle(f"Not refreshed: {error.what_happened}")
            return
        told = Problem(what_happened=error.what_happened, what_was_kept="", what_to_do=error.what_to_do)
        self.states.failed(told)

    # The selected job

    def current(self) -> Job | None:
        """The job that the keyboard is on."""
        return self.model.get(self.table.current_id())

    def _tick(self) -> None:
        if self.isVisible():
            self.table.viewport().update()
            self._say_facts()

    def _tell(self) -> None:
        job = self.current()
        self._title.setText(job.name if job else "Select a job")
        self.run_button.setEnabled(job is not None and may_run(job) and self._asked is None)
        self.run_button.setAccessibleName(f"Run {job.name} now" if job else "Run now")
        error = job.error if job and job.error else ""
        if self.error.toPlainText() != error:
            self.error.setPlainText(error)
        self.error.setVisible(bool(error))
        self.copy_button.setVisible(bool(error))
        self._say_facts()

    def _say_facts(self) -> None:
        job = self.current()
        if job is None:
            self._facts.setText("")
            return
        now = self._context.ticker.now()
        parts = [job.kind.value.capitalize()]
        if job.last_run_at:
            took = f", took {duration(job.duration_ms)}" if job.duration_ms is not None else ""
            parts.append(f"last run {exact(job.last_run_at)}{took}")
        if job.next_run_at:
            parts.append(f"next {in_time(now, job.next_run_at)}")
        if tally(job):
            parts.append(tally(job))
        if job.kind is JobKind.DURABLE:
            parts.append("begun by what happens, not by a clock")
        self._facts.setText(" · ".join(parts))

    def _copy(self) -> None:
        job = self.current()
        if job is not None and job.error:
            clipboard.put(f"{job.name}\n{job.error}")

    def run(self) -> None:
        """Make the selected job due at once."""
        job = self.current()
        if job is None or not self._may or not self.run_button.isEnabled():
            return
        self._asked = job.name
        self._tell()

        async def work() -> None:
            notify = self._context.messages.notify
            try:
                answer = await self._context.api.post(f"/v1/ops/jobs/{job.name}/run")
                jobs = answer.model(Jobs)
            except ApiError as error:
                notify(Level.WARNING, f"{job.name}: {error.what_happened}", error.what_to_do)
            else:
                notify(Level.SUCCESS, f"{job.name} runs now")
                self.show_jobs(jobs)
            finally:
                self._asked = None
                self._tell()

        self._context.tasks.spawn(work(), self)


def hint() -> Label:
    """Where backups are made: the API has no way to, since the file belongs beside the server."""
    text = "Backups are made beside the server: python -m server backup FILE"
    label = Label(text, "caption", wrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
