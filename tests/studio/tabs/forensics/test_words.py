"""What is said of matches, of a model's opinion and of banks."""

from __future__ import annotations

import pytest

from server.forensics.banks.rules import BankAction, BankKind, EntryState, MatchVerdict
from server.forensics.banks.schemas import EntryEvent, ImportReceipt, Skipped
from server.forensics.opinion.rules import OpinionState, Severity
from server.forensics.rules import MatchClass, Slot
from studio import gallery_matches as made
from studio.tabs.forensics import bank_words, matches, opinion
from studio.tabs.forensics.rows import ENTRY_STATES
from studio.video.along import Along


def test_everything_has_words() -> None:
    assert set(matches.GRADES) == set(MatchClass)
    assert set(matches.VERDICTS) == set(MatchVerdict)
    assert set(matches.KINDS) == set(BankKind)
    assert set(opinion.STATES) == set(OpinionState)
    assert set(opinion.SEVERITIES) == set(Severity)
    assert set(bank_words.EVENTS) == set(EntryEvent)
    assert set(bank_words.ACTIONS) == set(BankAction)
    assert set(ENTRY_STATES) == set(EntryState)


def test_a_match_says_how_far_apart_and_what_was_done_to_the_copy() -> None:
    sure, altered, _ = made.matches()
    assert matches.look(sure)[0] == "Same material"
    assert matches.distance(sure) == "6 of 256 bits differ"
    assert matches.changes(sure) == ""
    assert matches.changes(altered) == "mirrored, cropped by 5 % a side, 1.10 times as fast"
    assert matches.distance(made.match(bits=0)).startswith("The same file")
    assert matches.where(sure) == "0:01 to 0:08 here is 0:00 to 0:07 of the original"
    assert matches.look(made.match(bank_kind=BankKind.NEGATIVE)) == ("Known as harmless", "success", "check")


def test_what_was_called_wrong_or_is_harmless_is_not_on_the_time_bar() -> None:
    (lane,) = matches.lane(made.matches())
    assert [r.start_ms for r in lane.ranges] == [1_000, 4_000]
    assert matches.lane([made.match(bank_kind=BankKind.NEGATIVE)]) == ()


def test_times_of_the_upload_belong_to_times_of_the_original() -> None:
    along = Along(1_000, 9_000, 500, 4_500)
    assert along.there(1_000) == 500
    assert along.there(9_000) == 4_500
    assert along.there(11_000) == 5_500
    assert Along().there(1_234) == 1_234
    assert Along(100, 100, 0, 0).there(350) == 250  # a single frame: at one speed from there


def test_an_opinion_is_said_with_what_stands_and_what_the_model_said() -> None:
    told = opinion.read(made.opinion())
    face, violence = told.categories
    assert (face.title, face.word, face.moments_ms) == ("Face manipulation", "High", (1_200, 6_400))
    assert face.raised == "The model said “medium”; scores or flags say more."
    assert violence.raised == ""
    assert told.source == "made-up-model-1, 12 stills"


@pytest.mark.parametrize("state", [s for s in OpinionState if s is not OpinionState.DONE])
def test_without_an_opinion_nothing_reads_as_an_all_clear(state: OpinionState) -> None:
    told = opinion.read(made.opinion(state, reason="So it is."))
    assert (told.summary, told.categories, told.why) == ("", (), "So it is.")
    assert told.tone != "success"
    assert told.may_ask == (state in opinion.MAY_ASK)


def test_a_model_is_not_asked_again_while_it_is_asked_or_may_not_be() -> None:
    barred = {OpinionState.WAITING, OpinionState.RESTRICTED, OpinionState.NOT_CONFIGURED}
    assert frozenset(OpinionState) - barred == opinion.MAY_ASK
    assert (
        opinion.read(made.opinion(OpinionState.NOT_ASKED)).why == "Nobody has asked a model about this video."
    )


def test_banks_and_entries_in_sentences() -> None:
    assert bank_words.bank_facts(made.bank()) == (
        "A strong match restricts the video until it is decided. Flagged under violence.graphic. "
        "People have looked at what it holds. Up to 31 bits may differ."
    )
    told = bank_words.entry_facts(made.entry(fault="no_picture", decision_id=made.VIDEO, tags=["a", "b"]))
    assert "only the very same file" in told
    assert told.endswith("flagged under violence.graphic · added by a decision · a, b")
    assert bank_words.events_of(EntryState.ACTIVE) == (EntryEvent.QUARANTINE, EntryEvent.DECONFIRM)
    assert bank_words.events_of(EntryState.EXPIRED) == ()
    receipt = ImportReceipt(added=1, known=2, skipped=1, problems=[Skipped(row=4, why="not a hash")])
    assert bank_words.receipt_words(receipt) == "2 known already, 1 left out, row 4: not a hash"
    assert bank_words.receipt_words(ImportReceipt(added=1, known=0, skipped=0, problems=[])) == ""


def test_the_slots_of_an_opinion_have_titles() -> None:
    assert all(opinion.TITLES[slot] for slot in Slot)


def test_of_a_secret_original_nothing_is_told_and_nobody_judges_it() -> None:
    secret = made.match(
        entry_id=None, original_video_id=None, original_start_ms=None, original_end_ms=None, crop_bp=500
    )
    assert matches.changes(secret) == "cropped by 5 % a side"
    assert (
        matches.where(secret) == "0:01 to 0:08 here; the original is for cleared colleagues, who judge this"
    )
    assert not matches.may_judge(secret)
    assert matches.may_judge(made.match())
