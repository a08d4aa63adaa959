"""Two videos side by side: the right one stands where it belongs, and both are shielded alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.keys import Keymap
from studio.video.along import Along
from studio.video.compare import Compare
from studio.video.shield import OPEN, Shield
from tests.studio.tabs.office import nameless

Clip = Callable[[str], Path]
ALONG = Along(1_000, 3_000, 500, 2_500)


@pytest.fixture
def both(qtbot: QtBot, clip: Clip) -> Compare:
    shown = Compare(Keymap(), "The upload", "The original")
    qtbot.addWidget(shown, before_close_func=Compare.close_videos)
    shown.resize(900, 420)
    shown.show()
    shown.begin(ALONG)
    shown.left.open(clip("bframes"))
    shown.right.open(clip("cfr"))
    qtbot.waitUntil(lambda: shown.left.player.head is not None and shown.right.player.head is not None)
    return shown


def frames(both: Compare) -> tuple[int, int]:
    left, right = both.left.player.head, both.right.player.head
    assert left is not None
    assert right is not None
    return left.frame, right.frame


def test_they_begin_where_they_belong_together(both: Compare, qtbot: QtBot) -> None:
    assert frames(both) == (30, 15)
    qtbot.waitUntil(lambda: both.right.view.picture is not None and both.right.view.picture.frame == 15)
    assert both.right.where.text().startswith("0:00.500")


def test_they_step_seek_and_play_together(both: Compare, qtbot: QtBot) -> None:
    both.button("step-forward").click()
    assert frames(both) == (31, 16)
    both.timeline.scrubbed.emit(60)
    assert frames(both) == (60, 45)
    both.button("first-frame").click()
    assert frames(both) == (0, 0)  # the other has nothing before its beginning
    both.button("play").click()
    qtbot.waitUntil(lambda: frames(both)[0] > 20)
    both.button("play").click()
    left, right = frames(both)
    assert right == max(left - 15, 0)


def test_a_reveal_and_a_shield_hold_for_both(both: Compare, qtbot: QtBot) -> None:
    sides = (both.left, both.right)
    both.reveal(True)
    assert all(side.player.required == OPEN for side in sides)
    qtbot.waitUntil(lambda: all(s.view.picture is not None and s.view.picture.shield == OPEN for s in sides))
    both.reveal(False)
    assert all(s.view.picture is None or s.view.picture.shield != OPEN for s in sides)
    both.set_shield(Shield(strength=90, grey=True))
    assert all(side.player.required == Shield(strength=90, grey=True) for side in sides)
    both.reveal(True)
    both.hide()
    assert not any(side.player.revealed for side in sides)


def test_its_keys_and_names(both: Compare, qtbot: QtBot) -> None:
    both.left.view.setFocus()
    qtbot.keyClick(both.left.view, Qt.Key.Key_Right)
    assert frames(both) == (31, 16)
    assert nameless(both) == []
    assert "(Space)" in both.button("play").toolTip()


def test_one_that_cannot_be_shown_says_so_and_the_other_goes_on(
    both: Compare, tmp_path: Path, qtbot: QtBot
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    both.right.open(broken)
    qtbot.waitUntil(lambda: both.right.view.accessibleDescription().startswith("This video cannot be shown"))
    both.button("step-forward").click()
    assert both.left.player.head is not None
    assert both.left.player.head.frame == 31


def test_blanked_neither_shows_anything_until_they_are_wanted_again(both: Compare, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: both.left.view.picture is not None and both.right.view.picture is not None)
    wanted: list[bool] = []
    both.blank_wanted.connect(lambda: wanted.append(True))
    both.button("play").click()
    both.button("panic").click()
    assert wanted == [True]
    both.set_blank(True)
    assert both.blank
    assert both.left.view.picture is None
    assert both.right.view.picture is None
    assert not both.left.player.head.playing  # type: ignore[union-attr]
    both.reveal(True)
    assert not both.left.player.revealed
    both.set_blank(False)
    qtbot.waitUntil(lambda: both.left.view.picture is not None and both.right.view.picture is not None)
