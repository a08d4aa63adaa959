"""An icon that stands by itself follows the theme, and is the one way to have one."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.theme import style
from studio.widgets.icon_label import IconLabel

STUDIO = Path(__file__).parents[3] / "studio"


def test_it_is_drawn_anew_in_the_colours_of_another_theme(qapp: QApplication, qtbot: QtBot) -> None:
    style.apply(qapp, "dark", reduced_motion=True)
    icon = IconLabel("search")
    qtbot.addWidget(icon)
    dark = icon.pixmap().toImage()
    try:
        style.apply(qapp, "light", reduced_motion=True)
        assert icon.pixmap().toImage() != dark
    finally:
        style.apply(qapp, "dark", reduced_motion=True)
    assert icon.pixmap().toImage() == dark


def test_nothing_else_keeps_a_drawn_icon() -> None:
    fixed = re.compile(r"setPixmap\(\s*pixmap\(")
    keeping = {file.name for file in STUDIO.rglob("*.py") if fixed.search(file.read_text(encoding="utf-8"))}
    assert keeping <= {"gallery_pieces.py"}
