"""Where the servers of a test keep what they know: an embedded database in a folder, or a PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from server.accounts import service, sessions
from server.accounts.models import Session
from server.accounts.permissions import Role, permissions_of
from server.content.models import Video
from server.content.rules import VideoState, Visibility
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database, WriteSession
from server.moderation import service as moderation
from server.moderation.rules import ContentType
from server.runtime import opened
from server.settings import Settings
from tests.server.crash.process import ServerProcess

if TYPE_CHECKING:
    from tests.postgresql import Cluster

KEYS = json.dumps(dict.fromkeys(("field_key", "pepper", "audit_seed"), "A" * 43 + "="))


@dataclass(frozen=True)
class Place:
    """`url` None = embedded. Every server of a PostgreSQL has a folder of its own below `data`."""

    data: Path
    url: str | None = None

    def server(self, name: str = ".", **environment: str) -> ServerProcess:
        shared = {"STUDIO_KEYS": KEYS} | ({"DATABASE_URL": self.url} if self.url else {})
        return ServerProcess(self.data / name, **shared, **environment)

    @contextmanager
    def opened(self) -> Iterator[tuple[Database, Keys]]:
        """The database without a server, migrated if need be."""
        given = {"keys": KEYS, "data": self.data, "DATABASE_URL": self.url}
        with opened(Settings.model_validate(given)) as found:
            yield found


@contextmanager
def postgresql_place(cluster: Cluster, data: Path) -> Iterator[Place]:
    """A place over an empty database, which goes with the block."""
    name = f"test_{uuid4().hex[:12]}"
    cluster.create_database(name)
    yield Place(data, cluster.url(name))
    cluster.drop_database(name)


def signed_in(s: WriteSession, keys: Keys, handle: str, *roles: Role) -> tuple[Actor, dict[str, str]]:
    """A new person and the headers of their session, which has stepped up for a day."""
    person = service.create_person(s, actor=SYSTEM, keys=keys, handle=handle, name=handle, roles=roles)
    token, session = sessions.open_session(
        s, keys=keys, person_id=person.id, device_id=uuid4(), device_name="test"
    )
    until = clock.now() + timedelta(days=1)
    s.execute(sa.update(Session).where(Session.id == session.id).values(stepped_up_until=until))
    permissions = permissions_of(frozenset(roles), cleared=False)
    actor = Actor("person", person.id, handle, frozenset(roles), permissions)
    return actor, {"Authorization": f"Bearer {token}"}


def ready_video(s: WriteSession, owner: Actor, **more: Any) -> UUID:
    """A public video of `owner`; its file is not there."""
    given: dict[str, Any] = {
        "visibility": Visibility.PUBLIC,
        "state": VideoState.READY,
        "size": 1,
        "sha256": "0" * 64,
    }
    video = Video(
        id=uuid4(), owner_id=owner.person, filename="clip.mp4", title="A day at the lake", **given | more
    )
    s.add(video)
    return video.id


def flagged_videos(s: WriteSession, owner: Actor, flagger: Actor, count: int) -> list[UUID]:
    """Videos of `owner`, each with a flag and so with an item that waits. Needs `moderation.install`."""
    videos = [ready_video(s, owner) for _ in range(count)]
    s.flush()
    for video_id in videos:
        moderation.receive_flag(
            s,
            actor=flagger,
            content_type=ContentType.VIDEO,
            content_id=video_id,
            policy="violence.graphic",
        )
    return videos
