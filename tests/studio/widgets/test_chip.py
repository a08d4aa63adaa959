"""Chips: known tones only, width of their word, never wider than their room."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.theme import style
from studio.widgets.chip import TONES, Chip, chip_width, paint_chip


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
@pytest.mark.parametrize("tone", TONES)
def test_every_tone_exists_in_every_theme(qapp: QApplication, tone: str, theme: style.Choice) -> None:
    style.apply(qapp, theme, reduced_motion=True)
    image = QImage(120, 30, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_chip(painter, QRect(0, 0, 120, 30), "Word", tone, "flag")
    painter.end()
    style.apply(qapp, "dark", reduced_motion=True)
    assert image.pixelColor(20, 6).alpha() == 255


def test_unknown_tone_is_refused(qapp: QApplication) -> None:
    image = QImage(50, 30, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    with pytest.raises(KeyError):
        paint_chip(painter, QRect(0, 0, 50, 30), "Word", "text")
    painter.end()


def test_chip_stays_inside_its_room(qapp: QApplication) -> None:
    image = QImage(120, 30, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_chip(painter, QRect(10, 0, 60, 30), "a word that is far too long", "danger")
    painter.end()
    assert image.pixelColor(5, 15).alpha() == image.pixelColor(75, 15).alpha() == 0
    assert image.pixelColor(40, 6).alpha() == 255


def test_name_and_size_follow_the_word(qtbot: QtBot) -> None:
    chip = Chip("Low")
    qtbot.addWidget(chip)
    chip.set("Escalated", "warning", "escalate")
    assert chip.accessibleName() == "Escalated"
    assert chip.sizeHint().width() == chip_width("Escalated", "escalate") > chip_width("Escalated")
