"""Opinions over HTTP: who reads and asks, and that none is shown below what is known without one."""

from __future__ import annotations

import itertools
from uuid import uuid4

import httpx
import pytest

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.forensics.opinion import floors, views
from server.forensics.opinion.rules import ASKED_OF, ORDER, Severity, worse
from server.forensics.rules import Slot
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database
from server.kit.live import broadcaster
from server.moderation import service as moderation
from server.moderation.rules import ContentType, Source
from server.moderation.rules import Severity as Flagged
from server.moderation.service.flags import receive_flag
from server.settings import Settings
from tests.server.conftest import SignIn
from tests.server.forensics.lab import Lab
from tests.server.forensics.opinion.lab import Opinions, Provider, said

pytestmark = pytest.mark.usefixtures("context", "stills")
VIDEOS = "/v1/forensics/videos"


def test_a_lead_asks_and_a_moderator_reads(
    client: httpx.Client, sign_in: SignIn, lab: Lab, opinions: Opinions, provider: Provider
) -> None:
    video_id = lab.video()
    url = f"{VIDEOS}/{video_id}/opinion"
    assert client.get(url, headers=sign_in(Role.MODERATOR)).json()["state"] == "not_asked"
    assert client.post(url, headers=sign_in(Role.MODERATOR)).status_code == 403
    with broadcaster.subscribe(wants=lambda _: True, wake=lambda: None, last_event_id=None) as stream:
        asked = client.post(url, headers=sign_in(Role.LEAD) | {"Idempotency-Key": "ask-it-once"})
        again = client.post(url, headers=sign_in(Role.LEAD) | {"Idempotency-Key": "ask-it-once"})
        heard = [change for _, change in stream.take().changes]
    assert (asked.status_code, again.json()) == (201, asked.json())
    assert (asked.json()["state"], asked.json()["categories"]) == ("waiting", [])
    if lab.db.sqlite:
        assert ("forensics.opinion", str(video_id)) in {(change.topic, change.id) for change in heard}
    provider.says = lambda _: said("medium", (2,))
    [row] = opinions.rows()
    opinions.run(row.id)
    told = client.get(url, headers=sign_in(Role.MODERATOR)).json()
    assert (told["state"], told["model"], told["frames"]) == ("done", "claude-haiku-5-5", 3)
    assert told["categories"][2] == {
        "slot": "violence",
        "severity": "medium",
        "said": "medium",
        "reason": "about violence",
        "moments_ms": [3_000],
    }
    assert told["finished_at"] >= told["asked_at"]


@pytest.mark.usefixtures("provider")
def test_the_restricted_class_is_for_the_cleared_who_learn_that_nothing_is_asked(
    client: httpx.Client, sign_in: SignIn, lab: Lab, opinions: Opinions, cleared: Actor
) -> None:
    video_id = lab.video()
    opinions.run(opinions.ask(video_id))
    lab.change(video_id, restricted_class=True)
    url = f"{VIDEOS}/{video_id}/opinion"
    for role in (Role.MODERATOR, Role.LEAD):
        assert client.get(url, headers=sign_in(role)).status_code == 404
    assert client.post(url, headers=sign_in(Role.LEAD)).status_code == 404
    told = client.get(url, headers=sign_in(cleared.person)).json()
    assert (told["state"], told["summary"], told["categories"]) == ("restricted", None, [])
    refused = client.post(url, headers=sign_in(cleared.person))
    assert (refused.status_code, refused.json()["code"]) == (409, "restricted")


def test_nobody_reads_the_opinion_of_their_own_video(
    client: httpx.Client, sign_in: SignIn, lab: Lab, people: dict[Role, Person]
) -> None:
    url = f"{VIDEOS}/{lab.video(owner_id=people[Role.MODERATOR].id)}/opinion"
    assert client.get(url, headers=sign_in(Role.MODERATOR)).status_code == 404
    assert client.get(url, headers=sign_in(Role.LEAD)).status_code == 200
    assert client.get(f"{VIDEOS}/{uuid4()}/opinion", headers=sign_in(Role.LEAD)).status_code == 404


class TestWithoutAKey:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"anthropic_key": None})

    def test_it_is_said_and_nothing_is_asked(
        self, client: httpx.Client, sign_in: SignIn, lab: Lab, opinions: Opinions
    ) -> None:
        url = f"{VIDEOS}/{lab.video()}/opinion"
        told = client.get(url, headers=sign_in(Role.LEAD)).json()
        assert (told["state"], bool(told["reason"])) == ("not_configured", True)
        refused = client.post(url, headers=sign_in(Role.LEAD))
        assert (refused.status_code, refused.json()["code"]) == (409, "not_configured")
        assert opinions.rows() == []


def test_an_opinion_never_shows_less_than_the_scores_say(
    client: httpx.Client, sign_in: SignIn, lab: Lab, opinions: Opinions, provider: Provider
) -> None:
    video_id = lab.video()
    provider.says = lambda _: said("none")
    opinions.run(opinions.ask(video_id))
    url, reader = f"{VIDEOS}/{video_id}/opinion", sign_in(Role.MODERATOR)

    def face() -> tuple[str, str]:
        [each] = [c for c in client.get(url, headers=reader).json()["categories"] if "face" in c["slot"]]
        return each["severity"], each["said"]

    assert face() == ("none", "none")
    lab.analysed(video_id)
    assert face() == ("low", "none")
    lab.analysed(video_id, likely=True)
    assert face() == ("medium", "none")


def test_an_opinion_never_shows_less_than_the_open_items_say(
    db: Database, lab: Lab, opinions: Opinions, provider: Provider
) -> None:
    video_id = lab.video()
    with db.write() as s:
        moderation.install(s)
        receive_flag(
            s,
            actor=SYSTEM,
            content_type=ContentType.VIDEO,
            content_id=video_id,
            policy="violence.graphic",
            severity=Flagged.HIGH,
            source=Source.CLASSIFIER,
            source_ref="a test",
        )
    provider.says = lambda _: said("low")
    opinions.run(opinions.ask(video_id))
    with db.read() as s:
        assert floors.of(s, video_id) == {Slot.VIOLENCE: Severity.HIGH}
        view = views.of_video(s, video_id, restricted=False, configured=True)
        assert floors.of(s, lab.video()) == {}
    shown = {each.slot: each.severity for each in view.categories}
    assert shown == dict.fromkeys(ASKED_OF, Severity.LOW) | {Slot.VIOLENCE: Severity.HIGH}


def test_the_graver_of_two_is_never_below_either() -> None:
    for one, other in itertools.product(ORDER, ORDER):
        both = worse(one, other)
        assert both in (one, other)
        assert ORDER.index(both) == max(ORDER.index(one), ORDER.index(other))
