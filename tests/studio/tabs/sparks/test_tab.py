"""The Sparks tab: finding one, looking at it, and what an administrator does to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server.sparks.rules import SparkState
from studio.offline.changes import Changes
from studio.tabs.sparks.stage import Ground
from studio.tabs.sparks.state import Wanted
from studio.tabs.sparks.topics import CHANGED
from tests.studio.tabs.office import nameless, words
from tests.studio.tabs.sparks.catalogue import SparkWorld, spark
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


def test_a_refused_import_stays_said_until_it_is_closed(sit: Sit, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text("no JSON")

    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.page.deeds.take_in(file)
        await seat.desk.settle()
        seat.page.refresh()
        await seat.desk.settle()
        assert "bad.json was not imported." in words(seat.page)
        seat.page.refused.close_button.click()
        assert "was not imported" not in words(seat.page)

    sit(story, admin=True)


def test_one_finds_the_place_where_one_was(sit: Sit) -> None:
    kept: list[Any] = []

    async def before(seat: Seat) -> None:
        await seat.sit_down()
        seat.page.filters.put(Wanted(tier=spark(7).tier, family=spark(7).family))
        await seat.look("Spark 7")
        seat.page.preview.set_ground(Ground.WHITE)
        seat.page.preview.set_muted(False)
        seat.page.filters.search.setText("spark")
        kept.append(json.loads(json.dumps(seat.tab.save_state())))

    async def after(seat: Seat) -> None:
        seat.tab.restore_state(kept[0])
        await seat.sit_down()
        page = seat.page
        assert page.filters.wanted() == Wanted(text="spark", tier=spark(7).tier, family=spark(7).family)
        assert page.grid.current == spark(7)
        assert page.preview.spark is not None
        assert page.preview.spark.name == "Spark 7"
        assert page.preview.stage.ground is Ground.WHITE
        assert not page.preview.muted

    async def drafts(seat: Seat) -> None:
        seat.tab.restore_state({"filter": {"state": "draft", "price": 99, "tier": []}, "front": 5})
        await seat.sit_down()
        assert seat.page.filters.wanted() == Wanted(state=seat.page.reading.state)
        kept.append(seat.page.reading.state)

    world = SparkWorld([spark(number) for number in range(30)])
    sit(before, world)
    sit(after, world)
    sit(drafts, world)
    sit(drafts, world, admin=True)
    assert kept[1:] == [SparkState.PUBLISHED, SparkState.DRAFT]
