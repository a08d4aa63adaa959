"""Whatever shows a key shows the key in force, for as long as it is there."""

from __future__ import annotations

import re
from pathlib import Path

import shiboken6
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.key_hints import hint
from studio.keys import KeyConflict, Keymap
from studio.widgets.nav_rail import NavEntry, NavRail

STUDIO = Path(__file__).parents[2] / "studio"


def test_a_hint_follows_and_ends_with_its_widget(qtbot: QtBot) -> None:
    keymap = Keymap()
    button = hint(keymap, QPushButton(), "review.allow")
    assert "Allow (A)" in button.toolTip()
    keymap.remap("review.allow", ["Y"])
    assert "Allow (Y)" in button.toolTip()
    keymap.remap("review.allow", [])
    assert "(" not in button.toolTip()
    shiboken6.delete(button)
    keymap.reset()


def test_the_rail_shows_other_keys_and_keeps_its_badges(qtbot: QtBot) -> None:
    rail = NavRail("Studio")
    qtbot.addWidget(rail)
    rail.set_entries([NavEntry(id="queue", title="Queue", icon="queue", key="Ctrl+1")])
    rail.set_badge("queue", 4)
    rail.set_keys({"queue": "Ctrl+9", "gone": "X"})
    (button,) = [b for b in rail.findChildren(QPushButton) if b.accessibleName().startswith("Queue")]
    assert button.accessibleName() == "Queue, 4 waiting"
    assert "Ctrl+9" in button.toolTip()


def test_no_page_takes_a_tooltip_from_the_key_map_once_and_for_all() -> None:
    stale = re.compile(r"tip=\S*keymap\.(tooltip|shown)\(")
    assert [f.name for f in STUDIO.rglob("*.py") if stale.search(f.read_text(encoding="utf-8"))] == []


def test_a_swap_is_whole_or_not_at_all() -> None:
    keymap = Keymap()
    assert keymap.swap("review.allow", "R").id == "review.restrict"
    assert (keymap.keys("review.allow"), keymap.keys("review.restrict")) == (("R",), ("A",))
    # The global search cannot take a letter that another scope uses too.
    keymap.remap("queue.why", ["A"])
    before = keymap.chosen()
    try:
        keymap.swap("review.restrict", "Ctrl+K")
    except KeyConflict:
        assert keymap.chosen() == before
    else:
        raise AssertionError("a swap that leaves a conflict was made")
