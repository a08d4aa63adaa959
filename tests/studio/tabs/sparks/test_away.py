"""The tab of sparks without the server: what is shown, as of when, and what is said of deeds."""

from __future__ import annotations

from server.sparks.rules import SparkState
from studio.api.live import Connection
from studio.sparks.order import Kind
from studio.tabs.sparks.kept import NAME
from studio.widgets.time_label import exact
from tests.studio.tabs.office import NOW, words
from tests.studio.tabs.sparks.catalogue import SparkWorld, spark
from tests.studio.tabs.sparks.seat import Seat, Sit


def test_the_server_is_away(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        seat.world.away = True
        await seat.sit_down()
        assert "The sparks cannot be read now." in words(seat.page)
        seat.world.away = False
        seat.page.refresh()
        await seat.desk.settle()
        assert len(seat.page.grid.sparks) == 12
        seat.world.away = True
        seat.page.refresh()
        await seat.desk.settle()
        assert len(seat.page.grid.sparks) == 12  # what was read stays
        assert "Not refreshed." in words(seat.page)

    sit(story)


def test_on_a_train_the_catalogue_is_as_it_was(sit: Sit) -> None:
    world = SparkWorld([spark(number) for number in range(12)])

    async def before(seat: Seat) -> None:
        await seat.sit_down()

    async def away(seat: Seat) -> None:
        seat.desk.ticker.pass_time(hours=3)
        await seat.sit_down()
        page = seat.page
        assert len(page.grid.sparks) == 12
        assert f"This is the catalogue as of {exact(NOW)}." in words(page)
        await seat.look("Spark 7")  # which nobody has looked at before
        await seat.film()
        page.preview.roll()
        await seat.film()
        assert {each.seed for each in seat.oven.baked if each.kind is Kind.FILM} == {1, 100}
        assert "About 7." in words(page)
        assert "100 credits" in words(page)
        admin = page.details.admin
        assert admin is not None
        admin.reason.setText("Too like another one")
        admin.cost.setValue(150)
        admin.set_price.click()
        await seat.desk.settle()
        assert "The price was not set. The server cannot be reached. Nothing here is lost." in words(page)
        assert (admin.cost.value(), admin.reason.text()) == (150, "Too like another one")
        page.filters.state.setCurrentIndex(list(SparkState).index(SparkState.RETIRED))
        await seat.desk.settle()
        assert "The sparks cannot be read now." in words(page)  # no more is kept than what is published
        page.filters.state.setCurrentIndex(list(SparkState).index(SparkState.PUBLISHED))
        seat.world.away = False
        seat.tab.on_connection(Connection.ONLINE)
        await seat.desk.settle()
        assert "as of" not in words(page)

    sit(before, world, admin=True)
    world.away = True
    sit(away, world, admin=True)


def test_when_the_connection_goes_it_says_since_when(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        seat.tab.on_connection(Connection.OFFLINE)
        assert f"as of {exact(NOW)}" in words(seat.page)

    sit(story)


def test_a_damaged_copy_is_none(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        seat.desk.context.store.put(NAME, b'{"as_of": 5}')
        seat.world.away = True
        await seat.sit_down()
        assert "The sparks cannot be read now." in words(seat.page)

    sit(story)
