"""A pane beside the picture whose content another feature lends."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from studio.sparks.tray import SparkTray
from studio.tabs.feed.side_pane import SidePane
from studio.theme import style
from studio.widgets.button import IconButton
from studio.widgets.label import Label


class LentPane(SidePane):
    """Title and a way to put it away stand above what is lent."""

    def __init__(self, tray: SparkTray) -> None:
        super().__init__(tray.title)
        self.tray = tray
        worn = style.tokens()
        self.close_button = IconButton("x", f"Close: {tray.title}")
        self.close_button.clicked.connect(self.close_now)
        top = QHBoxLayout()
        top.setContentsMargins(worn.space_4, worn.space_3, worn.space_2, worn.space_2)
        top.addWidget(Label(tray.title, "title"), 1)
        top.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(tray.widget(), 1)

    def take_keys(self) -> None:
        self.tray.open()

    def retry(self) -> None:
        self.tray.retry()
