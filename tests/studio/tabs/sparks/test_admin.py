"""What an administrator does to a spark, and what stands in the way of it."""

from __future__ import annotations

import pytest

from server.sparks.rules import SparkState, VersionState
from studio.offline.changes import Changes
from studio.tabs.sparks.filters import STATES
from studio.tabs.sparks.topics import CHANGED, DRAFT, JUDGED
from tests.studio.sparks.ovens import MEASURED
from tests.studio.tabs.office import NOW, problem, until, words
from tests.studio.tabs.sparks.catalogue import REFUSALS, SparkWorld, spark
from tests.studio.tabs.sparks.seat import Seat, Sit


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
        admin.version.setCurrentIndex(admin.version.findData(2))
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


def test_a_list_from_before_the_verdict_says_what_the_verdict_says(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.look("Spark 7")
        details = seat.page.details
        before = [each.model_copy(update={"state": VersionState.JUDGING}) for each in details._versions]
        verdict = details.judging
        assert verdict is not None
        verdict = verdict.model_copy(update={"number": before[0].number, "state": VersionState.REFUSED})
        details._show_versions(before)
        details._judged(verdict)
        assert details.versions.text().count("refused") == 1
        assert "being judged" not in details.versions.text()

    sit(story, admin=True)


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
        admin.version.setCurrentIndex(admin.version.findData(2))
        admin.publish.click()
        await seat.desk.settle()
        assert "Another version is being judged." in words(seat.page)
        seat.desk.changes.send(Changes(kinds=frozenset({JUDGED}), ids=frozenset()))
        await seat.desk.settle()
        assert "Another version is being judged." in words(seat.page)  # until it is closed
        await seat.look("Spark 3")
        assert "Another version is being judged." not in words(seat.page)

    sit(story, admin=True)


async def drafts(seat: Seat) -> None:
    """Look at the drafts."""
    seat.page.filters.state.setCurrentIndex(list(STATES).index(SparkState.DRAFT))
    await seat.desk.settle()


def test_what_was_measured_here_stays_until_the_server_has_judged(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = {"code": "too_loud", "message": "It is too loud.", "at_s": None, "region": None}
    monkeypatch.setitem(MEASURED, "verdict", {"refusals": [refusal]})
    world = SparkWorld([spark(n, state=SparkState.DRAFT, published_version=None) for n in range(3)])
    world.judged_at = None

    async def story(seat: Seat) -> None:
        here = "One thing stands in the way, by what this computer measured"
        await seat.sit_down()
        await drafts(seat)
        await until(seat.page.preview.figures)
        await seat.desk.settle()
        assert here in words(seat.page)
        seat.desk.changes.send(Changes(kinds=frozenset({DRAFT}), ids=frozenset()))
        await seat.desk.settle()
        assert here in words(seat.page)
        await seat.look(seat.page.grid.sparks[1].name)
        await until(seat.page.preview.figures)
        await seat.look(seat.page.grid.sparks[0].name)
        assert here in words(seat.page)  # measured before
        world.judged_at, world.judged, world.refusals = NOW, VersionState.REFUSED, REFUSALS[:1]
        seat.desk.changes.send(Changes(kinds=frozenset({JUDGED}), ids=frozenset()))
        await seat.desk.settle()
        assert here not in words(seat.page)  # the same words, but it is the server's
        assert "One thing stands in the way of it" in words(seat.page)

    sit(story, world, admin=True)


def test_what_was_typed_stays_until_it_is_sent(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        def typed() -> tuple[int, str]:
            return admin.cost.value(), admin.reason.text()

        await seat.sit_down()
        await seat.look("Spark 7")
        admin = seat.page.details.admin
        assert admin is not None
        before = admin.cost.value()
        admin.cost.setValue(before + 20)
        admin.reason.setText("Too like another one")
        seat.world.put(spark(7, version=2, name="Renamed"))
        seat.desk.changes.send(Changes(kinds=frozenset({CHANGED}), ids=frozenset()))
        await seat.desk.settle()
        assert typed() == (before + 20, "Too like another one")
        await seat.look("Spark 3")
        assert typed() == (spark(3).credits, "")
        await seat.look("Renamed")
        assert typed() == (before + 20, "Too like another one")
        admin.set_price.click()
        await seat.desk.settle()
        seat.world.put(spark(7, version=9, credits=before + 5))
        seat.desk.changes.send(Changes(kinds=frozenset({CHANGED}), ids=frozenset()))
        await seat.desk.settle()
        assert typed() == (before + 5, "Too like another one")  # what was sent is typed no more

    sit(story, admin=True)


def test_the_version_that_is_published_can_be_looked_at(sit: Sit) -> None:
    newer = "ab" * 32
    world = SparkWorld([spark(1, current_version=2)])
    world.hashes[2] = newer

    async def story(seat: Seat) -> None:
        await seat.sit_down()
        admin, preview = seat.page.details.admin, seat.page.preview
        assert admin is not None
        assert admin.version.currentData() == 1  # which is played
        assert not admin.publish.isEnabled()
        admin.version.setCurrentIndex(admin.version.findData(2))
        assert preview.spark is not None
        assert (preview.spark.number, preview.spark.sha256) == (2, newer)
        seat.page.refresh()
        await seat.desk.settle()
        assert preview.spark.number == admin.version.currentData() == 2
        admin.publish.click()
        admin.publish.click()  # the answer is on its way
        assert not admin.publish.isEnabled()
        await seat.desk.settle()
        assert admin.publish.isEnabled()
        admin.cost.setValue(admin.cost.value() + 1)
        admin.set_price.click()
        admin.set_price.click()
        await seat.desk.settle()
        assert admin.set_price.isEnabled()

    sit(story, world, admin=True)
    assert [path.rsplit("/", 1)[-1] for path, _ in world.posts] == ["publish", "prices"]
    assert world.posts[0][1] == {"number": 2, "sha256": newer}
