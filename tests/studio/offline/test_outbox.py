"""The outbox: a stateful model of its rules, and the promises it makes to a person."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from studio.offline.edits import Edit, EditKind, EditState, Refusal
from studio.offline.outbox import Outbox, TooLate
from studio.offline.store import Store

WHY = Refusal("lease_lost", "Someone else has it.", "Claim the next one.", {"version": 3})


def edit(subject: str = "item:1", *, depends_on: UUID | None = None, **body: object) -> Edit:
    return Edit(
        kind=EditKind.NOTE,
        method="POST",
        path="/v1/moderation/notes",
        body=body or {"text": "hello"},
        subject=subject,
        depends_on=depends_on,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "s.sqlite")
    yield store
    store.close()


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store)


def test_round_trip(outbox: Outbox, store: Store) -> None:
    first = edit(text="a\u2028b", n=1)
    second = Edit(
        kind=EditKind.TIER_EDIT,
        method="PUT",
        path="/v1/monetization/tiers/1",
        body={"x": [1, None]},
        subject="tier:1",
        depends_on=first.id,
        if_match='"4"',
    )
    changes = outbox.add(first)
    outbox.add(second)
    outbox.add(first)
    assert changes.touches("outbox", "item:1")
    entries = Outbox(store).entries()
    assert [entry.edit for entry in entries] == [first, second]
    assert all(entry.state is EditState.WAITING for entry in entries)
    assert entries[0].key == first.id


@pytest.mark.parametrize("kind", ["gift", "claim", "payout", "purchase", ""])
def test_only_whitelisted_kinds(kind: str) -> None:
    with pytest.raises(ValueError, match="not a valid EditKind"):
        Edit(kind=kind, method="POST", path="/v1/x", body={}, subject="s")  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/x"), ("POST", "http://evil.example/v1/x")])
def test_only_edits_of_the_api(method: str, path: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        Edit(kind=EditKind.NOTE, method=method, path=path, body={}, subject="s")


def test_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Edit(EditKind.NOTE, "POST", "/v1/x", {}, "s", created_at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_undo_before_sending(outbox: Outbox) -> None:
    made = edit()
    outbox.add(made)
    outbox.undo(made.id)
    assert outbox.entries() == []
    assert outbox.take() is None


def test_undo_is_certain_or_refused(outbox: Outbox) -> None:
    made = edit()
    outbox.add(made)
    sending = outbox.take()
    assert sending is not None
    with pytest.raises(TooLate):
        outbox.undo(made.id)
    outbox.put_back(sending, uncertain=False)
    sending = outbox.take()
    assert sending is not None
    outbox.put_back(sending, uncertain=True)
    with pytest.raises(TooLate):
        outbox.undo(made.id)
    outbox.discard(made.id)
    assert outbox.entries() == []


def test_refused_keeps_content_and_reason(outbox: Outbox) -> None:
    made = edit(text="long work")
    outbox.add(made)
    entry = outbox.take()
    assert entry is not None
    outbox.refuse(entry, refusal=WHY)
    (kept,) = outbox.entries()
    assert kept.edit == made
    assert kept.refusal == WHY
    assert outbox.take() is None
    assert outbox.counts() == {EditState.WAITING: 0, EditState.SENDING: 0, EditState.REFUSED: 1}


def test_retry_and_revise_use_a_new_key(outbox: Outbox) -> None:
    made = edit(text="a")
    outbox.add(made)
    keys = set()
    for change in (None, {"text": "b"}):
        entry = outbox.take()
        assert entry is not None
        keys.add(entry.key)
        outbox.refuse(entry, refusal=WHY)
        if change is None:
            outbox.retry(made.id)
        else:
            outbox.revise(made.id, change)
    (entry,) = outbox.entries()
    keys.add(entry.key)
    assert len(keys) == 3
    assert entry.edit.id == made.id
    assert entry.edit.body == {"text": "b"}
    assert entry.refusal is None


def test_repeating_keeps_the_key(outbox: Outbox) -> None:
    outbox.add(edit())
    keys = set()
    for _ in range(3):
        entry = outbox.take()
        assert entry is not None
        keys.add(entry.key)
        outbox.put_back(entry, uncertain=True)
    assert len(keys) == 1


def test_withdrawing_tells_the_dependent(outbox: Outbox) -> None:
    first = edit("a")
    second = edit("b", depends_on=first.id)
    outbox.add(first)
    outbox.add(second)
    outbox.undo(first.id)
    (kept,) = outbox.entries()
    assert kept.refusal is not None
    assert kept.refusal.code == "dependency_gone"
    outbox.retry(second.id)
    entry = outbox.take()
    assert entry is not None
    assert entry.edit == second


def test_actions_on_the_unknown(outbox: Outbox) -> None:
    for action in (outbox.undo, outbox.discard, outbox.retry):
        with pytest.raises(TooLate):
            action(uuid4())


def test_restart_while_sending(outbox: Outbox, store: Store) -> None:
    outbox.add(edit())
    before = outbox.take()
    assert before is not None
    again = Outbox(store)
    assert again.take() is None
    again.recover()
    after = again.take()
    assert after is not None
    assert after.key == before.key
    assert after.uncertain


@dataclass
class Model:
    edit: Edit
    state: str = "waiting"
    uncertain: bool = False
    accepted: bool = False


class OutboxMachine(RuleBasedStateMachine):
    """Compares the outbox with a list, through restarts and lost answers."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.path = Path(self._directory.name) / "s.sqlite"
        self.store = Store(self.path)
        self.outbox = Outbox(self.store)
        self.models: list[Model] = []
        self.sending = None

    def teardown(self) -> None:
        self.store.close()
        self._directory.cleanup()

    @rule(subject=st.sampled_from("abc"), depend=st.booleans(), pick=st.integers(0, 99))
    def add(self, subject: str, depend: bool, pick: int) -> None:
        parent = self.models[pick % len(self.models)].edit.id if depend and self.models else None
        model = Model(edit(subject, depends_on=parent))
        self.outbox.add(model.edit)
        self.models.append(model)

    def eligible(self) -> Model | None:
        present = {model.edit.id for model in self.models}
        for index, model in enumerate(self.models):
            held = any(
                older.edit.subject == model.edit.subject and older.state != "refused"
                for older in self.models[:index]
            )
            if model.state == "waiting" and not held and model.edit.depends_on not in present:
                return model
        return None

    @rule()
    def take(self) -> None:
        expected = self.eligible()
        entry = self.outbox.take()
        assert (entry and entry.edit.id) == (expected and expected.edit.id)
        if entry is not None and expected is not None:
            expected.state = "sending"
            self.sending = entry

    def model_of(self, edit_id: UUID) -> Model:
        return next(model for model in self.models if model.edit.id == edit_id)

    @rule(answer=st.sampled_from(["accept", "refuse", "lost", "unsent"]))
    def answer(self, answer: str) -> None:
        if self.sending is None:
            return
        entry, self.sending = self.sending, None
        model = self.model_of(entry.edit.id)
        if answer == "accept":
            self.outbox.accept(entry)
            self.models.remove(model)
        elif answer == "refuse":
            self.outbox.refuse(entry, refusal=WHY)
            model.state = "refused"
        else:
            self.outbox.put_back(entry, uncertain=answer == "lost")
            model.state = "waiting"
            model.uncertain = model.uncertain or answer == "lost"

    @rule(action=st.sampled_from(["undo", "discard", "retry"]), pick=st.integers(0, 99))
    def person(self, action: str, pick: int) -> None:
        if not self.models:
            return
        model = self.models[pick % len(self.models)]
        allowed = {
            "undo": model.state == "waiting" and not model.uncertain,
            "discard": model.state != "sending",
            "retry": model.state == "refused",
        }[action]
        try:
            getattr(self.outbox, action)(model.edit.id)
        except TooLate:
            assert not allowed
            return
        assert allowed
        if action == "retry":
            model.state, model.uncertain = "waiting", False
            return
        self.models.remove(model)
        for other in self.models:
            if other.edit.depends_on == model.edit.id and other.state == "waiting":
                other.state = "refused"

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(self.path)
        self.outbox = Outbox(self.store)
        self.outbox.recover()
        self.sending = None
        for model in self.models:
            if model.state == "sending":
                model.state, model.uncertain = "waiting", True

    @invariant()
    def same(self) -> None:
        found = [(e.edit.id, e.state.value, e.uncertain) for e in self.outbox.entries()]
        # A refused edit's uncertainty is of no interest any more.
        expected = [(m.edit.id, m.state, m.uncertain) for m in self.models]
        assert [f[:2] for f in found] == [e[:2] for e in expected]
        for (_, state, uncertain), (_, _, wanted) in zip(found, expected, strict=True):
            assert state == "refused" or uncertain == wanted


