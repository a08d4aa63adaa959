"""Who hears of what: everyone of the catalogue, editors alone of drafts and judgings."""

from __future__ import annotations

import pytest

from server.accounts.permissions import Role, permissions_of
from server.kit import live
from server.kit.access import Actor
from server.kit.db import Database, WriteSession
from server.kit.live import Change
from server.ops.live import may_hear
from tests.server.sparks.studio import Studio


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The topics that were published, in order."""
    found: list[str] = []
    publish = live.publish

    def heard(s: WriteSession, topic: str, subject: object, version: int) -> None:
        found.append(topic)
        publish(s, topic, subject, version)

    monkeypatch.setattr(live, "publish", heard)
    return found


def test_each_step_is_told_to_those_who_may_know(db: Database, studio: Studio, told: list[str]) -> None:
    made = studio.create()
    assert told == ["sparks.draft"]
    studio.ask(made)
    studio.work(made)
    assert told[1:] == ["sparks.judged", "sparks.judged", "sparks.changed"]
    studio.price(made, 7)
    studio.retire(made)
    assert told[4:] == ["sparks.changed", "sparks.changed"]


@pytest.mark.parametrize("role", Role)
def test_of_drafts_and_judgings_admins_alone_hear(role: Role) -> None:
    person = Actor("person", permissions=permissions_of(frozenset({role}), cleared=False))
    heard = {
        topic
        for topic in ("sparks.changed", "sparks.draft", "sparks.judged")
        if may_hear(person, Change(topic, "s", 1))
    }
    others = {"sparks.draft", "sparks.judged"} if role is Role.ADMIN else set()
    assert heard == {"sparks.changed"} | others
