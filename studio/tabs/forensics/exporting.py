"""Asking where a file goes, and fetching it with progress and a way to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from studio.api.errors import ApiError
from studio.messages import Level
from studio.tab import Context
from studio.table_export import show_in_folder
from studio.tabs.forensics.download import BrokenOff, anything, download, whole_bundle
from studio.widgets.progress_row import ProgressRow


@dataclass(frozen=True)
class Export:
    """What is fetched: `what` names it in sentences, `name` is the file that is suggested."""

    what: str
    path: str
    name: str
    kinds: str
    params: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Path], object] = anything


def evidence(video_id: UUID) -> Export:
    """All that is known of a video."""
    path, name = f"/v1/forensics/videos/{video_id}/bundle", f"evidence-{str(video_id)[:8]}.zip"
    return Export("Evidence", path, name, "Evidence (*.zip)", check=whole_bundle)


class Exporting(QWidget):
    """One export at a time, shown as a row while it runs; `turned` carries whether one runs now."""

    turned = Signal(bool)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.hide()

    @property
    def running(self) -> bool:
        """Whether an export is under way."""
        return self._task is not None and not self._task.done()

    def ask(self, export: Export) -> None:
        """Ask for a file, and begin."""
        if self._told_running():
            return
        dialog = QFileDialog(self.window(), f"Export {export.what.lower()}", export.name, export.kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(export.name).suffix.lstrip("."))
        dialog.fileSelected.connect(lambda name: self.begin(export, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def begin(self, export: Export, file: Path) -> None:
        """Fetch it into `file`."""
        if self._told_running():
            return
        row = ProgressRow(f"{export.what} to {file.name}")
        row.set_progress(None, "Being gathered")
        self._column.addWidget(row)
        self.show()
        self._task = self._context.tasks.spawn(self._run(export, file, row), self)
        row.cancelled.connect(self._task.cancel)
        self.turned.emit(True)

    def _told_running(self) -> bool:
        if self.running:
            self._context.messages.notify(Level.INFO, "An export is under way.")
        return self.running

    async def _run(self, export: Export, file: Path, row: ProgressRow) -> None:
        notify = self._context.messages.notify

        def tell(done: int, total: int | None) -> None:
            if shiboken6.isValid(row):
                row.set_progress(done / total if total else None, f"{done / 1e6:.1f} MB")

        failed = f"{export.what}: not exported."
        try:
            size = await download(
                self._context.api, export.path, file, tell, params=export.params, check=export.check
            )
        except asyncio.CancelledError:
            notify(Level.INFO, "The export was stopped; nothing was written.")
            raise
        except ApiError as error:
            notify(Level.ERROR, failed, f"{error.what_happened} {error.to_do_oneself}")
        except BrokenOff:
            notify(Level.ERROR, failed, "It broke off: the video may have become restricted. Try again.")
        except OSError as error:
            notify(Level.ERROR, failed, error.strerror or "The file cannot be written.")
        else:
            said = f"{export.what} exported, {max(size / 1e6, 0.1):.1f} MB"
            notify(Level.SUCCESS, said, file.name, action=show_in_folder(file))
        finally:
            self._task = None
            if shiboken6.isValid(self):  # signing out takes the page away first
                row.hide()
                row.deleteLater()
                self.hide()
                self.turned.emit(False)
