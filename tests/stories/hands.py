"""A person at the client: keys, words, and pictures of what is seen."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, get_args

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studio.app import App
from studio.stage import ThemeName

ROOT = Path(__file__).parents[2]
_CHOSEN = os.environ.get("STORY_THEME", "dark")
THEME = next(theme for theme in get_args(ThemeName) if theme == _CHOSEN)
"""What the client wears in a story; `make stories` plays each in every theme."""
STORIES = ROOT / "build/stories" / THEME


@dataclass
class Hands:
    """`shots` counts the pictures in the folder of this person's story, also those of a run before."""

    story: ClassVar[str]
    app: App
    shots: int = field(default=0, kw_only=True)

    def shot(self, name: str, window: QWidget | None = None) -> None:
        """Take a picture of the window, or of another one, laid out as it would be painted."""
        self.shots += 1
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        (window or self.app.window).grab().save(str(STORIES / self.story / f"{self.shots:02}-{name}.png"))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Give a key to whatever has the focus."""
        QTest.keyClick(self._focus(), key, modifier)

    def type(self, text: str) -> None:
        """Write into whatever has the focus."""
        QTest.keyClicks(self._focus(), text)

    def _focus(self) -> QWidget:
        focus = QApplication.focusWidget() or self.app.window
        assert isinstance(focus, QWidget)
        return focus
