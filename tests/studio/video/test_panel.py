from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QHideEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.keys import ACTIONS, BY_ID, Keymap
from studio.video.panel import ReviewPlayer
from studio.video.shield import Shield
from studio.video.storyboard import STILLS

Clip = Callable[[str], Path]


@pytest.fixture
def panel(qtbot: QtBot) -> ReviewPlayer:
    made = ReviewPlayer()
    qtbot.addWidget(made, before_close_func=ReviewPlayer.close_video)
    made.resize(900, 700)
    made.show()
    return made


def opened(qtbot: QtBot, panel: ReviewPlayer, source: Path) -> None:
    panel.open(source)
    qtbot.waitUntil(lambda: panel.view.picture is not None and panel.view.picture.exact)


def test_every_part_has_a_name_and_a_keyboard_path(panel: ReviewPlayer) -> None:
    parts = panel.findChildren(QAbstractButton) + panel.findChildren(QAbstractSlider)
    parts += [panel.view, panel.storyboard]
    assert len(parts) > 15
    for part in parts:
        name = QAccessible.queryAccessibleInterface(part).text(QAccessible.Text.Name)
        assert name, part
        assert part.focusPolicy() & Qt.FocusPolicy.TabFocus, name


def test_tool_tips_name_the_key_in_force(qtbot: QtBot) -> None:
    keymap = Keymap()
    panel = ReviewPlayer(keymap=keymap)
    qtbot.addWidget(panel)
    assert "(B)" in panel.button("reveal").toolTip()
    keymap.remap("review.play", ["F9"])
    assert "(F9)" in panel.button("play").toolTip()


def test_the_player_answers_every_action_that_is_its_own(panel: ReviewPlayer) -> None:
    own = {
        action.id
        for action in ACTIONS
        if action.scope == "review" and action.group in ("Playback", "Marks", "Comfort")
    }
    assert set(panel.handlers()) == own - {"review.transcript", "review.panic"}
    assert {f"review.{name}" for name in panel._buttons} - {"review.blur"} <= set(BY_ID)


def test_every_handler_runs_with_and_without_a_video(panel: ReviewPlayer, qtbot: QtBot, clip: Clip) -> None:
    def run_all() -> None:
        for name, handler in panel.handlers().items():
            for argument in ([True], [False]) if BY_ID[name].hold else ([], []):
                handler(*argument)

    run_all()
    opened(qtbot, panel, clip("tone"))
    run_all()
    assert panel.player.head is not None


def test_buttons_act(panel: ReviewPlayer, qtbot: QtBot, clip: Clip) -> None:
    opened(qtbot, panel, clip("bframes"))
    head = lambda: panel.player.head  # noqa: E731
    for name, frame in (
        ("last-frame", 149),
        ("step-back", 148),
        ("mark-in", 148),
        ("first-frame", 0),
        ("next-marker", 148),
        ("previous-marker", 148),
    ):
        qtbot.mouseClick(panel.button(name), Qt.MouseButton.LeftButton)
        assert head() is not None
        assert head().frame == frame
    with qtbot.waitSignal(panel.mark_requested) as asked:
        panel.button("note").click()
    assert asked.args == [148]
    panel.button("play").click()
    panel.button("play").click()
    panel.button("greyscale").click()
    assert panel.player.shield.grey
    panel._strength.setValue(90)
    assert panel.player.shield == Shield(True, 90, True)


def test_reveal_lasts_while_the_button_is_down(panel: ReviewPlayer, qtbot: QtBot, clip: Clip) -> None:
    opened(qtbot, panel, clip("bframes"))
    button = panel.button("reveal")
    qtbot.mousePress(button, Qt.MouseButton.LeftButton)
    assert panel.player.revealed
    qtbot.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert not panel.player.revealed
    button.setFocus()
    qtbot.keyPress(button, Qt.Key.Key_Space)
    assert panel.player.revealed
    qtbot.keyRelease(button, Qt.Key.Key_Space)
    assert not panel.player.revealed


@pytest.mark.parametrize("event", [QHideEvent(), QEvent(QEvent.Type.ActivationChange)])
def test_reveal_ends_when_attention_leaves(
    panel: ReviewPlayer, qtbot: QtBot, clip: Clip, event: QEvent
) -> None:
    opened(qtbot, panel, clip("bframes"))
    other = QWidget()
    qtbot.addWidget(other)
    with qtbot.waitActive(other):
        other.show()
        other.activateWindow()
    panel.player.reveal(True)
    QApplication.sendEvent(panel, event)
    assert not panel.player.revealed


def test_sound_level_and_storyboard_follow(panel: ReviewPlayer, qtbot: QtBot, clip: Clip) -> None:
    opened(qtbot, panel, clip("tone"))
    qtbot.waitUntil(lambda: panel.waveform._peaks is not None, timeout=20_000)
    qtbot.waitUntil(lambda: len(panel.storyboard._stills) == STILLS, timeout=20_000)
    assert panel.waveform.isVisible()
    opened(qtbot, panel, clip("cfr"))
    assert not panel.waveform.isVisible()


def test_problems_are_told(panel: ReviewPlayer, qtbot: QtBot, damaged: Path) -> None:
    panel.open(b"nonsense")
    qtbot.waitUntil(lambda: "cannot be shown" in panel.view.accessibleDescription())
    opened(qtbot, panel, damaged)
    for frame in range(60, 100):
        panel.player.seek(frame)
        with qtbot.waitSignals([panel.player.picture], timeout=20_000):
            pass
    qtbot.waitUntil(lambda: "damaged" in panel._status.text(), timeout=20_000)
