"""A server with policies and queues, people who act on it, and videos to be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from server.accounts import service as accounts
from server.accounts.models import Person
from server.accounts.permissions import Role, permissions_of
from server.content.models import Comment, Video
from server.content.rules import VideoState, Visibility
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.moderation import service
from server.moderation.models import Item
from server.moderation.rules import ContentType, Outcome
from server.moderation.schemas import Claim, FlagReceipt, NewDecision

LEASE_S = 600
GRACE_S = 10
SPAM, GORE, HATE, CSAM, NCII, EXPLICIT = (
    "spam",
    "violence.graphic",
    "hate.slur",
    "child_safety.csam",
    "ncii.real",
    "sexual.explicit",
)


def acting(person: Person, *roles: Role, cleared: bool = False) -> Actor:
    """The actor that the resolver would make of a person with these roles."""
    permissions = permissions_of(frozenset(roles), cleared=cleared)
    return Actor("person", person.id, person.handle, frozenset(roles), permissions)


@pytest.fixture
def installed(db: Database) -> None:
    with db.write() as s:
        service.install(s)


@pytest.fixture
def moderator(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.MODERATOR], Role.MODERATOR)


@pytest.fixture
def lead(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.LEAD], Role.LEAD)


@pytest.fixture
def fan(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.FAN], Role.FAN)


@pytest.fixture
def creator(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.CREATOR], Role.CREATOR)


NewPerson = Callable[..., Actor]


@pytest.fixture
def person(db: Database, keys: Keys) -> NewPerson:
    """`person(Role.MODERATOR, cleared=True)`: one more person, acting."""

    def make(*roles: Role, cleared: bool = False) -> Actor:
        handle = f"p{uuid4().hex[:10]}"
        with db.write() as s:
            made = accounts.create_person(
                s, actor=SYSTEM, keys=keys, handle=handle, name=handle, roles=roles, cleared=cleared
            )
        return acting(made, *roles, cleared=cleared)

    return make


@pytest.fixture
def cleared(person: NewPerson) -> Actor:
    """A moderator who may see the restricted class."""
    return person(Role.MODERATOR, cleared=True)


class Studio:
    """Short words for what the tests do again and again; every call is a transaction of its own."""

    def __init__(self, db: Database, owner: Actor) -> None:
        self.db = db
        self.owner = owner

    def video(
        self, title: str = "A day at the lake", *, owner: Actor | None = None, sha256: str | None = None
    ) -> UUID:
        video_id = uuid4()
        with self.db.write() as s:
            s.add(
                Video(
                    id=video_id,
                    owner_id=(owner or self.owner).person,
                    filename="clip.mp4",
                    title=title,
                    caption="caption",
                    visibility=Visibility.PUBLIC,
                    state=VideoState.READY,
                    size=1,
                    sha256=sha256 or video_id.hex * 2,
                    duration_ms=10_000,
                )
            )
        return video_id

    def comment(self, video_id: UUID, author: Actor) -> UUID:
        comment_id = uuid4()
        with self.db.write() as s:
            s.add(Comment(id=comment_id, video_id=video_id, author_id=author.person, body="words"))
        return comment_id

    def delete(self, video_id: UUID, *, gone: bool = True) -> None:
        """Delete a video, or bring it back, without saying so."""
        with self.db.write() as s:
            at = clock.now() if gone else None
            s.execute(sa.update(Video).where(Video.id == video_id).values(deleted_at=at))

    def retitle(self, video_id: UUID, title: str) -> None:
        with self.db.write() as s:
            s.execute(sa.update(Video).where(Video.id == video_id).values(title=title))

    def flag(
        self,
        actor: Actor,
        content_id: UUID,
        policy: str = SPAM,
        content_type: ContentType = ContentType.VIDEO,
        **more: Any,
    ) -> FlagReceipt:
        with self.db.write() as s:
            return service.receive_flag(
                s, actor=actor, content_type=content_type, content_id=content_id, policy=policy, **more
            )

    def claim(self, actor: Actor, queue: str | None = None) -> Claim | None:
        with self.db.write() as s:
            return service.claim_next(s, actor=actor, queue=queue, lease_s=LEASE_S)

    def take(self, actor: Actor, item_id: UUID) -> Claim:
        with self.db.write() as s:
            return service.claim_item(s, actor=actor, item_id=item_id, lease_s=LEASE_S)

    def decide(self, actor: Actor, claim: Claim, outcome: Outcome = Outcome.ALLOW, **more: Any) -> UUID:
        body = NewDecision(claim_token=claim.claim_token, outcome=outcome, **more)
        with self.db.write() as s:
            done = service.decide(s, actor=actor, item_id=claim.item_id, body=body, grace_s=GRACE_S)
        return done.decision_id

    def item(self, item_id: UUID) -> Any:
        with self.db.read() as s:
            return s.execute(sa.select(Item.__table__).where(Item.id == item_id)).one()

    def availability(self, video_id: UUID) -> str:
        """What is in force for the video at this instant."""
        with self.db.read() as s:
            video = s.get_one(Video, video_id)
            at = video.next_availability_at
            if video.next_availability is not None and at is not None and at <= clock.now():
                return video.next_availability
            return video.availability


@pytest.fixture
def studio(installed: None, db: Database, creator: Actor) -> Studio:
    return Studio(db, creator)


@pytest.fixture
def now() -> Iterator[clock.Held]:
    """A clock that stands still."""
    with clock.held() as held:
        yield held


@pytest.fixture
def second(person: NewPerson) -> Actor:
    """A moderator beside `moderator`."""
    return person(Role.MODERATOR)
