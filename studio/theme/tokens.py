"""The visual vocabulary of the client: three themes with the same keys, free of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """One theme. Colours are `#rrggbb`; lengths and font sizes are device-independent pixels.

    A plain colour name (`danger`) is meant for text, icons and bars on a surface, `*_soft` is the
    quiet background behind it, and `on_*` is text on a filled button of that colour.
    """

    name: str

    window: str
    sidebar: str
    surface: str
    raised: str
    hover: str
    sunken: str
    field: str
    overlay: str
    selected: str

    text: str
    text_muted: str
    text_faint: str
    text_disabled: str

    border: str
    control: str
    focus: str

    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    success: str
    success_hover: str
    success_soft: str
    on_success: str
    warning: str
    warning_soft: str
    danger: str
    danger_hover: str
    danger_soft: str
    on_danger: str
    info: str
    info_soft: str

    critical: str
    critical_soft: str
    high: str
    high_soft: str
    medium: str
    medium_soft: str
    low: str
    low_soft: str

    radius: int = 8
    radius_small: int = 6
    radius_large: int = 12

    space_1: int = 4
    space_2: int = 8
    space_3: int = 12
    space_4: int = 16
    space_5: int = 24
    space_6: int = 32

    font_family: str = "Inter"
    font_caption: int = 12
    font_body: int = 13
    font_title: int = 15
    font_heading: int = 20
    font_display: int = 28

    row_height: int = 38
    control_height: int = 32
    icon_size: int = 18

    duration_fast_ms: int = 120
    duration_slow_ms: int = 240
    toast_ms: int = 6000

    def color(self, role: str) -> str:
        """Return the colour named `role`; raises KeyError for a name that is not a colour."""
        value = getattr(self, role, None)
        if not isinstance(value, str) or not value.startswith("#"):
            raise KeyError(role)
        return value


DARK: Final = Tokens(
    name="dark",
    window="#111317",
    sidebar="#16181e",
    surface="#1a1d24",
    raised="#242832",
    hover="#20242c",
    sunken="#0c0e12",
    field="#0f1115",
    overlay="#20242d",
    selected="#1f3258",
    text="#e9ecf2",
    text_muted="#a9b1c0",
    text_faint="#949cac",
    text_disabled="#646c7c",
    border="#2a2f39",
    control="#6f788b",
    focus="#7fb2ff",
    accent="#6ea8ff",
    accent_hover="#8dbbff",
    accent_soft="#1c2d4d",
    on_accent="#0a1428",
    success="#4cc38a",
    success_hover="#67d29f",
    success_soft="#15302a",
    on_success="#06180f",
    warning="#eeb43e",
    warning_soft="#352a14",
    danger="#ff7272",
    danger_hover="#ff9090",
    danger_soft="#401f23",
    on_danger="#260507",
    info="#5bc5e6",
    info_soft="#122f3b",
    critical="#ff7a96",
    critical_soft="#451b2b",
    high="#ff9a5c",
    high_soft="#40261a",
    medium="#e5c04d",
    medium_soft="#352d16",
    low="#95b2d8",
    low_soft="#22304a",
)

LIGHT: Final = Tokens(
    name="light",
    window="#f3f4f7",
    sidebar="#eaecf1",
    surface="#ffffff",
    raised="#f0f2f6",
    hover="#f5f6f9",
    sunken="#e7eaf0",
    field="#ffffff",
    overlay="#ffffff",
    selected="#d9e6fd",
    text="#161920",
    text_muted="#4a5262",
    text_faint="#5b6373",
    text_disabled="#9aa1ae",
    border="#dcdfe7",
    control="#828a9b",
    focus="#1b5fd0",
    accent="#1b5fd0",
    accent_hover="#164fae",
    accent_soft="#e2ecfd",
    on_accent="#ffffff",
    success="#13693f",
    success_hover="#0f5633",
    success_soft="#dcf3e6",
    on_success="#ffffff",
    warning="#825200",
    warning_soft="#fcefd2",
    danger="#b8232c",
    danger_hover="#981a22",
    danger_soft="#fde4e4",
    on_danger="#ffffff",
    info="#0a617a",
    info_soft="#daf1f8",
    critical="#a8154a",
    critical_soft="#fbe0ea",
    high="#a03c0b",
    high_soft="#fde7da",
    medium="#775600",
    medium_soft="#f9efcc",
    low="#3c5a86",
    low_soft="#e3eaf5",
)

CONTRAST: Final = Tokens(
    name="contrast",
    window="#000000",
    sidebar="#000000",
    surface="#000000",
    raised="#242424",
    hover="#1f1f1f",
    sunken="#000000",
    field="#000000",
    overlay="#0a0a0a",
    selected="#10295c",
    text="#ffffff",
    text_muted="#e8e8e8",
    text_faint="#d6d6d6",
    text_disabled="#9a9a9a",
    border="#8f8f8f",
    control="#ffffff",
    focus="#ffe14d",
    accent="#8ec7ff",
    accent_hover="#b5daff",
    accent_soft="#0c2340",
    on_accent="#000000",
    success="#5fe3a1",
    success_hover="#92efc0",
    success_soft="#06291a",
    on_success="#000000",
    warning="#ffcf4d",
    warning_soft="#2e2200",
    danger="#ff9c9c",
    danger_hover="#ffc0c0",
    danger_soft="#3a0a0d",
    on_danger="#000000",
    info="#7fdcf7",
    info_soft="#06262f",
    critical="#ff9db8",
    critical_soft="#3b0719",
    high="#ffb27d",
    high_soft="#351803",
    medium="#ffdf70",
    medium_soft="#2c2300",
    low="#b9d2f5",
    low_soft="#101f36",
)

THEMES: Final[dict[str, Tokens]] = {t.name: t for t in (DARK, LIGHT, CONTRAST)}
