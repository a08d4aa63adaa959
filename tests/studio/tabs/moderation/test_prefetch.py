"""The next item is claimed and loaded ahead, kept while somebody works, and given back."""

from __future__ import annotations

from studio.tabs.moderation.prefetch import RENEW
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import text_world
from tests.studio.tabs.moderation.review_world import Reviewer


def asked_ahead(me: Reviewer) -> int:
    return sum(each.endswith("claims/prefetch") for each in me.world.asked)


def test_it_is_asked_for_once_and_again_only_in_good_time(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.ahead()
        me.desk.ticker.pass_time(seconds=5)
        assert asked_ahead(me) == 1
        me.desk.ticker.pass_time(seconds=RENEW.total_seconds())
        await me.until(lambda: asked_ahead(me) == 2)

    review(text_world(severity="low"), story)


def test_leaving_gives_the_item_ahead_back(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.ahead()
        me.page.flow.give_back()
        await me.until(lambda: me.has_left)
        assert {row.state for row in me.world.items.values()} == {"pending"}

    review(text_world(severity="low"), story)


def test_while_nobody_works_the_claim_ahead_lapses(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.ahead()
        me.desk.ticker.pass_time(seconds=245)
        assert me.page.away.isVisible()
        before = asked_ahead(me)
        me.desk.ticker.pass_time(seconds=45)
        assert asked_ahead(me) == before
        assert me.page.flow.prefetch.take(me.desk.ticker.now()) is None

    review(text_world(severity="low"), story)
