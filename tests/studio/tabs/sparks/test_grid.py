"""The grid: only what can be seen is baked and moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.sparks.order import Kind
from studio.tabs.sparks.grid import SparkGrid, thumb_of
from studio.tabs.sparks.state import known
from studio.tabs.sparks.tile import short
from studio.theme import style
from tests.studio.sparks.ovens import Clock, Oven
from tests.studio.tabs.office import Office, person_me, play, until
from tests.studio.tabs.sparks.catalogue import READER, SparkWorld, spark

MANY = 60


def grid(desk: Office, clock: Clock | None = None) -> SparkGrid:
    made = SparkGrid(desk.context.films, "Sparks", across=3, now=clock or Clock())
    made.resize(380, 420)
    made.fill([spark(number) for number in range(MANY)])
    return made


def run(qapp: QApplication, folder: Path, story: object) -> Oven:
    oven = Oven()
    world = SparkWorld([spark(number) for number in range(MANY)])
    play(qapp, folder, world, story, me=person_me(permissions=READER), make_oven=lambda: oven)  # type: ignore[arg-type]
    return oven


def test_only_what_can_be_seen_is_baked_and_moves(qapp: QApplication, tmp_path: Path) -> None:
    style.apply(qapp, "dark", reduced_motion=False)
    seen: set[int] = set()

    async def story(desk: Office) -> None:
        shown = grid(desk)
        shown.show()
        rows = set(shown.seen_rows())
        seen.update(rows)
        assert 0 < len(rows) < 15
        shown.look()
        await until(lambda: (shown.animate(), shown.painted == rows)[1])
        shown.scrollToBottom()
        shown.look()
        below = set(shown.seen_rows())
        assert below.isdisjoint(rows)
        await until(lambda: (shown.animate(), shown.painted == below)[1])
        seen.update(below)
        shown.hide()
        shown.animate()
        assert shown.painted == set()
        assert not shown.moves

    oven = run(qapp, tmp_path, story)
    hashes = {spark(number).sha256 for number in seen}
    assert {each.sha256 for each in oven.baked} == hashes


def test_what_rests_goes_on_from_there(qapp: QApplication, tmp_path: Path) -> None:
    style.apply(qapp, "dark", reduced_motion=False)

    async def story(desk: Office) -> None:
        clock = Clock()
        shown = grid(desk, clock)
        shown.show()
        shown.look()
        first = shown.sparks[0]
        await until(lambda: desk.context.films.film(thumb_of(known(first))) is not None)
        await until(lambda: shown.picture(first) is not None)
        shown.rest(True)
        assert not shown.moves
        await until(lambda: shown._awaited == set())
        before = shown.picture(first)
        clock.at += 0.5
        assert shown.picture(first) is before
        shown.rest(False)
        assert shown.moves
        assert shown.picture(first) is before

    run(qapp, tmp_path, story)


def test_reduced_motion_has_stills(qapp: QApplication, tmp_path: Path) -> None:
    async def story(desk: Office) -> None:
        clock = Clock()
        shown = grid(desk, clock)
        shown.show()
        shown.look()
        assert not shown.moves
        first = shown.sparks[0]
        await until(lambda: shown.picture(first) is not None)
        before = shown.picture(first)
        clock.at += 0.5
        assert shown.picture(first) is before

    oven = run(qapp, tmp_path, story)
    assert {each.kind for each in oven.baked} == {Kind.STILL}


def test_it_is_gone_through_by_keys(qapp: QApplication, tmp_path: Path) -> None:
    async def story(desk: Office) -> None:
        shown = grid(desk)
        aimed, chosen = [], []
        shown.aimed.connect(aimed.append)
        shown.chosen.connect(chosen.append)
        shown.show()
        shown.setFocus()
        QTest.keyClick(shown, Qt.Key.Key_Right)
        QTest.keyClick(shown, Qt.Key.Key_Down)
        QTest.keyClick(shown, Qt.Key.Key_Return)
        assert aimed[-1] is shown.sparks[4]
        assert chosen == [shown.sparks[4]]

    run(qapp, tmp_path, story)


def test_a_reading_again_leaves_the_place_alone(qapp: QApplication, tmp_path: Path) -> None:
    async def story(desk: Office) -> None:
        shown = grid(desk)
        shown.show()
        shown.setCurrentIndex(shown.model().index(7, 0))
        shown.fill([spark(number) for number in range(2, MANY)])
        assert shown.current == spark(7)
        shown.fill([spark(number, version=2) for number in range(2, MANY)])
        assert shown.current == spark(7, version=2)

    run(qapp, tmp_path, story)


def test_each_tile_is_spoken(qapp: QApplication, tmp_path: Path) -> None:
    async def story(desk: Office) -> None:
        shown = grid(desk)
        said = shown.model().index(4, 0).data(Qt.ItemDataRole.AccessibleTextRole)
        assert said == "Spark 4, Legendary, 3,000 credits"

    run(qapp, tmp_path, story)


def test_thumbs_are_wanted_as_soon_as_things_may_move_again(qapp: QApplication, tmp_path: Path) -> None:
    async def story(desk: Office) -> None:
        def thumbs() -> int:
            return sum(each.kind is Kind.THUMB for each in shown._asked)

        shown = grid(desk)
        style.theme().changed.connect(shown.set_moving)
        shown.show()
        shown.look()
        assert thumbs() == 0
        shown._rest.stop()
        style.apply(qapp, "dark", reduced_motion=False)
        assert shown._rest.isActive()
        await until(lambda: thumbs() == len(shown.seen_rows()))
        style.apply(qapp, "dark", reduced_motion=True)
        await until(lambda: thumbs() == 0)

    run(qapp, tmp_path, story)


@pytest.mark.parametrize(
    ("cost", "said"), [(999, "999"), (1_000, "1k"), (1_600, "1.6k"), (10_000, "10k"), (1_650, "1,650")]
)
def test_a_short_price_says_exactly_as_much(cost: int, said: str) -> None:
    assert short(cost) == said
