"""WCAG 2.2 contrast of every pair of colours that the client really puts together."""

from __future__ import annotations

import pytest

from studio.theme.tokens import CONTRAST, THEMES, Tokens

SURFACES = ("window", "sidebar", "surface", "raised", "hover", "overlay", "selected", "sunken", "field")
TEXTS = ("text", "text_muted", "text_faint")
STATES = ("success", "warning", "danger", "info", "critical", "high", "medium", "low", "accent")
TEXT_PAIRS = [
    *[(text, surface) for text in TEXTS for surface in SURFACES],
    *[(state, f"{state}_soft") for state in STATES],
    *[(state, surface) for state in STATES for surface in ("surface", "window", "overlay")],
    *[(f"on_{fill}", fill) for fill in ("accent", "success", "danger")],
    *[(f"on_{fill}", f"{fill}_hover") for fill in ("accent", "success", "danger")],
]
PART_PAIRS = [
    *[("focus", surface) for surface in SURFACES],
    *[("control", surface) for surface in ("surface", "window", "overlay", "field")],
    *[(state, "raised") for state in STATES],
]


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2 definition."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def failing(theme: Tokens, pairs: list[tuple[str, str]], least: float) -> list[str]:
    ratios = [(a, b, contrast(theme.color(a), theme.color(b))) for a, b in pairs]
    return [f"{a} on {b}: {ratio:.2f}" for a, b, ratio in ratios if ratio < least]


def test_contrast_formula_has_the_known_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda t: t.name)
def test_text_is_readable(theme: Tokens) -> None:
    assert failing(theme, TEXT_PAIRS, 4.5) == []


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda t: t.name)
def test_parts_of_controls_can_be_seen(theme: Tokens) -> None:
    assert failing(theme, PART_PAIRS, 3.0) == []


def test_contrast_theme_reaches_enhanced_level() -> None:
    assert failing(CONTRAST, TEXT_PAIRS, 7.0) == []


def test_color_refuses_what_is_not_a_colour() -> None:
    with pytest.raises(KeyError):
        CONTRAST.color("row_height")
    with pytest.raises(KeyError):
        CONTRAST.color("nonsense")
