"""The scenes as a whole: every tab has some, and the tour shows what they make."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from studio.keys import ACTIONS, shown
from studio.scenes.strips import STRIPS
from studio.screenshots import THEMES, TOUR
from studio.settings import TABLE
from studio.tab_kinds import tab_kinds

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tour.md").read_text(encoding="utf-8")
PICTURES = [name for strip in STRIPS for name in strip.pictures]


def test_no_picture_has_the_name_of_another() -> None:
    assert [name for name, count in Counter(PICTURES).items() if count > 1] == []


def test_every_tab_has_scenes() -> None:
    assert {kind.tab.id for kind in tab_kinds()} == {strip.tab for strip in STRIPS} - {""}


def test_every_list_is_shown_in_every_state() -> None:
    states = ("loading", "empty", "error", "offline")
    missing = {f"{tab}-{state}" for tab in ("queue", "people", "audit", "ops") for state in states}
    assert missing - set(PICTURES) == set()
    assert "queue-dense" in PICTURES


def test_every_page_of_the_settings_has_a_picture() -> None:
    pages = {setting.page.lower() for setting in TABLE if setting.page}
    assert {f"settings-{page}" for page in pages} <= set(PICTURES)


def test_the_tour_is_made_of_pictures_that_are_taken() -> None:
    wanted = {name for names in TOUR.values() for name in names}
    assert wanted <= set(PICTURES)
    assert set(TOUR) <= set(THEMES)


def test_the_tour_shows_what_is_made_for_it_and_nothing_else() -> None:
    made = {f"{name}-{theme}.png" for theme, names in TOUR.items() for name in names}
    assert set(re.findall(r"\]\(screenshots/([^)]+)\)", PAGE)) == made
    assert {file.name for file in (ROOT / "docs/screenshots").iterdir()} == made


def test_the_pictures_of_the_tour_stay_small() -> None:
    assert sum(file.stat().st_size for file in (ROOT / "docs/screenshots").iterdir()) <= 3_000_000


def test_the_tour_names_keys_that_exist() -> None:
    keys = {shown(key) for action in ACTIONS for key in action.keys}
    named = set(re.findall(r"`([^\s`]|Enter|Ctrl\+\S)`", PAGE))
    assert named
    assert named <= keys
