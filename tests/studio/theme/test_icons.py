"""Every icon draws, in the colour of the theme, at the scale of the screen."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QApplication

import resources
from studio.theme import style
from studio.theme.icons import icon, pixmap

NAMES = sorted(file.stem for file in resources.path("icons").glob("*.svg"))


def inks(image: QImage) -> set[str]:
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize("name", NAMES)
def test_icon_is_one_tinted_shape_inside_its_box(qapp: QApplication, name: str) -> None:
    image = pixmap(name, "danger", 24, 2.0).toImage()
    assert inks(image) == {style.tokens().danger}
    edge = [image.pixelColor(x, y).alpha() for x in range(48) for y in (0, 47)]
    edge += [image.pixelColor(x, y).alpha() for y in range(48) for x in (0, 47)]
    assert max(edge) == 0, "a stroke is clipped by the view box"


@pytest.mark.parametrize("name", NAMES)
def test_icons_are_one_set(name: str) -> None:
    source = resources.path(f"icons/{name}.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 24 24"' in source
    assert re.findall(r'stroke-width="([\d.]+)"', source) == ["1.7"]
    assert not re.search(r"#[0-9a-fA-F]{3}|<script|href", source)


def test_icon_follows_the_theme_without_being_set_again(qapp: QApplication) -> None:
    held = icon("flag", "accent")
    before = held.pixmap(QSize(24, 24)).toImage()
    style.apply(qapp, "light")
    after = held.pixmap(QSize(24, 24)).toImage()
    style.apply(qapp, "dark", reduced_motion=True)
    assert inks(after) == {"#1b5fd0"}
    assert before != after


def test_disabled_icon_is_dimmed(qapp: QApplication) -> None:
    image = icon("flag").pixmap(QSize(24, 24), QIcon.Mode.Disabled).toImage()
    assert inks(image) == {style.tokens().text_disabled}


def test_scale_gives_more_pixels_not_a_larger_icon(qapp: QApplication) -> None:
    sharp = pixmap("play", "text", 18, 2.0)
    assert (sharp.width(), sharp.deviceIndependentSize().width()) == (36, 18.0)
    assert icon("play").pixmap(QSize(18, 18), 2.0).deviceIndependentSize() == QSize(18, 18)


def test_unknown_names_fail_where_they_are_asked_for(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icon("unicorn")
    with pytest.raises(KeyError):
        icon("play", "row_height")
    assert QColor(style.tokens().color("text")).isValid()
