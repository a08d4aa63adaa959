"""Adding what is removed to a hash bank: one press, only where it can be, and kept with the draft."""

from __future__ import annotations

from uuid import UUID, uuid4

from server.forensics.banks.rules import BankKind
from server.forensics.schemas import BankChoice
from server.moderation.rules import Outcome
from server.moderation.schemas import PolicyNode
from studio.tabs.moderation.decision_state import (
    NOTHING,
    Case,
    Draft,
    from_body,
    from_plain,
    sentence,
    to_plain,
)
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import world_of
from tests.studio.tabs.moderation.review_world import Reviewer
from tests.studio.tabs.moderation.world import item, policies, review_of

TREE = {node.code: node for node in map(PolicyNode.model_validate, policies())}
BANK, OTHER = UUID(int=501), UUID(int=502)
GRAPHIC = "violence.graphic"


def case(content_type: str = "video") -> Case:
    return Case(review_of(item(0, content_type=content_type)), TREE, restricted=False, cleared=False)


def removed(made: Case) -> Draft:
    draft = made.with_outcome(made.with_policy(NOTHING, GRAPHIC), Outcome.REMOVE)
    return made.with_bank(Draft(**{**vars(draft), "facts": "Seen."}), BANK)


def test_only_a_removed_video_goes_into_a_bank() -> None:
    made = case()
    draft = removed(made)
    assert draft.bank == BANK
    assert sentence(draft, made).endswith(", and recognise it from now on")
    assert made.body(draft, decision_id=uuid4(), claim_token=1, ms_viewed=0, ms_revealed=0).bank_id == BANK
    assert made.with_outcome(draft, Outcome.RESTRICT).bank is None
    assert removed(case("comment")).bank is None


def test_the_bank_is_kept_with_the_draft_and_taken_up_again() -> None:
    made = case()
    draft = removed(made)
    assert from_plain(to_plain(draft)).bank == BANK
    body = made.body(draft, decision_id=uuid4(), claim_token=1, ms_viewed=0, ms_revealed=0)
    assert from_body(body.model_dump(mode="json")).bank == BANK
    old = to_plain(draft)
    del old["bank"]  # as a draft of an older version
    assert from_plain(old).bank is None
    assert from_plain(old).outcome is Outcome.REMOVE


def test_the_box_is_seen_where_a_video_is_removed_and_sent_with_the_decision(
    review: PlayReview, clip: bytes
) -> None:
    world = world_of(clip, 1)
    world.banks = [
        BankChoice(id=BANK, name="Removed here", kind=BankKind.HARMFUL),
        BankChoice(id=OTHER, name="Of partners", kind=BankKind.HARMFUL),
    ]

    async def story(me: Reviewer) -> None:
        await me.open()
        panel = me.page.panel
        bank = panel.bank
        panel.choose_policy(GRAPHIC)
        panel.choose_outcome(Outcome.RESTRICT)
        assert bank.isHidden()
        panel.choose_outcome(Outcome.REMOVE)
        assert bank.isVisible()
        assert not bank.which.isEnabled()
        bank.box.click()
        assert panel.draft.bank == BANK
        bank.which.setCurrentIndex(1)
        assert panel.draft.bank == OTHER
        bank.box.click()
        assert panel.draft.bank is None
        bank.box.click()
        panel.choose_outcome(Outcome.ALLOW)
        assert bank.isHidden()
        assert panel.draft.bank is None

    review(world, story)


def test_one_bank_is_named_and_none_is_not_offered(review: PlayReview, clip: bytes) -> None:
    world = world_of(clip, 1)

    async def story(me: Reviewer) -> None:
        await me.open()
        panel = me.page.panel
        panel.choose_policy(GRAPHIC)
        panel.choose_outcome(Outcome.REMOVE)
        assert panel.bank.isHidden()
        panel.bank.set_banks([BankChoice(id=BANK, name="Removed & kept", kind=BankKind.HARMFUL)])
        panel.choose_outcome(Outcome.REMOVE)
        assert panel.bank.isVisible()
        assert panel.bank.which.isHidden()
        assert panel.bank.box.accessibleName() == "Add to the bank “Removed & kept”"

    review(world, story)
