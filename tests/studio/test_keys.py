"""The table of keys: what it says, what it refuses, how it is remapped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from studio.keys import ACTIONS, BY_ID, KeyConflict, Keymap, heard_together, normal, shown

RESEARCHED = {
    "play": "Space", "shuttle-back": "J", "shuttle-stop": "K", "shuttle-forward": "L",
    "step-back": "Left", "step-forward": "Right", "ten-back": "Shift+Left",
    "ten-forward": "Shift+Right", "second-back": "Ctrl+Left", "second-forward": "Ctrl+Right",
    "first-frame": "Home", "last-frame": "End", "previous-marker": "[", "next-marker": "]",
    "mark-in": "I", "mark-out": "O", "reveal": "B", "greyscale": "G", "mute": "M",
    "transcript": "T", "allow": "A", "restrict": "R", "escalate": "E", "hold": "H", "skip": "S",
    "confirm": "Return", "undo": "Z", "next": "N", "panic": "X",
    **{f"policy.{n}": str(n) for n in range(1, 10)},
}  # fmt: skip


def conflicts(keymap: Keymap) -> list[tuple[str, str, str]]:
    """Every pair of actions that one key press would reach."""
    return [
        (key, first.id, second.id)
        for i, first in enumerate(ACTIONS)
        for second in ACTIONS[i + 1 :]
        if heard_together(first.scope, second.scope)
        for key in keymap.keys(first.id)
        if key in keymap.keys(second.id)
    ]


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)


def test_review_has_the_researched_keys() -> None:
    assert {name: BY_ID[f"review.{name}"].keys[0] for name in RESEARCHED} == RESEARCHED


def test_table_is_free_of_conflicts() -> None:
    assert conflicts(Keymap()) == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.id)
def test_keys_are_in_portable_spelling(action: object) -> None:
    for key in BY_ID[action.id].keys:  # type: ignore[attr-defined]
        assert normal(key) == key


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.group == "Decision"], ids=lambda a: a.id)
def test_no_decision_repeats_while_a_key_is_kept_down(action: object) -> None:
    assert not BY_ID[action.id].repeats  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "text"),
    [("Left", "←"), ("Shift+Right", "Shift+→"), ("Return", "Enter"), ("Ctrl++", "Ctrl++"), ("+", "+")],
)
def test_keys_on_screen(key: str, text: str) -> None:
    assert shown(key) == text


def test_remap_is_stored_and_survives(qtbot: QtBot) -> None:
    keymap = Keymap()
    with qtbot.waitSignal(keymap.changed):
        keymap.remap("review.allow", ["q"])
    again = Keymap(keymap.chosen())
    assert again.keys("review.allow") == ("Q",)
    assert again.tooltip("review.allow") == "Allow (Q)"


def test_remap_refuses_a_key_in_use_and_names_who_has_it() -> None:
    keymap = Keymap()
    with pytest.raises(KeyConflict, match="Restrict"):
        keymap.remap("review.allow", ["R"])
    assert keymap.keys("review.allow") == ("A",)


def test_a_global_key_is_taken_in_every_scope() -> None:
    with pytest.raises(KeyConflict, match="Search and commands"):
        Keymap().remap("queue.why", ["Ctrl+K"])


def test_two_scopes_may_use_one_key() -> None:
    keymap = Keymap()
    keymap.remap("queue.why", ["A"])
    assert keymap.keys("queue.why") == keymap.keys("review.allow")


@pytest.mark.parametrize("key", ["", "Nonsense", "Ctrl+K, Ctrl+C", "é"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        Keymap().remap("review.allow", [key])


def test_unknown_action_is_refused() -> None:
    with pytest.raises(KeyError):
        Keymap().remap("review.fly", ["F"])


def test_reset_returns_to_the_table() -> None:
    keymap = Keymap({"review.allow": ["Q"], "review.skip": ["Y"]})
    keymap.reset("review.allow")
    assert keymap.chosen() == {"review.skip": ["Y"]}
    keymap.reset()
    assert keymap.chosen() == {}


def test_reset_of_one_refuses_a_key_given_away_meanwhile() -> None:
    keymap = Keymap({"review.allow": ["Q"], "review.skip": ["A"]})
    with pytest.raises(KeyConflict):
        keymap.reset("review.allow")


def test_swapped_keys_are_loaded() -> None:
    keymap = Keymap({"review.allow": ["R"], "review.restrict": ["A"]})
    assert (keymap.keys("review.allow"), keymap.keys("review.restrict")) == (("R",), ("A",))


def test_dropping_a_choice_cannot_make_another_conflict() -> None:
    keymap = Keymap({"review.skip": ["A"], "review.allow": ["R"]})
    assert conflicts(keymap) == []


@given(
    st.dictionaries(
        st.sampled_from([*BY_ID, "unknown"]),
        st.lists(st.sampled_from(["A", "R", "N", "Ctrl+K", "Ctrl+", "", "1", "?", "Return"]), max_size=2),
        max_size=12,
    )
)
def test_no_settings_file_can_make_a_conflict(chosen: dict[str, list[str]]) -> None:
    assert conflicts(Keymap(chosen)) == []


def test_groups_keep_the_order_of_the_table() -> None:
    assert list(Keymap().groups(["review"])) == ["Playback", "Marks", "Comfort", "Policy", "Decision"]
