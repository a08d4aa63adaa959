"""Start-up progress is real, weighted, and never runs back; a failure offers ways on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.messages import Problem
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.splash import Splash

PROBLEM = Problem(what_happened="No answer.", what_was_kept="", what_to_do="Try later.")


@pytest.fixture
def splash(qtbot: QtBot) -> Splash:
    made = Splash("Creator Studio", {"server": 3, "account": 1})
    qtbot.addWidget(made)
    return made


def test_progress_is_weighted(splash: Splash) -> None:
    splash.progress("server", 0.5)
    assert splash.fraction() == pytest.approx(0.375)
    splash.progress("account", 1.0)
    assert splash.fraction() == pytest.approx(0.625)


@pytest.mark.usefixtures("qapp")
@given(st.lists(st.tuples(st.sampled_from(["server", "account"]), st.floats(-1, 2)), max_size=12))
def test_progress_never_runs_back(reports: list[tuple[str, float]]) -> None:
    splash = Splash("Creator Studio", {"server": 3, "account": 1})
    before = 0.0
    for step, fraction in reports:
        splash.progress(step, fraction)
        assert before <= splash.fraction() <= 1
        before = splash.fraction()
    splash.deleteLater()


def test_unknown_step_is_refused(splash: Splash) -> None:
    with pytest.raises(KeyError):
        splash.progress("tea", 1)


@pytest.mark.parametrize("steps", [{}, {"server": 0}])
def test_steps_need_weights(qapp: QApplication, steps: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="positive weight"):
        Splash("Creator Studio", steps)


def test_reduced_motion_is_at_the_goal_at_once(splash: Splash) -> None:
    assert style.theme().reduced_motion
    splash.progress("server", 1.0)
    assert splash._bar.fraction == pytest.approx(0.75)


def test_failure_offers_to_continue_offline(splash: Splash, qtbot: QtBot) -> None:
    splash.fail(PROBLEM, offline_possible=True)
    (offline,) = [b for b in splash.findChildren(Button) if b.text() == "Continue offline"]
    assert not offline.isHidden()
    with qtbot.waitSignal(splash.continued_offline):
        offline.click()


def test_first_start_cannot_continue_offline(splash: Splash, qtbot: QtBot) -> None:
    splash.fail(PROBLEM, offline_possible=False)
    offline, retry, _quit = splash.findChildren(Button)
    assert offline.isHidden()
    with qtbot.waitSignal(splash.retried):
        retry.click()


def test_progress_after_a_failure_takes_the_ways_away(splash: Splash) -> None:
    splash.fail(PROBLEM, offline_possible=True)
    splash.progress("server", 0.1, "Trying again")
    assert splash._ways.isHidden()
    assert not splash._bar.isHidden()


def test_each_step_is_measured_once(splash: Splash, monkeypatch: pytest.MonkeyPatch) -> None:
    for at, step, share in (
        (1.0, "account", 1.0),
        (1.2, "server", 0.4),
        (3.5, "server", 1.0),
        (9.0, "account", 1.0),
    ):
        monkeypatch.setattr("time.monotonic", lambda at=at: splash._began + at)
        splash.progress(step, share)
    assert splash.took_ms() == {"account": 1_000, "server": 2_500}


def test_a_start_that_failed_says_nothing_about_the_next(splash: Splash) -> None:
    splash.progress("server", 1.0)
    splash.fail(PROBLEM, offline_possible=True)
    assert splash.took_ms() == {}


@pytest.mark.qt_log_ignore("plugin does not support")  # but every desktop does
@pytest.mark.parametrize("reduced", [True, False])
def test_gives_way_softly_unless_motion_is_not_wanted(
    splash: Splash, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, reduced: bool
) -> None:
    monkeypatch.setattr(style.theme(), "reduced_motion", reduced)
    splash.open()
    splash.give_way()
    assert splash.isVisible() is not reduced
    qtbot.waitUntil(lambda: not splash.isVisible())
