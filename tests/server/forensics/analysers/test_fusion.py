"""What signals say together, and what they never say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.forensics import fusion
from server.forensics.conditions import OF_SLOT, Condition
from server.forensics.fusion import Scale, SlotFusion
from server.forensics.results import Signal, SlotScore
from server.forensics.rules import BP, CHECKPOINT_BP, DEEPFAKE, SIGNALS_ONLY_BP, Abstained, Slot

SLOT = Slot.LIP_SYNC
CLEAN = frozenset({Condition.CLEAN})


def fitted(**how: object) -> SlotFusion:
    fields: dict[str, object] = {
        "signals": {"a": Scale(mean=10, std=2), "b": Scale(mean=0, std=1)},
        "draws": ((0.0, 2.0, -1.0), (0.2, 2.0, -1.0), (-0.2, 2.0, -1.0)),
        "look_closer": 0.8,
        "likely": 0.95,
        "auc_low": 0.6,
        "usable": {Condition.CLEAN: True, Condition.NOISE: False},
    }
    return SlotFusion.model_validate(fields | how)


def measured(name: str, value: float | None, track: int | None = None, **how: object) -> Signal:
    fields: dict[str, object] = {"reliability_bp": 4_000} | how
    return Signal(name, SLOT, "test", "1", value, track=track, **fields)  # type: ignore[arg-type]


def test_the_score_is_the_logistic_of_standardised_signals() -> None:
    one = fusion.slot_score(SLOT, [measured("a", 12.0), measured("b", 1.0)], CLEAN, fitted())
    assert one.score_bp == 7311  # 1 / (1 + exp(-1))
    assert one.low_bp is not None
    assert one.high_bp is not None
    assert one.low_bp < 7311 < one.high_bp
    assert not one.look_closer


def test_a_missing_signal_pulls_towards_even_odds_and_is_not_a_zero() -> None:
    whole = fusion.slot_score(SLOT, [measured("a", 14.0), measured("b", 0.0)], CLEAN, fitted())
    partly = fusion.slot_score(SLOT, [measured("a", 14.0)], CLEAN, fitted())
    assert whole.score_bp is not None
    assert partly.score_bp is not None
    assert 5_000 < partly.score_bp < whole.score_bp
    assert partly.reliability_bp < whole.reliability_bp
    zero = fusion.slot_score(SLOT, [measured("a", 0.0), measured("b", 0.0)], CLEAN, fitted())
    only_b = fusion.slot_score(SLOT, [measured("b", 0.0)], CLEAN, fitted())
    assert zero.score_bp != only_b.score_bp


def test_one_wild_value_is_held() -> None:
    far = fusion.slot_score(SLOT, [measured("a", 1e9), measured("b", 0.0)], CLEAN, fitted())
    edge = fusion.slot_score(SLOT, [measured("a", 16.0), measured("b", 0.0)], CLEAN, fitted())
    assert far.score_bp == edge.score_bp


def test_of_several_faces_the_worst_is_named() -> None:
    signals = [measured("a", value, track) for track, value in enumerate((9.0, 13.0, 11.0))]
    assert fusion.slot_score(SLOT, signals, CLEAN, fitted()).track == 1


def test_both_thresholds() -> None:
    found = [
        fusion.slot_score(SLOT, [measured("a", value), measured("b", 0.0)], CLEAN, fitted())
        for value in (10.0, 12.0, 15.0)
    ]
    assert [(one.look_closer, one.likely) for one in found] == [(False, False), (True, False), (True, True)]


@pytest.mark.parametrize(
    ("condition", "how"),
    [
        (Condition.NOISE, {}),
        (Condition.CLEAN, {"auc_low": 0.5}),
        (Condition.CLEAN, {"usable": {"clean": False}}),
    ],
)
def test_where_it_is_of_no_use_it_gives_no_number(condition: Condition, how: dict[str, object]) -> None:
    found = frozenset({Condition.CLEAN, condition})
    one = fusion.slot_score(SLOT, [measured("a", 15.0)], found, fitted(**how))
    assert one.score_bp is None
    assert one.abstained is Abstained.NO_USABLE_SIGNAL
    assert not one.look_closer


def test_the_reason_of_a_detector_is_the_reason_of_the_slot() -> None:
    silent = measured("lip_sync", None, abstained=Abstained.SILENT)
    assert fusion.slot_score(SLOT, [silent], CLEAN, fitted()).abstained is Abstained.SILENT
    assert fusion.slot_score(SLOT, [measured("a", 1.0)], CLEAN, None).abstained is Abstained.NO_MODEL


def scored(*slots: tuple[int, bool, bool], method: str = fusion.METHOD) -> list[SlotScore]:
    made = []
    for slot, (bp, look, sure) in zip(DEEPFAKE, slots, strict=False):
        ends: dict[str, Any] = {"low_bp": bp - 500, "high_bp": bp + 500, "reliability_bp": BP}
        made.append(SlotScore(slot, method, bp, look_closer=look, likely=sure, **ends))
    return made


SURE = (9_800, True, True)


def test_signals_alone_never_say_fake() -> None:
    found = fusion.verdict(scored(SURE, SURE, SURE))
    assert found.is_deepfake is None
    assert found.confidence_bp == SIGNALS_ONLY_BP
    assert found.score_bp is not None
    assert found.score_bp > 9_000


def test_with_a_checkpoint_two_slots_may_and_one_may_not() -> None:
    model = "model:meso@0123"
    assert fusion.verdict(scored(SURE, SURE, method=model)).is_deepfake is True
    assert fusion.verdict(scored(SURE, method=model)).is_deepfake is None
    assert fusion.verdict(scored(SURE, SURE, SURE, method=model)).confidence_bp == CHECKPOINT_BP


def test_signals_that_are_sure_do_not_outvote_a_checkpoint_that_is_not() -> None:
    face, *signals = scored((50, False, False), SURE, SURE)
    assert fusion.verdict([replace(face, method="model:meso@0123"), *signals]).is_deepfake is None


def test_a_slot_that_is_wholly_clean_is_cleared() -> None:
    clean = [replace(one, low_bp=0, high_bp=0) for one in scored((0, False, False), (0, False, False))]
    assert fusion.verdict(clean).is_deepfake is False


def test_two_cleared_slots_say_no_unless_one_asks_for_a_look() -> None:
    low = (800, False, False)
    assert fusion.verdict(scored(low, low)).is_deepfake is False
    assert fusion.verdict(scored(low, low, (8_500, True, False))).is_deepfake is None
    assert fusion.verdict(scored(low)).is_deepfake is None


def test_nothing_scored_is_no_score() -> None:
    silent = [SlotScore(slot, fusion.METHOD, abstained=Abstained.NO_FACE) for slot in DEEPFAKE]
    found = fusion.verdict(silent)
    assert (found.score_bp, found.confidence_bp, found.is_deepfake) == (None, 0, None)


def test_what_ships_fits_its_slots() -> None:
    shipped = fusion.stored()
    assert set(shipped.slots) == set(DEEPFAKE)
    for slot, one in shipped.slots.items():
        assert set(one.usable) == set(OF_SLOT[slot])
        assert one.look_closer <= one.likely
        assert all(len(draw) == len(one.signals) + 1 for draw in one.draws)
        if one.auc_low <= 0.5:
            assert not any(one.usable.values())
