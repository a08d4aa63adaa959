"""Applies one theme to the application: Fusion, palette, style sheet, fonts, motion."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from string import Template
from typing import Final, Literal

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

import resources
from studio.theme.sheet import SHEET
from studio.theme.tokens import DARK, THEMES, Tokens

Choice = Literal["system", "dark", "light", "contrast"]
CHOICES: Final[tuple[Choice, ...]] = ("system", "dark", "light", "contrast")
FONT_FILES: Final = ("Inter-Regular.ttf", "Inter-Medium.ttf", "Inter-SemiBold.ttf")

_ROLES: Final = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "hover",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "text_faint",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "danger",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.ToolTipBase: "overlay",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Light: "hover",
    QPalette.ColorRole.Midlight: "raised",
    QPalette.ColorRole.Mid: "border",
    QPalette.ColorRole.Dark: "border",
    QPalette.ColorRole.Shadow: "sunken",
}

_PICTURES: Final = {
    "check": ("check", "on_accent"),
    "chevron_down": ("chevron-down", "text_muted"),
    "chevron_up": ("chevron-up", "text_muted"),
}


class Theme(QObject):
    """The look that one application wears; `changed` is emitted after a new one is on.

    Widgets hear of it as `QEvent.PaletteChange` and icons tint themselves, so only what keeps
    colours of its own (a chart, a cached picture) needs the signal.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice: Choice = "dark"
        self.tokens: Tokens = DARK
        self.reduced_motion = False
        self._pictures = QTemporaryDir()

    def _follow_system(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication) and self.choice == "system":
            self._wear(app, _system_tokens(app))

    def _wear(self, app: QApplication, tokens: Tokens) -> None:
        self.tokens = tokens
        app.setPalette(palette(tokens))
        app.setStyleSheet(Template(SHEET).substitute(asdict(tokens) | self._tint(tokens)))
        self.changed.emit()

    def _tint(self, tokens: Tokens) -> dict[str, str]:
        """Write the pictures of the sheet in this theme's colours: style sheets only read files."""
        files = {}
        for key, (name, role) in _PICTURES.items():
            source = resources.path(f"icons/{name}.svg").read_text(encoding="utf-8")
            file = Path(self._pictures.filePath(f"{tokens.name}-{name}.svg"))
            file.write_text(source.replace("currentColor", tokens.color(role)), encoding="utf-8")
            files[key] = file.as_posix()
        return files


_theme: Theme | None = None


def theme() -> Theme:
    """Return the application's theme object; before `apply` it wears the dark tokens."""
    global _theme
    if _theme is None:
        _theme = Theme()
    return _theme


def tokens() -> Tokens:
    """Return the tokens worn now. Painters ask at paint time and so follow every change."""
    return theme().tokens


def duration(milliseconds: int) -> int:
    """Return the length of an animation: 0 when the person asked for reduced motion."""
    return 0 if theme().reduced_motion else milliseconds


def apply(app: QApplication, choice: Choice, *, reduced_motion: bool = False) -> None:
    """Dress `app`; with `system` it follows light, dark and high contrast as the desktop changes.

    Raises KeyError for an unknown choice.
    """
    current = theme()
    first = app.property("studio_dressed") is None
    if first:
        app.setProperty("studio_dressed", True)
        app.setStyle("Fusion")
        app.setFont(load_fonts())
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(current._follow_system)
        hints.accessibility().contrastPreferenceChanged.connect(current._follow_system)
    current.choice = choice
    current.reduced_motion = reduced_motion
    current._wear(app, _system_tokens(app) if choice == "system" else THEMES[choice])


def load_fonts() -> QFont:
    """Register the bundled fonts and return the body font, with tabular figures.

    Figures of one width keep countdowns and table columns from trembling (OpenType `tnum`).
    """
    for name in FONT_FILES:
        QFontDatabase.addApplicationFont(str(resources.path(f"fonts/{name}")))
    return font("body")


@cache
def font(size: str = "body", weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the interface font in token size `size` (caption, body, title, heading, display).

    One for all: a painter that sets a font made anew looks its glyphs up anew, in every cell of a table.
    """
    made = QFont(DARK.font_family)
    made.setPixelSize(getattr(DARK, f"font_{size}"))
    made.setWeight(weight)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def palette(worn: Tokens) -> QPalette:
    """Return the Qt palette of `worn`, for what style sheets do not reach."""
    made = QPalette()
    for role, name in _ROLES.items():
        made.setColor(role, QColor(worn.color(name)))
    disabled = QColor(worn.text_disabled)
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        made.setColor(QPalette.ColorGroup.Disabled, role, disabled)
    return made


def _system_tokens(app: QApplication) -> Tokens:
    hints = app.styleHints()
    if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
        return THEMES["contrast"]
    return THEMES["light" if hints.colorScheme() == Qt.ColorScheme.Light else "dark"]
