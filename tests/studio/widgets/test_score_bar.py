"""Scores: range, rounding, tone, and that not analysed is not nought."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio.widgets.score_bar import ScoreBar, score_tone


@pytest.mark.parametrize(
    ("score", "text"),
    [(0, "0 %"), (49, "0 %"), (50, "1 %"), (9_140, "91 %"), (10_000, "100 %"), (None, "Not analysed")],
)
def test_score_in_words(qtbot: QtBot, score: int | None, text: str) -> None:
    bar = ScoreBar("Voice", score)
    qtbot.addWidget(bar)
    assert bar.text() == text
    assert bar.accessibleName() == f"Voice: {text}"


@pytest.mark.parametrize("score", [-1, 10_001])
def test_score_out_of_range_is_refused(qtbot: QtBot, score: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        ScoreBar("Voice", score)


def test_not_analysed_does_not_look_like_nought(qtbot: QtBot) -> None:
    pictures = []
    for score in (None, 0, 5_000):
        bar = ScoreBar("Voice", score)
        qtbot.addWidget(bar)
        bar.resize(300, 26)
        pictures.append(bar.grab().toImage())
    assert pictures[0] != pictures[1] != pictures[2]


@pytest.mark.parametrize(("score", "tone"), [(3_999, "success"), (4_000, "warning"), (7_000, "danger")])
def test_tone(score: int, tone: str) -> None:
    assert score_tone(score) == tone
