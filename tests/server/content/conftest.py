"""A store, jobs that run when called, a small real clip, and videos that are ready to be read."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import av
import numpy as np
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role, permissions_of
from server.content import service
from server.content.models import Video
from server.content.rules import VideoState, Visibility
from server.kit import jobs
from server.kit.access import Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.storage import Store
from server.settings import Settings


def acting(person: Person, *roles: Role, cleared: bool = False) -> Actor:
    """The actor that the resolver would make of a person with these roles."""
    permissions = permissions_of(frozenset(roles), cleared=cleared)
    return Actor("person", person.id, person.handle, frozenset(roles), permissions)


@pytest.fixture
def creator(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.CREATOR], Role.CREATOR)


@pytest.fixture
def fan(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.FAN], Role.FAN)


@pytest.fixture
def moderator(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.MODERATOR], Role.MODERATOR)


@pytest.fixture
def cleared(people: dict[Role, Person]) -> Actor:
    return acting(people[Role.LEAD], Role.LEAD, cleared=True)


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings.media)


@pytest.fixture
def context(db: Database, settings: Settings, keys: Keys) -> Iterator[jobs.Context]:
    """Steps and workflows can be called as plain functions."""
    given = jobs.Context(db, settings, keys)
    with jobs.using(given):
        yield given


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of H.264 in an MP4: 50 frames of 64 x 48, with a tone."""
    path: Path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio: Any = out.add_stream("aac", rate=44_100, layout="mono")
        for i in range(50):
            picture = np.full((48, 64, 3), 20 + 4 * i, np.uint8)
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
        tone = 0.5 * np.sin(np.arange(88_200) / 16).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(tone[None, :], format="fltp", layout="mono")
        sound.rate, sound.pts, sound.time_base = 44_100, 0, Fraction(1, 44_100)
        out.mux(audio.encode(sound))
        out.mux(audio.encode(None))
    return path.read_bytes()


class AddVideo(Protocol):
    def __call__(
        self,
        owner: Actor,
        data: bytes = b"not really a video",
        *,
        state: VideoState = VideoState.READY,
        **fields: Any,
    ) -> UUID: ...


@pytest.fixture
def add_video(db: Database, store: Store) -> AddVideo:
    """Stores `data` as the file of a new video in `state`, without probing it; answers the id."""

    def add(
        owner: Actor,
        data: bytes = b"not really a video",
        *,
        state: VideoState = VideoState.READY,
        **fields: Any,
    ) -> UUID:
        with db.write() as s:
            video = service.create_video(
                s,
                actor=owner,
                filename="clip.mp4",
                size=len(data),
                title=fields.pop("title", "A title"),
                caption=fields.pop("caption", "A caption"),
                visibility=fields.pop("visibility", Visibility.PUBLIC),
            )
            if state is not VideoState.UPLOADING:
                fields["sha256"] = store.put(s, data)
            s.execute(sa.update(Video).where(Video.id == video.id).values(state=state, **fields))
        return video.id

    return add
