"""How a feature lends a panel to a page of another feature, without either knowing the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from studio.theme.icons import icon

if TYPE_CHECKING:
    from studio.video.panel import ReviewPlayer


@dataclass(frozen=True)
class Subject:
    """What a page is about: `content_type` is the server's word (`video`, `comment`, ...)."""

    content_type: str
    content_id: UUID


class Panel(Protocol):
    """A lent panel. `app.py` makes it and hands it to the host."""

    title: str
    icon: str

    def widget(self) -> QWidget:
        """Return the panel's widget, the same at each call."""

    def show_subject(self, subject: Subject | None) -> None:
        """Show what the panel knows about `subject`; called only while it can be seen."""


class TimedPanel(Panel, Protocol):
    """A panel that knows moments of a video: `seek_wanted` carries the millisecond to go to,
    `lanes_changed` the rows of stretches (`studio.video.playhead.Lane`) for the time bar, `regions_changed`
    the boxes (`Region`) to be drawn on its frames. `blank_wanted` blanks the screen.

    It is told of a subject while it is out of sight too, since its lanes are seen.
    """

    seek_wanted: SignalInstance
    lanes_changed: SignalInstance
    regions_changed: SignalInstance
    blank_wanted: SignalInstance

    def watch(self, player: ReviewPlayer) -> None:
        """The video of the subject has been opened in `player`."""


class PanelHost(QWidget):
    """Shows lent panels as tabs. Only the one in front is told of a new subject."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panels: list[Panel] = []
        self._told: dict[int, Subject | None] = {}
        self._subject: Subject | None = None
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setAccessibleName(name)
        self._tabs.tabBar().setAccessibleName(name)
        self._tabs.currentChanged.connect(self._tell)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tabs)
        self.hide()

    def lend(self, panel: Panel) -> None:
        """Add a panel at the right end."""
        self._panels.append(panel)
        self._tabs.addTab(panel.widget(), icon(panel.icon), panel.title.replace("&", "&&"))
        self.show()

    def show_subject(self, subject: Subject | None) -> None:
        """Turn to another subject, or to none."""
        self._subject = subject
        self._tell()

    def _tell(self) -> None:
        number = self._tabs.currentIndex()
        if 0 <= number < len(self._panels) and self._told.get(number) != self._subject:
            self._told[number] = self._subject
            self._panels[number].show_subject(self._subject)
