"""An owner is told which rule led to what is withheld: exactly while it is, and nothing that is sealed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.content.models import Video
from server.content.rules import ContentType as Kind
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.wire import Availability
from server.moderation import service, sweeps
from server.moderation.models import Action, PolicyVersion
from server.moderation.queries.statements import explain
from server.moderation.rules import ContentType, Measure, Outcome, Scope, Source
from server.moderation.schemas import ActionBody, Judgement
from tests.server.conftest import SignIn
from tests.server.moderation.conftest import CSAM, GORE, GRACE_S, HATE, LEASE_S, SPAM, NewPerson, Studio
from tests.server.moderation.dual import Case
from tests.server.moderation.test_queries import counted

GRACE = timedelta(seconds=GRACE_S)
INSTANT = timedelta(microseconds=1)


class Reader:
    """Somebody who reads videos over HTTP."""

    def __init__(self, client: httpx.Client, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def video(self, video_id: UUID) -> dict[str, Any]:
        answer = self.client.get(f"/v1/content/videos/{video_id}", headers=self.headers)
        return dict(answer.json())

    def told(self, video_id: UUID) -> tuple[str, str | None, str | None]:
        """The availability, and the rules for video and caption."""
        video = self.video(video_id)
        rules = [video[name] and video[name]["policy"] for name in ("restriction", "caption_restriction")]
        return video["availability"], rules[0], rules[1]


@pytest.fixture
def mine(studio: Studio, client: httpx.Client, sign_in: SignIn) -> Reader:
    return Reader(client, sign_in(Role.CREATOR))


def flagged(studio: Studio, video: UUID, policy: str, content_type: ContentType = ContentType.VIDEO) -> UUID:
    """The item of a flag by a program, which may flag what is hidden, too."""
    told = {"source": Source.CLASSIFIER, "source_ref": "rules", "confidence_bp": 9_000}
    return studio.flag(SYSTEM, video, policy, content_type, **told).item_id


def judge(
    studio: Studio,
    moderator: Actor,
    video: UUID,
    policy: str = GORE,
    outcome: Outcome = Outcome.RESTRICT,
    content_type: ContentType = ContentType.VIDEO,
    **more: Any,
) -> UUID:
    claim = studio.take(moderator, flagged(studio, video, policy, content_type))
    return studio.decide(moderator, claim, outcome, policy=policy, **more)


def test_the_rule_is_told_from_the_instant_of_effect_on_to_the_owner_alone(
    studio: Studio,
    fan: Actor,
    moderator: Actor,
    mine: Reader,
    client: httpx.Client,
    sign_in: SignIn,
    now: clock.Held,
) -> None:
    video = studio.video()
    decision = judge(studio, moderator, video)
    now.advance(GRACE - INSTANT)
    assert mine.told(video) == ("public", None, None)
    now.advance(INSTANT)
    assert mine.told(video) == ("restricted", GORE, None)
    said = mine.video(video)["restriction"]
    assert said["title"] == "Graphic violence"
    assert said["covers"].startswith("Real death")
    assert said["decision_id"] == str(decision)
    assert Reader(client, sign_in(Role.MODERATOR)).told(video) == ("restricted", None, None)
    listed = client.get("/v1/content/videos", headers=mine.headers).json()["items"]
    assert [each["restriction"]["policy"] for each in listed] == [GORE]


def test_a_decision_that_was_undone_or_reversed_is_not_told(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, lead: Actor, mine: Reader, now: clock.Held
) -> None:
    undone, reversed_ = studio.video(), studio.video()
    back, wrong = (judge(studio, moderator, video) for video in (undone, reversed_))
    with db.write() as s:
        service.undo(s, actor=moderator, decision_id=back, lease_s=LEASE_S)
    now.advance(GRACE)
    assert mine.told(undone) == ("public", None, None)
    assert mine.told(reversed_) == ("restricted", GORE, None)
    with db.write() as s:
        body = Judgement(outcome=Outcome.ALLOW, facts="a second look")
        service.reverse(s, actor=lead, decision_id=wrong, body=body)
    assert mine.told(reversed_) == ("public", None, None)


def test_of_several_decisions_the_strictest_and_longest_is_told(
    db: Database, studio: Studio, moderator: Actor, lead: Actor, mine: Reader, now: clock.Held
) -> None:
    video = studio.video()

    def hide(policy: str, hours: int) -> str:
        """Hide it for so long; answers until when."""
        action = ActionBody(type=Measure.RESTRICT, scope=Scope.ITEM, duration_s=hours * 3600)
        judge(studio, moderator, video, policy, actions=[action])
        now.advance(GRACE)
        return (now.at + timedelta(hours=hours)).isoformat()

    until = hide(GORE, 9)
    hide(SPAM, 2)
    told = mine.video(video)["restriction"]
    assert told["policy"] == GORE
    assert datetime.fromisoformat(told["until"]) == datetime.fromisoformat(until)
    removal = judge(studio, moderator, video, HATE, Outcome.REMOVE)
    now.advance(GRACE)
    assert mine.told(video) == ("removed", HATE, None)
    assert mine.video(video)["restriction"]["until"] is None
    with db.write() as s:
        body = Judgement(outcome=Outcome.ALLOW, facts="a second look")
        service.reverse(s, actor=lead, decision_id=removal, body=body)
    assert mine.told(video) == ("restricted", GORE, None)
    now.advance(timedelta(hours=9))
    with db.write() as s:
        sweeps.lift_expired(s)
    assert mine.told(video) == ("public", None, None)


def test_a_caption_has_a_reason_of_its_own(
    studio: Studio, fan: Actor, moderator: Actor, mine: Reader, now: clock.Held
) -> None:
    video = studio.video()
    judge(studio, moderator, video, SPAM, Outcome.REMOVE, ContentType.CAPTION)
    now.advance(GRACE)
    assert mine.told(video) == ("public", None, SPAM)


def test_what_is_done_about_a_person_says_nothing_of_a_video_with_their_id(
    studio: Studio, moderator: Actor, mine: Reader, now: clock.Held
) -> None:
    video, other = studio.video(), studio.video()
    judge(studio, moderator, video)
    judge(studio, moderator, other, SPAM)
    now.advance(GRACE)
    person = {"target_type": ContentType.PROFILE, "target_id": video}
    with studio.db.write() as s:
        s.execute(sa.update(Action).where(Action.target_id == other).values(person))
    assert mine.told(video) == ("restricted", GORE, None)


def test_what_two_people_find_is_not_told(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, second: Actor, mine: Reader, now: clock.Held
) -> None:
    case = Case(db, studio, fan)
    case.decide(moderator)
    now.advance(GRACE)
    assert mine.told(case.video) == ("restricted", None, None)
    case.decide(second)
    now.advance(GRACE)
    assert mine.told(case.video) == ("removed", None, None)


def test_the_restricted_class_is_not_told(
    db: Database,
    studio: Studio,
    fan: Actor,
    moderator: Actor,
    person: NewPerson,
    mine: Reader,
    now: clock.Held,
) -> None:
    """Its removal reads as any that two people decide, and what was told before stays as it was."""
    wrong, terror = studio.video(), Case(db, studio, fan)
    judge(studio, moderator, wrong)
    now.advance(GRACE)
    before = mine.video(wrong)
    claimed = flagged(studio, wrong, CSAM)
    assert mine.video(wrong) | {"derivatives": []} == before  # those that such a file would have
    for who in (person(Role.MODERATOR, cleared=True) for _ in range(2)):
        claim = studio.take(who, claimed)
        studio.decide(who, claim, Outcome.REMOVE, policy=CSAM, facts="seen")
        terror.decide(who)
        now.advance(GRACE)
    kept = ("availability", "caption_availability", "state", "reason", "restriction", "caption_restriction")
    told = [[mine.video(video)[name] for name in kept] for video in (wrong, terror.video)]
    assert told[0] == told[1]
    assert told[0][0] == "removed"
    with db.read() as s:
        assert s.get_one(Video, wrong).restricted_class


def test_the_words_are_those_of_the_version_that_the_decision_names(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, mine: Reader, now: clock.Held
) -> None:
    video = studio.video()
    judge(studio, moderator, video)
    with db.write() as s:
        first = s.get_one(PolicyVersion, 1)
        nodes = [node | {"title": "Renamed"} for node in first.nodes]
        s.add(PolicyVersion(version=2, sha256=b"2" * 32, nodes=nodes, author="x", at=clock.now()))
    now.advance(GRACE)
    assert mine.video(video)["restriction"]["title"] == "Graphic violence"


def test_many_reasons_cost_as_many_queries_as_one(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, now: clock.Held
) -> None:
    videos = [studio.video() for _ in range(5)]
    for video in videos:
        judge(studio, moderator, video)
    now.advance(GRACE)
    seen = []
    for some in (videos[:1], videos):
        withheld = {(Kind.VIDEO, video): Availability.RESTRICTED for video in some}
        with db.read() as s:
            explain(s, withheld)
        with counted(db) as statements, db.read() as s:
            assert explain(s, withheld).keys() == withheld.keys()
        seen.append(len(statements))
    assert seen[0] == seen[1]
    with counted(db) as statements, db.read() as s:
        assert explain(s, {}) == {}
    assert [each for each in statements if "moderation" in each] == []
