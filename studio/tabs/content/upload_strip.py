"""What is on its way to the server from this computer, each with a way to hold and to stop it."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from studio.offline.upload import Upload
from studio.offline.uploads import Phase, Progress
from studio.tab import Context
from studio.tabs.content.state import amount, share
from studio.theme import style
from studio.widgets.button import IconButton
from studio.widgets.card import Card
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.scroll_pane import ScrollPane

MOST_SHOWN = 3
"""Rows that are seen without scrolling."""
GAP = 12
LOW, HIGH = 38, 58
"""Of a row without and with a reason, in px."""
_HELD = (Phase.PAUSED, Phase.REFUSED)
_WORDS = {
    Phase.WAITING: "Waiting for its turn",
    Phase.PAUSED: "Paused",
    Phase.RETRYING: "Goes on by itself",
    Phase.REFUSED: "Stopped",
}


class UploadRow(QWidget):
    """One upload. `held` asks to pause it or to go on, `stopped` to give it up."""

    held = Signal()
    stopped = Signal()

    def __init__(self, upload: Upload) -> None:
        super().__init__()
        worn = style.tokens()
        self._upload = upload
        self._title = ElidedLabel(upload.title, "strong")
        self._state = Label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self._reason = ElidedLabel("", "warning")
        self.hold = IconButton("pause", f"Pause: {upload.title}", tip="Pause")
        self.stop = IconButton("x", f"Stop and delete: {upload.title}", tip="Stop and delete the video")
        self.hold.clicked.connect(self.held)
        self.stop.clicked.connect(self.stopped)
        words = QHBoxLayout()
        words.setSpacing(worn.space_3)
        words.addWidget(self._title, 1)
        words.addWidget(self._state)
        column = QVBoxLayout()
        column.setSpacing(worn.space_1)
        column.addLayout(words)
        column.addWidget(self.bar)
        column.addWidget(self._reason)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, worn.space_2, 0)
        row.setSpacing(worn.space_2)
        row.addLayout(column, 1)
        row.addWidget(self.hold)
        row.addWidget(self.stop)

    def show_progress(self, progress: Progress) -> None:
        """Say how far it is."""
        size, title = self._upload.size, self._upload.title
        at = share(progress.sent, size)
        sent = f"{amount(progress.sent)} of {amount(size)}"
        word = _WORDS.get(progress.phase)
        self._state.setText(" · ".join(part for part in (word, sent, f"{at} %") if part))
        self.bar.setValue(progress.sent * 1000 // size)
        self.bar.setAccessibleName(f"{title}: {self._state.text()}")
        self._reason.set_tone("danger" if progress.phase is Phase.REFUSED else "warning")
        ended = progress.reason and progress.reason[-1] not in ".!?"
        self._reason.setText(f"{progress.reason}." if ended else progress.reason)
        self._reason.setVisible(bool(progress.reason))
        self.setFixedHeight(HIGH if progress.reason else LOW)
        on = progress.phase in _HELD
        word = "Go on" if on else "Pause"
        self.hold.set_icon("play" if on else "pause")
        self.hold.set_name(f"{word}: {title}", word)


class UploadStrip(Card):
    """Shows every upload, and nothing when there is none. `stop_wanted` carries the id of a video."""

    stop_wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__("Uploads")
        self._context, self._uploads = context, context.uploads
        self.rows: dict[UUID, UploadRow] = {}
        self.setAccessibleName("Uploads")
        inside = QWidget()
        inside.setProperty("surface", "clear")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._column.addStretch(1)
        self._area = ScrollPane("Uploads", inside)
        self.body.addWidget(self._area)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is now."""
        found = {each.id: each for each in self._uploads.all()}
        for name in [each for each in self.rows if each not in found]:
            gone = self.rows.pop(name)
            gone.hide()
            self._column.removeWidget(gone)
            gone.deleteLater()
        for name, each in found.items():
            if name not in self.rows:
                self._add(each)
            if (progress := self._uploads.progress(name)) is not None:
                self.rows[name].show_progress(progress)
        self.set_subtitle(self._said())
        self.setVisible(bool(self.rows))
        self._fit()

    def toggle(self, name: UUID) -> None:
        """Hold an upload, or go on with it."""
        progress = self._uploads.progress(name)
        if progress is None:
            return
        if progress.phase in _HELD:
            self._uploads.resume(name)
        else:
            self._uploads.pause(name)

    def _add(self, upload: Upload) -> None:
        row = UploadRow(upload)
        row.held.connect(partial(self.toggle, upload.id))
        row.stopped.connect(partial(self.stop_wanted.emit, upload.id))
        self.rows[upload.id] = row
        self._column.insertWidget(self._column.count() - 1, row)

    def _said(self) -> str:
        sent = sum(p.sent for name in self.rows if (p := self._uploads.progress(name)))
        size = sum(each.size for each in self._uploads.all())
        files = "1 file" if len(self.rows) == 1 else f"{len(self.rows)} files"
        return f"{files} · {share(sent, size)} % of {amount(size)}"

    def _fit(self) -> None:
        heights = [row.height() for row in self.rows.values()]
        high = sum(heights[:MOST_SHOWN]) + GAP * max(0, min(MOST_SHOWN, len(heights)) - 1)
        # Half of the next one is seen, so that one knows of it.
        self._area.setFixedHeight(high + (GAP + heights[MOST_SHOWN] // 2 if len(heights) > MOST_SHOWN else 0))
