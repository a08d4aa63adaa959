"""The next item is claimed and loaded ahead, kept while somebody works, and given back."""

from __future__ import annotations

from studio.tabs.moderation.prefetch import RENEW
from tests.studio.tabs.moderation.conftest import Play
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.review_world import Reviewer
from tests.studio.tabs.moderation.test_review_page_comfort import text_world


def asked_ahead(me: Reviewer) -> int:
    return sum(each.endswith("claims/prefetch") for each in me.world.asked)


def test_it_is_asked_for_once_and_again_only_in_good_time(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.ahead()
            desk.ticker.pass_time(seconds=5)
            assert asked_ahead(me) == 1
            desk.ticker.pass_time(seconds=RENEW.total_seconds())
            await me.until(lambda: asked_ahead(me) == 2)

    play(text_world(severity="low"), story)


def test_leaving_gives_the_item_ahead_back(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.ahead()
            me.page.flow.give_back()
            await me.until(lambda: me.has_left)
            assert {row.state for row in me.world.items.values()} == {"pending"}

    play(text_world(severity="low"), story)


def test_while_nobody_works_the_claim_ahead_lapses(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Reviewer(desk) as me:
            await me.open()
            await me.ahead()
            desk.ticker.pass_time(seconds=245)
            assert me.page.away.isVisible()
            before = asked_ahead(me)
            desk.ticker.pass_time(seconds=45)
            assert asked_ahead(me) == before
            assert me.page.flow.prefetch.take(desk.ticker.now()) is None

    play(text_world(severity="low"), story)
