"""Why an item stands where it stands: bars that can be compared, and no word of it cut."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from server.moderation.priority import BOOST_LABELS
from studio.tabs.moderation.count_bar import CountBar
from studio.tabs.moderation.why import WhyPopover
from studio.theme import style

WHY = (
    ("severity critical", 4000),
    ("2 reporters, counting as 1.1", 115),
    ("1 reporter", 63),
    ("trusted flagger", 200),
    (BOOST_LABELS[0], 1000),
)


def test_the_parts_begin_and_end_at_the_same_places_and_are_told_apart(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    why = WhyPopover(WHY, window)
    why.open_at(window)
    with qtbot.waitExposed(window):
        window.show()
    bars = why.findChildren(CountBar)
    assert len(bars) == len(WHY)
    tracks = {(bar.track().left(), bar.track().right()) for bar in bars}
    assert len(tracks) == 1
    assert bars[0].track().width() > 60
    lengths = [
        bar.length()
        for _points, bar in sorted(zip([p for _, p in WHY], bars, strict=True), key=lambda each: each[0])
    ]
    assert lengths == sorted(lengths)
    assert len({round(length, 1) for length in lengths}) == len(WHY)
    assert [bar.shown_name().casefold() for bar in bars] == [name.casefold() for name, _ in WHY]


@pytest.mark.parametrize("size", range(11, 17))
def test_the_longest_reason_is_not_cut_at_any_size(qtbot: QtBot, size: int) -> None:
    font = style.load_fonts()
    font.setPixelSize(size)
    for weight in range(9, 40):
        bar = CountBar(f"3 reporters, counting as {weight / 10:.1f}", 0.5, "+115")
        qtbot.addWidget(bar)
        bar.setFont(font)
        bar.resize(420, 24)
        assert bar.shown_name() == bar._name
