"""What is looked for and found, and answers that come too late."""

from __future__ import annotations

from itertools import pairwise

import pytest

from server.sparks.engine.format.spark import Tier
from server.sparks.rules import SparkState
from studio.tabs.sparks.meters import faults_here, meters
from studio.tabs.sparks.state import BANDS, Catalogue, Wanted, counted, faults, price
from tests.studio.sparks.ovens import MEASURED
from tests.studio.tabs.sparks.catalogue import REFUSALS, spark


def catalogue() -> Catalogue:
    made = Catalogue()
    made.take(made.ask(), [spark(number) for number in range(10)])
    return made


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 10),
        (Wanted(text="spark 3"), 1),
        (Wanted(text="SEA"), 3),
        (Wanted(text="sea legendary"), 1),
        (Wanted(tier=Tier.EPIC), 2),
        (Wanted(family="sky"), 4),
        (Wanted(price=0), 2),
        (Wanted(price=4), 2),
        (Wanted(tier=Tier.EPIC, family="sky"), 1),
        (Wanted(state=SparkState.RETIRED), 0),
        (Wanted(text="nothing"), 0),
    ],
)
def test_what_is_found(wanted: Wanted, count: int) -> None:
    assert len(catalogue().shown(wanted)) == count


def test_the_bands_leave_no_price_out() -> None:
    assert BANDS[0][1] == 1
    assert BANDS[-1][2] == 10_000
    assert all(high + 1 == low for (_, _, high), (_, low, _) in pairwise(BANDS))


def test_they_come_by_tier_price_and_name() -> None:
    shown = catalogue().shown(Wanted())
    tiers = [list(Tier).index(each.tier) for each in shown]
    assert tiers == sorted(tiers)


def test_a_stale_answer_replaces_nothing() -> None:
    made = Catalogue()
    first, second = made.ask(), made.ask()
    assert made.take(second, [spark(1)])
    assert not made.take(first, [spark(2)])
    assert [each.name for each in made.shown(Wanted())] == ["Spark 1"]


def test_an_older_copy_replaces_no_newer_one() -> None:
    made = catalogue()
    made.put(spark(3, version=5, name="Newer"))
    made.put(spark(3, version=4, name="Older"))
    assert made.shown(Wanted(text="newer"))


def test_words() -> None:
    assert (price(1), price(3_000), price(None)) == ("1 credit", "3,000 credits", "No price yet")
    assert counted(1, 1) == "1 spark"
    assert counted(3, 120) == "3 of 120 sparks"


def test_faults_have_their_place_as_shares_of_the_stage() -> None:
    first, second = faults(REFUSALS)
    assert first.second is None
    assert second.region == (0.25, 0.25, 0.5, 0.5)
    region = {"x": 180.0, "y": 320.0, "width": 360.0, "height": 640.0}
    said = {"message": second.message, "at_s": 0.5, "region": region}
    assert faults_here({"verdict": {"refusals": [said]}}) == [second]


def test_meters() -> None:
    said = {each.name: each for each in meters(MEASURED, 1, None)}
    assert said["Particles"].value == "20 · most 30"
    assert said["CPU"].value == "5 ms · mean 5"
    assert said["Flashes"].value == "1 a second · 2 allowed"
    assert said["Loudness"].value == "-16.2 LUFS · aim -16"
    assert not any(each.over for each in said.values())
    assert {each.value for each in meters(None, None, 0.4)} == {"40%"}
    assert {each.value for each in meters(None, None, 0.4, failed=True)} == {"Not measured"}
    flashing = {"verdict": {"on_white": {"general": 0, "red": 4}}}
    assert next(each for each in meters(flashing, None, None) if each.name == "Flashes").over
