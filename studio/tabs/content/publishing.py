"""Who may see a video, and from when on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QCheckBox, QComboBox, QDateTimeEdit, QVBoxLayout, QWidget

from server.content.rules import Visibility
from studio.tabs.content.state import VISIBILITIES, proposed_time
from studio.theme import style
from studio.widgets.form import FormRow


class Publishing(QWidget):
    """Emits `typed` at each change by the person at the screen, never for `show_values`."""

    typed = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._open = True
        self.setProperty("surface", "clear")
        self.visibility = QComboBox()
        for each, (title, _) in VISIBILITIES.items():
            self.visibility.addItem(title, each.value)
        self._visibility_row = FormRow("Visibility", self.visibility)
        self.later = QCheckBox("Publish at a later time")
        self.later.setAccessibleName("Publish at a later time")
        self.time = QDateTimeEdit()
        self.time.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.time.setCalendarPopup(True)
        calendar = self.time.calendarWidget()
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
            calendar.setWeekdayTextFormat(day, QTextCharFormat())  # else red, as an error is
        self.time_row = FormRow("Publish on", self.time, "In the time zone of this computer")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(style.tokens().space_2)
        column.addWidget(self._visibility_row)
        column.addWidget(self.later)
        column.addWidget(self.time_row)
        self.visibility.activated.connect(lambda: self._chosen())
        self.later.clicked.connect(lambda: self._chosen())
        self.time.dateTimeChanged.connect(lambda: self.typed.emit())
        self.show_values(Visibility.PUBLIC, None)

    @property
    def chosen(self) -> Visibility:
        """The visibility that is chosen."""
        return Visibility(self.visibility.currentData())

    @property
    def publish_at(self) -> datetime | None:
        """The time of publication, None = at once."""
        if self.later.isHidden() or not self.later.isChecked():
            return None
        return datetime.fromtimestamp(self.time.dateTime().toSecsSinceEpoch(), UTC)

    def show_values(self, visibility: Visibility, publish_at: datetime | None, *, open_: bool = True) -> None:
        """Fill the fields; `open_` says whether a time can still be chosen."""
        self._open = open_
        self.visibility.setCurrentIndex(self.visibility.findData(visibility.value))
        self.later.setChecked(publish_at is not None)
        self._set_time(publish_at or proposed_time(self._now()))
        self._judge()

    def set_fault(self, text: str) -> None:
        """Say what is wrong with the time."""
        self.time_row.set_fault(text)

    def _set_time(self, at: datetime) -> None:
        self.time.blockSignals(True)
        self.time.setDateTime(QDateTime.fromSecsSinceEpoch(int(at.timestamp())))
        self.time.blockSignals(False)

    def _chosen(self) -> None:
        self._judge()
        self.typed.emit()

    def _judge(self) -> None:
        title, explained = VISIBILITIES[self.chosen]
        self._visibility_row.set_help(explained)
        self.visibility.setAccessibleName(f"Visibility: {title}")
        may = self._open and self.chosen is Visibility.PUBLIC
        self.later.setVisible(may)
        self.time_row.setVisible(may and self.later.isChecked())
