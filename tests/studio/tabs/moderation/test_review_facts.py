"""Enter does not stop at a decision that lacks words: it leads to where they are written."""

from __future__ import annotations

from server.moderation.rules import Outcome, Severity
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import entries, world_of
from tests.studio.tabs.moderation.review_world import Reviewer


def test_enter_goes_to_the_facts_while_only_they_are_missing(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        panel = me.page.panel
        panel.press_confirm()
        assert not panel.facts.hasFocus(), "a policy and an outcome are missing, too"
        assert panel._case is not None
        tree = panel._case.tree
        panel.choose_policy(next(code for code, node in tree.items() if node.severity is Severity.CRITICAL))
        panel.choose_outcome(Outcome.REMOVE)
        panel.press_confirm()
        assert panel.facts.hasFocus()
        assert not entries(me.desk)

    review(world_of(clip), story)
