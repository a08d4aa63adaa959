"""The restricted class exists for cleared people only: not in any list, count, search, record or refusal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.accounts.queries import shown_bio
from server.audit.models import AuditEntry
from server.content import availability
from server.content import service as content
from server.content.models import Derivative, Video
from server.content.rules import DerivativeKind
from server.kit import clock, live
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.wire import Availability
from server.moderation import service
from server.moderation.models import Item
from server.moderation.queries.creators import creator_page
from server.moderation.queries.review import review
from server.moderation.rules import ContentType, ItemState, Outcome, Source
from tests.server.conftest import SignIn
from tests.server.moderation.conftest import CSAM, EXPLICIT, GORE, SPAM, NewPerson, Studio


@dataclass(frozen=True)
class Case:
    """A restricted item that was decided once, and a second one that is open."""

    video: UUID
    item_id: UUID
    decision_id: UUID
    open_item_id: UUID


@pytest.fixture
def case(studio: Studio, fan: Actor, cleared: Actor, person: NewPerson) -> Case:
    video, other = studio.video("Hidden things"), studio.video("Hidden too")
    got = studio.flag(fan, video, CSAM)
    for who in (person(Role.MODERATOR, cleared=True), cleared):
        claim = studio.take(who, got.item_id)
        decision = studio.decide(who, claim, Outcome.REMOVE, policy=CSAM, facts="a child at 0:02")
    return Case(video, got.item_id, decision, studio.flag(fan, other, CSAM).item_id)


def test_the_fixed_rule_sends_it_apart_and_drops_what_was_made_of_the_file(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, cleared: Actor
) -> None:
    video = studio.video()
    with db.write() as s:
        s.add(Derivative(video_id=video, kind=DerivativeKind.POSTER, sha256="1" * 64, size=1, meta={}))
    got = studio.flag(fan, video, CSAM)
    item = studio.item(got.item_id)
    assert (item.queue_id, item.restricted) == ("restricted", True)
    with db.read() as s:
        assert s.get_one(Video, video).restricted_class
        assert s.get(Derivative, (video, DerivativeKind.POSTER)) is None
    assert studio.claim(moderator) is None
    claim = studio.claim(cleared)
    assert claim is not None
    assert claim.item_id == got.item_id


def test_it_is_offered_unasked_only_when_nothing_else_waits(
    studio: Studio, fan: Actor, cleared: Actor
) -> None:
    hidden = studio.flag(fan, studio.video(), CSAM)
    plain = studio.flag(fan, studio.video(), SPAM)
    first, second = studio.claim(cleared), studio.claim(cleared)
    assert first is not None
    assert second is not None
    assert (first.item_id, second.item_id) == (plain.item_id, hidden.item_id)


def test_it_is_loaded_ahead_only_when_asked_for(
    db: Database, studio: Studio, fan: Actor, cleared: Actor
) -> None:
    got = studio.flag(fan, studio.video(), CSAM)
    with db.write() as s:
        assert service.prefetch(s, actor=cleared) is None
    with db.write() as s:
        ahead = service.prefetch(s, actor=cleared, queue="restricted")
    assert ahead is not None
    assert ahead.item_id == got.item_id


def test_other_items_of_the_subject_go_along_and_an_open_claim_ends(
    studio: Studio, fan: Actor, moderator: Actor, cleared: Actor, person: NewPerson
) -> None:
    video = studio.video()
    plain = studio.flag(fan, video, SPAM)
    claim = studio.take(moderator, plain.item_id)
    studio.flag(fan, video, CSAM)
    item = studio.item(plain.item_id)
    assert (item.queue_id, item.restricted, item.state, item.claimed_by) == (
        "restricted",
        True,
        ItemState.PENDING,
        None,
    )
    with pytest.raises(Exception, match="no such item"):
        studio.decide(moderator, claim)
    with pytest.raises(NotFound):
        studio.flag(person(Role.FAN), video, GORE)
    later = studio.flag(Actor("classifier", handle="gore-v1"), video, GORE, source=Source.CLASSIFIER)
    assert studio.item(later.item_id).queue_id == "restricted"


def test_an_uncleared_moderator_who_meets_it_hands_it_over(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, cleared: Actor
) -> None:
    video = studio.video()
    got = studio.flag(fan, video, EXPLICIT)
    claim = studio.take(moderator, got.item_id)
    with pytest.raises(Invalid):
        studio.decide(moderator, claim, Outcome.REMOVE, policy=CSAM, facts="a child")
    studio.decide(moderator, claim, Outcome.ESCALATE, policy=CSAM, facts="a child")
    item = studio.item(got.item_id)
    assert (item.queue_id, item.state, item.stage, item.restricted) == ("restricted", "pending", 1, True)
    with db.read() as s:
        assert s.get_one(Video, video).restricted_class
    assert studio.claim(moderator) is None
    handed = studio.claim(cleared)
    assert handed is not None
    studio.decide(cleared, handed, Outcome.REMOVE, policy=CSAM, facts="a child")


def test_an_uncleared_lead_at_the_second_stage_can_still_hand_it_over(
    studio: Studio, fan: Actor, moderator: Actor, lead: Actor, cleared: Actor
) -> None:
    got = studio.flag(fan, studio.video(), EXPLICIT)
    studio.decide(moderator, studio.take(moderator, got.item_id), Outcome.ESCALATE, facts="unsure")
    claim = studio.claim(lead)
    assert claim is not None
    studio.decide(lead, claim, Outcome.ESCALATE, policy=CSAM, facts="a child")
    assert studio.item(got.item_id).queue_id == "restricted_escalated"
    assert studio.claim(lead) is None


ABSENT = (
    "items",
    "items?state=decided",
    "items?policy=child_safety.csam",
    "items?queue=restricted",
    "items?creator={owner}&state=pending",
    "items?ids={open}&ids={item}",
    "search?q=hidden",
    "search?q={item}",
    "search?q={decision}",
    "search?q={video}",
    "queue/snapshot",
    "queues",
)
MISSING = ("items/{item}", "items/{open}", "decisions/{decision}")


def _names(case: Case, owner: UUID) -> dict[str, UUID]:
    return {
        "item": case.item_id,
        "open": case.open_item_id,
        "decision": case.decision_id,
        "video": case.video,
        "owner": owner,
    }


def test_no_read_shows_counts_or_names_it_to_the_uncleared(
    client: httpx.Client, sign_in: SignIn, case: Case, studio: Studio, cleared: Actor
) -> None:
    names = _names(case, studio.owner.person)
    hidden = ("Hidden", "csam", '"restricted', str(case.item_id), str(case.open_item_id))
    for role in (Role.MODERATOR, Role.LEAD, Role.ADMIN):
        headers = sign_in(role)
        for path in ABSENT:
            answer = client.get(f"/v1/moderation/{path.format(**names)}", headers=headers)
            assert answer.status_code == 200, path
            assert not [word for word in hidden if word in answer.text], path
        for path in MISSING:
            answer = client.get(f"/v1/moderation/{path.format(**names)}", headers=headers)
            assert answer.status_code == 404, path
        record = client.get(f"/v1/moderation/creators/{studio.owner.id}", headers=headers)
        assert record.status_code == 200
        assert not [word for word in hidden if word in record.text]
        assert record.json()["creator"]["violations"] == 0
        assert record.json()["creator"]["open_items"] == 0


def test_the_same_reads_do_show_it_to_the_cleared(
    client: httpx.Client, sign_in: SignIn, case: Case, studio: Studio, cleared: Actor
) -> None:
    names, headers = _names(case, studio.owner.person), sign_in(cleared.person)
    for path in ABSENT:
        answer = client.get(f"/v1/moderation/{path.format(**names)}", headers=headers)
        shown = (str(case.item_id), str(case.open_item_id), str(case.decision_id), '"restricted"')
        assert any(word in answer.text for word in shown), path
    for path in MISSING:
        answer = client.get(f"/v1/moderation/{path.format(**names)}", headers=headers)
        assert answer.status_code == 200, path
    record = client.get(f"/v1/moderation/creators/{studio.owner.id}", headers=headers).json()["creator"]
    assert (record["violations"], record["open_items"]) == (1, 1)


def test_writes_answer_as_if_it_did_not_exist(client: httpx.Client, sign_in: SignIn, case: Case) -> None:
    headers = sign_in(Role.LEAD, stepped_up=True)
    nothing = uuid4()

    def refusals(item_id: UUID, decision_id: UUID) -> list[str]:
        token = {"claim_token": 1}
        calls = [
            (f"items/{item_id}/heartbeat", token),
            (f"items/{item_id}/release", token),
            (f"items/{item_id}/skip", token | {"reason": "x"}),
            (f"items/{item_id}/hold", token | {"reason": "x", "seconds": 60}),
            (f"items/{item_id}/resume", {}),
            (f"items/{item_id}/transfer", token | {"reason": "x", "handle": "lead"}),
            (f"items/{item_id}/take-over", {"reason": "x"}),
            (f"items/{item_id}/decisions", token | {"outcome": "allow"}),
            (f"items/{item_id}/notes", {"body": "x"}),
            ("claims", {"item_id": str(item_id)}),
            (f"decisions/{decision_id}/undo", {}),
            (f"decisions/{decision_id}/reverse", {"outcome": "allow", "facts": "x"}),
        ]
        answers = [client.post(f"/v1/moderation/{path}", json=body, headers=headers) for path, body in calls]
        return [json.dumps(answer.json()) for answer in answers]

    hidden = refusals(case.open_item_id, case.decision_id)
    assert hidden == refusals(nothing, nothing)
    assert all('"status": 404' in answer for answer in hidden)


def test_the_record_of_a_restricted_item_does_not_name_its_policy(db: Database, case: Case) -> None:
    with db.read() as s:
        payloads = list(s.scalars(sa.text("SELECT json FROM audit_payloads")))
        restricted = set(s.scalars(sa.select(Item.restricted)))
    assert restricted == {True}
    assert not [text for text in payloads if "csam" in text]


def test_a_cleared_person_still_needs_the_lead_for_the_second_stage(
    studio: Studio, case: Case, cleared: Actor
) -> None:
    claim = studio.take(cleared, case.open_item_id)
    studio.decide(cleared, claim, Outcome.ESCALATE, facts="needs a lawyer")
    assert studio.item(case.open_item_id).queue_id == "restricted_escalated"
    assert studio.claim(cleared) is None
    with pytest.raises(Conflict):
        studio.decide(cleared, claim)


def test_a_comment_and_a_profile_stay_in_the_class_whatever_is_said_next(
    studio: Studio, fan: Actor, creator: Actor, moderator: Actor
) -> None:
    comment = studio.comment(studio.video(), fan)
    for kind, content_id in ((ContentType.COMMENT, comment), (ContentType.PROFILE, creator.person)):
        studio.flag(fan, content_id, CSAM, kind)
        later = studio.item(studio.flag(fan, content_id, SPAM, kind).item_id)
        assert (later.restricted, later.queue_id) == (True, "restricted")
    assert studio.claim(moderator) is None


def test_the_decision_that_puts_it_into_the_class_is_recorded_without_its_policy(
    db: Database, studio: Studio, fan: Actor, cleared: Actor
) -> None:
    got = studio.flag(fan, studio.video(), SPAM)
    studio.decide(cleared, studio.take(cleared, got.item_id), Outcome.REMOVE, policy=CSAM, facts="a child")
    assert studio.item(got.item_id).restricted
    with db.read() as s:
        payloads = list(s.scalars(sa.text("SELECT json FROM audit_payloads")))
    assert payloads
    assert not [text for text in payloads if "csam" in text]


def test_an_item_under_a_video_of_the_class_does_not_name_the_video(
    db: Database, studio: Studio, fan: Actor, person: NewPerson, moderator: Actor, cleared: Actor
) -> None:
    video = studio.video("Hidden things")
    got = studio.flag(person(Role.FAN), studio.comment(video, fan), SPAM, ContentType.COMMENT)
    studio.flag(fan, video, CSAM)
    with db.read() as s:
        shown, whole = (review(s, actor=actor, item_id=got.item_id) for actor in (moderator, cleared))
    assert shown.item.title == "words"
    assert shown.subject is not None
    assert (shown.subject.title, shown.subject.text, shown.subject.video_id) == ("", "words", None)
    assert whole.subject is not None
    assert (whole.subject.title, whole.subject.video_id) == ("Hidden things", video)


def test_a_comment_of_the_class_is_read_by_its_author_and_the_cleared(
    client: httpx.Client, sign_in: SignIn, db: Database, studio: Studio, fan: Actor, cleared: Actor
) -> None:
    video = studio.video()
    comment = studio.comment(video, fan)
    path = f"/v1/content/videos/{video}/comments"
    before = client.get(path, headers=sign_in(fan.person)).json()
    assert client.get(path, headers=sign_in(Role.MODERATOR)).json() == before
    studio.flag(studio.owner, comment, CSAM, ContentType.COMMENT)
    for role in (Role.MODERATOR, Role.LEAD, Role.ADMIN, Role.FINANCE, Role.CREATOR):
        assert client.get(path, headers=sign_in(role)).json()["items"] == [], role
    for reader in (fan, cleared):
        assert client.get(path, headers=sign_in(reader.person)).json() == before
    with pytest.raises(NotFound):
        studio.flag(studio.owner, comment, SPAM, ContentType.COMMENT)
    with db.read() as s:
        said = s.scalars(sa.select(AuditEntry).where(AuditEntry.target == f"comment:{comment}"))
        assert [(entry.action, entry.restricted) for entry in said] == [("content.comment_restricted", True)]


def test_a_biography_of_the_class_is_read_by_the_cleared_only(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, cleared: Actor
) -> None:
    who = studio.owner.person
    with db.write() as s:
        s.execute(sa.update(Person).where(Person.id == who).values(bio="vile words"))
    studio.flag(fan, who, CSAM, ContentType.PROFILE)
    with db.read() as s:
        bios = [creator_page(s, actor=actor, person_id=who).creator.bio for actor in (moderator, cleared)]
    assert bios == ["", "vile words"]


def test_nor_do_the_pages_about_people_show_it_to_others_than_its_author(
    client: httpx.Client, sign_in: SignIn, db: Database, studio: Studio, person: NewPerson
) -> None:
    who, reader = studio.owner.person, person(Role.LEAD, cleared=True)
    with db.write() as s:
        s.execute(sa.update(Person).where(Person.id == who).values(bio="vile words"))
    paths = [f"people/{who}", f"people/{who}/card", "people?q=creator"]
    before = [client.get(f"/v1/accounts/{path}", headers=sign_in(Role.ADMIN)).text for path in paths]
    studio.flag(reader, who, CSAM, ContentType.PROFILE)
    for path, shown in zip(paths, before, strict=True):
        assert "vile words" in shown
        for role in (Role.ADMIN, Role.LEAD):
            answer = client.get(f"/v1/accounts/{path}", headers=sign_in(role))
            assert answer.status_code == 200
            assert answer.text == shown.replace("vile words", "")
        assert "vile words" in client.get(f"/v1/accounts/{path}", headers=sign_in(reader.person)).text
    with db.read() as s:
        assert shown_bio(s.get_one(Person, who), studio.owner) == "vile words"
        said = s.scalars(sa.select(AuditEntry).where(AuditEntry.action == "accounts.profile_restricted"))
        assert [(entry.target, entry.restricted) for entry in said] == [(f"person:{who}", True)]


def test_the_live_feed_names_a_video_of_the_class_to_the_cleared_only(
    db: Database, studio: Studio, fan: Actor, cleared: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, UUID]] = []
    monkeypatch.setattr(live, "publish", lambda s, topic, subject, version: told.append((topic, subject)))
    video = studio.video()
    got = studio.flag(fan, video, CSAM)
    assert [topic for topic, subject in told if subject == video] == [
        "content.video",
        "content.restricted_video",
    ]
    told.clear()
    mine = {"actor": studio.owner, "video_id": video}
    with clock.held() as now:
        for do in (
            partial(content.edit_video, version=1, title="B"),
            content.delete_video,
            content.restore_video,
        ):
            with db.write() as s:
                do(s, **mine)
        claim = studio.take(cleared, got.item_id)
        studio.decide(cleared, claim, Outcome.ESCALATE, facts="unsure")
        to = {"availability": Availability.REMOVED, "effective_at": now.at}
        with db.write() as s:
            availability.schedule_availability(
                s, actor=cleared, content_type=ContentType.VIDEO, content_id=video, **to
            )
            assert availability.fold_due(s) == 1
    assert [topic for topic, subject in told if subject == video] == ["content.restricted_video"] * 5
