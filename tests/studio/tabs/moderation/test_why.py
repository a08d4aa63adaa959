"""Why an item stands where it stands: bars that can be compared, and no word of it cut."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from server.moderation.priority import BOOST_LABELS
from studio.tabs.moderation.count_bar import CountBar
from studio.tabs.moderation.why import WhyPopover

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
    longest = max(bars, key=lambda bar: bar.fontMetrics().horizontalAdvance(bar._name))
    assert longest.fontMetrics().horizontalAdvance(longest._name) < longest.track().left()
