"""The broadcast: weak, ordered, and not stopped by a subscriber that fails."""

from __future__ import annotations

import gc
import logging

import pytest

from studio.offline.changes import Broadcast, Changes

QUEUE = Changes(kinds=frozenset({"queue"}), ids=frozenset({"a"}), origin="live")


class View:
    def __init__(self, heard: list[Changes]) -> None:
        self.heard = heard

    def hear(self, changes: Changes) -> None:
        self.heard.append(changes)

    def fail(self, changes: Changes) -> None:
        raise RuntimeError("broken view")


def test_delivers_and_forgets_the_dead() -> None:
    broadcast, heard = Broadcast(), []
    view = View(heard)
    broadcast.subscribe(view.hear)
    broadcast.send(QUEUE)
    del view
    gc.collect()
    broadcast.send(QUEUE)
    assert heard == [QUEUE]


def test_who_unsubscribed_hears_nothing() -> None:
    gone, here = View([]), View([])
    broadcast = Broadcast()
    broadcast.subscribe(gone.hear)
    broadcast.subscribe(here.hear)
    broadcast.unsubscribe(gone.hear)
    broadcast.send(QUEUE)
    assert (gone.heard, here.heard) == ([], [QUEUE])


def test_nothing_changed_is_not_sent() -> None:
    broadcast, view = Broadcast(), View([])
    broadcast.subscribe(view.hear)
    broadcast.send(Changes())
    assert view.heard == []


def test_one_failure_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    broadcast, view = Broadcast(), View([])
    broadcast.subscribe(view.fail)
    broadcast.subscribe(view.hear)
    with caplog.at_level(logging.ERROR):
        broadcast.send(QUEUE)
    assert view.heard == [QUEUE]
    assert "broken view" in caplog.text


def test_functions_cannot_subscribe() -> None:
    with pytest.raises(TypeError, match="weakly"):
        Broadcast().subscribe(lambda changes: None)


def test_touches() -> None:
    assert QUEUE.touches("queue")
    assert QUEUE.touches("queue", "a")
    assert not QUEUE.touches("queue", "b")
    assert not QUEUE.touches("people")
    assert Changes(kinds=frozenset({"queue"})).touches("queue", "b")


def test_a_view_whose_other_half_is_deleted_hears_nothing() -> None:
    gone, here = View([]), View([])
    broadcast = Broadcast(alive=lambda view: view is not gone)
    broadcast.subscribe(gone.hear)
    broadcast.subscribe(here.hear)
    broadcast.send(QUEUE)
    assert (gone.heard, here.heard) == ([], [QUEUE])
