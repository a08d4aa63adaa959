"""Dressing the application: themes, the system's wish, fonts, motion."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.theme import style
from studio.theme.tokens import LIGHT, THEMES


@pytest.fixture(autouse=True)
def restore(qapp: QApplication) -> Iterator[None]:
    yield
    style.apply(qapp, "dark", reduced_motion=True)


@pytest.mark.parametrize("name", ["dark", "light", "contrast"])
def test_theme_reaches_palette_and_sheet(qapp: QApplication, qtbot: QtBot, name: str) -> None:
    with qtbot.waitSignal(style.theme().changed):
        style.apply(qapp, name)  # type: ignore[arg-type]
    worn = THEMES[name]
    assert style.tokens() is worn
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == worn.window
    assert worn.accent in qapp.styleSheet()
    assert "$" not in qapp.styleSheet()


def test_system_choice_follows_the_desktop(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    style.apply(qapp, "system")
    monkeypatch.setattr(style, "_system_tokens", lambda app: LIGHT)
    with qtbot.waitSignal(style.theme().changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert style.tokens() is LIGHT


def test_fixed_choice_ignores_the_desktop(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    style.apply(qapp, "contrast")
    monkeypatch.setattr(style, "_system_tokens", lambda app: LIGHT)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert style.tokens().name == "contrast"


@pytest.mark.parametrize(
    ("scheme", "contrast", "name"),
    [
        (Qt.ColorScheme.Light, Qt.ContrastPreference.NoPreference, "light"),
        (Qt.ColorScheme.Dark, Qt.ContrastPreference.NoPreference, "dark"),
        (Qt.ColorScheme.Unknown, Qt.ContrastPreference.NoPreference, "dark"),
        (Qt.ColorScheme.Light, Qt.ContrastPreference.HighContrast, "contrast"),
    ],
)
def test_what_the_system_asks_for(scheme: Qt.ColorScheme, contrast: Qt.ContrastPreference, name: str) -> None:
    hints = Mock(**{"styleHints.return_value.colorScheme.return_value": scheme})
    hints.styleHints.return_value.accessibility.return_value.contrastPreference.return_value = contrast
    assert style._system_tokens(hints).name == name


def test_unknown_choice_is_refused(qapp: QApplication) -> None:
    with pytest.raises(KeyError):
        style.apply(qapp, "sepia")  # type: ignore[arg-type]


@pytest.mark.parametrize("weight", [QFont.Weight.Normal, QFont.Weight.Medium, QFont.Weight.DemiBold])
def test_bundled_weights_are_real(qapp: QApplication, weight: QFont.Weight) -> None:
    info = QFontInfo(style.font("body", weight))
    assert (info.family(), info.weight()) == ("Inter", weight)


def test_figures_have_one_width(qapp: QApplication) -> None:
    metrics = QFontMetrics(qapp.font())
    assert len({metrics.horizontalAdvance(figure * 4) for figure in "0123456789"}) == 1


def test_reduced_motion_ends_every_animation_at_once(qapp: QApplication) -> None:
    style.apply(qapp, "dark", reduced_motion=True)
    assert style.duration(240) == 0
    style.apply(qapp, "dark")
    assert style.duration(240) == 240
