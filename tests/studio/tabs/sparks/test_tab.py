"""The Sparks tab: finding one, looking at it, and what an administrator does to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from server.sparks.rules import SparkState, VersionState
from studio.offline.changes import Changes
from studio.sparks.order import Kind
from studio.tabs.sparks.stage import Ground
from studio.tabs.sparks.topics import CHANGED, JUDGED
from tests.studio.tabs.office import nameless, problem, until, words
from tests.studio.tabs.sparks.catalogue import REFUSALS, SparkWorld, spark
from tests.studio.tabs.sparks.seat import Seat, Sit


def test_the_catalogue_is_shown_and_narrowed(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        page = seat.page
        assert len(page.grid.sparks) == 12
        assert "12 sparks" in words(page)
        page.filters.search.setText("spark 7")
        page.filters._tell()
        assert [each.name for each in page.grid.sparks] == ["Spark 7"]
        assert "1 of 12 sparks" in words(page)
        page.filters.search.setText("nobody knows it")
        page.filters._tell()
        assert "No such spark" in words(page)
        page._show_all()
        assert len(page.grid.sparks) == 12

    sit(story)


def test_it_is_read_page_by_page(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        assert len(seat.page.grid.sparks) == 12

    assert sit(story, SparkWorld([spark(n) for n in range(12)], page=5)).asked.count("GET /v1/sparks") == 3


def test_every_control_has_a_name(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        assert nameless(seat.tab) == []

    sit(story, admin=True)


def test_one_is_looked_at(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.look("Spark 7")
        await seat.film()
        preview = seat.page.preview
        await until(lambda: preview.figures())
        await until(lambda: (preview.tick(), preview.stage.image is not None)[1])
        assert not preview.playback.playing  # motion is reduced
        preview.toggle()
        seat.clock.at += 0.5
        before = preview.playback.picture()
        preview.step(1)
        assert before is not None
        assert preview.playback.picture() == before + 1
        assert not preview.playback.playing
        preview.tick()
        assert "Spark 7" in words(seat.page)
        assert "About 7." in words(seat.page)
        assert "-16.2 LUFS" in words(seat.page)
        preview.controls.scrubbed.emit(0.25)
        assert preview.playback.seconds() == pytest.approx(0.25)

    sit(story)


def test_dice_and_lock(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        preview = seat.page.preview
        preview.roll()
        assert preview.seed == 100
        await seat.film()
        preview.lock.setChecked(True)
        preview.roll()
        assert preview.seed == 100
        assert not preview.controls.dice.isEnabled()
        await seat.look("Spark 7")
        assert preview.seed == 100  # the throw is kept for the next one
        preview.lock.setChecked(False)
        await seat.look("Spark 3")
        assert preview.seed == 1
        assert {100, 1} <= {each.seed for each in seat.oven.baked if each.kind is Kind.FILM}

    sit(story)


def test_keys_of_the_preview(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        page = seat.page
        seat.tab.activateWindow()
        page.preview.setFocus()
        page.grid.setFocus()
        QTest.keyClick(page.grid, Qt.Key.Key_G)
        assert page.preview.stage.ground is Ground.WHITE
        QTest.keyClick(page.grid, Qt.Key.Key_D)
        assert page.preview.seed == 100
        QTest.keyClick(page.grid, Qt.Key.Key_L)
        assert page.preview.lock.isChecked()
        QTest.keyClick(page.grid, Qt.Key.Key_M)
        assert page.preview.controls.mute.accessibleName() == "Sound is on"

    sit(story)


def test_over_a_video_that_is_not_there(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.page.preview.set_ground(Ground.VIDEO)
        seat.page.preview.video.run(True)
        await seat.desk.settle()
        assert seat.page.preview.note.isVisible()

    sit(story)


def test_one_that_cannot_be_baked_says_so(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        seat.oven.broken |= {Kind.FILM, Kind.STILL}
        await seat.sit_down()
        await until(lambda: "cannot be shown" in seat.page.preview.stage.words)

    sit(story)


def test_a_reading_that_was_overtaken_says_nothing(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.world.sparks = [spark(1), spark(2)]
        seat.page.refresh()
        seat.world.sparks = [spark(3)]
        seat.page.refresh()
        await seat.desk.settle()
        assert [each.name for each in seat.page.grid.sparks] == ["Spark 3"]

    sit(story)


def test_the_server_tells_of_a_change(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.world.put(spark(3, name="Renamed", version=2))
        seat.desk.changes.send(Changes(kinds=frozenset({CHANGED}), ids=frozenset({str(spark(3).id)})))
        await seat.desk.settle()
        assert "Renamed" in [each.name for each in seat.page.grid.sparks]

    sit(story)


def test_who_may_only_look_sees_nothing_of_publishing(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        assert seat.page.details.admin is None
        assert not seat.page.filters.state.isVisible()
        assert not any("judging" in each for each in seat.world.asked)

    sit(story)


def test_an_administrator_publishes_prices_and_retires(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.look("Spark 7")
        admin = seat.page.details.admin
        assert admin is not None
        assert not admin.retire.first.isEnabled()  # without a reason
        admin.cost.setValue(150)
        admin.set_price.click()
        await seat.desk.settle()
        assert "150 credits" in words(seat.page)
        seat.world.judged = VersionState.JUDGING
        admin.publish.click()
        await seat.desk.settle()
        assert "being judged" in words(seat.page)
        admin.reason.setText("Too like another one")
        admin.retire.first.click()
        admin.retire.yes.click()
        await seat.desk.settle()
        assert "Spark 7" not in [each.name for each in seat.page.grid.sparks]
        seat.page.filters.state.setCurrentIndex(list(SparkState).index(SparkState.RETIRED))
        await seat.desk.settle()
        assert [each.name for each in seat.page.grid.sparks] == ["Spark 7"]
        admin.reason.setText("It is not")
        admin.restore.click()
        await seat.desk.settle()
        assert seat.page.grid.sparks == []

    asked = [path.rsplit("/", 1)[-1] for path, _ in sit(story, admin=True).posts]
    assert asked == ["prices", "publish", "retire", "restore"]


def test_refusals_are_listed_and_shown_on_the_preview(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        seat.world.judged, seat.world.refusals = VersionState.REFUSED, REFUSALS
        await seat.sit_down()
        await seat.film()
        page = seat.page
        assert "2 things stand in the way" in words(page)
        page.details.faults.buttons[0].click()
        assert page.preview.stage.region == (0.25, 0.25, 0.5, 0.5)
        assert page.preview.playback.seconds() == pytest.approx(0.5)
        page.preview.toggle()
        assert page.preview.stage.region is None
        seat.world.refusals, seat.world.judged = [], VersionState.PASSED
        seat.desk.changes.send(Changes(kinds=frozenset({JUDGED}), ids=frozenset()))
        await seat.desk.settle()
        assert "stand in the way" not in words(page)

    sit(story, admin=True)


def test_what_the_server_refuses_is_told_and_nothing_changes(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        admin = seat.page.details.admin
        assert admin is not None
        seat.world.fails = problem(409, "conflict", "Another version is being judged.")
        admin.publish.click()
        await seat.desk.settle()
        assert "Another version is being judged." in words(seat.page)

    sit(story, admin=True)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("one.json", json.dumps({"schema": "spark/1"}), "Imported is a draft now"),
        ("pack.json", json.dumps({"schema": "spark-pack/1"}), "1 new draft, 1 was known"),
        ("bad.json", "no JSON", ""),
        ("list.json", "[]", ""),
    ],
)
def test_files_are_taken_in(sit: Sit, tmp_path: Path, name: str, text: str, told: str) -> None:
    file = tmp_path / name
    file.write_text(text)

    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.page.deeds.take_in(file)
        await seat.desk.settle()
        assert told in seat.desk.told()
        assert ("was not imported" in words(seat.page)) is not bool(told)

    sit(story, admin=True)


def test_the_catalogue_leaves_as_a_pack(sit: Sit, tmp_path: Path) -> None:
    file = tmp_path / "out.json"

    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.page.deeds.export(file)
        await seat.desk.settle()
        seat.page.deeds.export(tmp_path / "nowhere" / "out.json")
        await seat.desk.settle()
        assert "was not exported" in words(seat.page)

    sit(story, admin=True)
    assert json.loads(file.read_text())["schema"] == "spark-pack/1"


def test_the_splitter_is_found_again(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.page.splitter.setSizes([400, 400, 300])
        state = seat.tab.save_state()
        seat.tab.restore_state({"splitter": ["x", None]})
        seat.tab.restore_state({"splitter": 5})
        assert seat.tab.save_state() == state

    sit(story)