TestOutboxMachine = OutboxMachine.TestCase


def watched(*events: int) -> Edit:
    return Edit(EditKind.FEED_EVENT, "POST", "/v1/content/events", {"events": list(events)}, "feed:events")


def both(before: Any, more: Any) -> dict[str, Any] | None:
    events = [*before["events"], *more["events"]]
    return {"events": events} if len(events) <= 3 else None


def bodies(outbox: Outbox) -> list[Any]:
    return [entry.edit.body.get("events") for entry in outbox.entries()]


def test_an_edit_joins_the_one_like_it_that_waits_as_far_as_there_is_room(outbox: Outbox) -> None:
    outbox.add(edit())
    for n in range(5):
        outbox.join(watched(n), both)
    assert bodies(outbox) == [None, [0, 1, 2], [3, 4]]


def test_what_the_server_may_have_does_not_grow(outbox: Outbox) -> None:
    outbox.join(watched(1), both)
    entry = outbox.take()
    assert entry is not None
    outbox.join(watched(2), both)
    assert bodies(outbox) == [[1], [2]]
    outbox.put_back(entry, uncertain=True)
    outbox.join(watched(3), both)
    assert bodies(outbox) == [[1], [2, 3]]
    taken = outbox.take()
    assert taken is not None
    assert taken.edit.body == {"events": [1]}
    assert taken.key == entry.key


def test_counts_may_leave_out_a_kind_but_never_what_was_refused(outbox: Outbox) -> None:
    outbox.join(watched(1), both)
    assert outbox.counts(without=EditKind.FEED_EVENT)[EditState.WAITING] == 0
    entry = outbox.take()
    assert entry is not None
    outbox.refuse(entry, refusal=WHY)
    assert outbox.counts(without=EditKind.FEED_EVENT)[EditState.REFUSED] == 1


def test_a_verdict_is_held_for_six_seconds_and_the_others_go(store: Store) -> None:
    verdict = Edit(EditKind.VERDICT, "POST", "/v1/forensics/matches/1/verdict", {}, "match:1")
    now = [verdict.created_at]
    outbox = Outbox(store, now=lambda: now[0])
    outbox.add(verdict)
    note = edit("item:1")
    outbox.add(note)
    taken = outbox.take()
    assert taken is not None
    assert taken.edit == note
    assert outbox.take() is None
    assert outbox.held_s() == 6.0
    now[0] = verdict.created_at - timedelta(hours=1)  # the clock was set back: it is not held for an hour
    assert outbox.held_s() is None
    now[0] = verdict.created_at + timedelta(seconds=6)
    assert outbox.held_s() is None
    taken = outbox.take()
    assert taken is not None
    assert taken.edit == verdict
