"""A server is killed while people watch: every event counts once, and none that was answered is lost."""

from __future__ import annotations

import random
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.content.models import Playback, VideoCounts, ViewerEvent
from server.content.recount import recount
from server.content.rules import EventKind
from server.content.schemas import ViewerEvent as Told
from server.kit import clock
from tests.postgresql import Cluster
from tests.server.content.test_viewing_model import Model
from tests.server.content.viewers import DURATION_MS
from tests.server.crash.drill import drill
from tests.server.crash.place import Place, postgresql_place, ready_video, signed_in

pytestmark = pytest.mark.crash

KILLS = 3
VIEWERS = 3
OF_VIDEO = (EventKind.LIKE, EventKind.UNLIKE, EventKind.SAVE, EventKind.UNSAVE, EventKind.SHARE)
OF_PERSON = (EventKind.FOLLOW, EventKind.UNFOLLOW)
APART = timedelta(seconds=7)
"""No two stretches of one person at one time, and fewer in a minute than a player tells."""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield Place(tmp_path)
        return
    cluster: Cluster = request.getfixturevalue("postgresql")
    with postgresql_place(cluster, tmp_path) as place:
        yield place


class Viewer:
    """One person on several devices: what they did, and what the server has not answered yet."""

    def __init__(self, person: UUID, headers: dict[str, str], began: datetime, seed: int) -> None:
        self.person, self.headers = person, headers
        self.did: list[Told] = []
        self.answered: set[UUID] = set()
        self.again: deque[list[Told]] = deque()
        self.repeated = 0
        self.turn = threading.Lock()
        self._at, self._chance = began, random.Random(seed)

    def batch(self, videos: list[UUID], creator: UUID) -> list[Told]:
        """What is sent next: something that was cut off before, mixed with what is new."""
        batch = [self._event(videos, creator) for _ in range(self._chance.randint(1, 12))]
        self.did += batch
        if self.again:
            self.repeated += 1
            batch += self.again.popleft()
        self._chance.shuffle(batch)
        return batch

    def _event(self, videos: list[UUID], creator: UUID) -> Told:
        self._at += APART
        given: dict[str, Any] = {"id": uuid4(), "at": self._at, "session_id": UUID(int=1)}
        video = self._chance.choice(videos)
        match self._chance.randrange(8):
            case 0:
                return Told(kind=self._chance.choice(OF_VIDEO), video_id=video, **given)
            case 1:
                return Told(kind=self._chance.choice(OF_PERSON), person_id=creator, **given)
        stay, ms = UUID(int=self._chance.randint(1, 4)), self._chance.randint(0, 3_000)
        spans: dict[str, Any] = {"start_ms": 0, "end_ms": ms, "wall_ms": ms, "playback_id": stay}
        return Told(kind=EventKind.WATCH, video_id=video, **given, **spans)


class Evening:
    """All who watch, before some videos of one creator."""

    def __init__(self, place: Place) -> None:
        began = clock.now() - timedelta(days=2)
        with place.opened() as (_db, keys), _db.write() as s:
            creator, _ = signed_in(s, keys, "maker", Role.CREATOR)
            self.creator = creator.person
            made = began - timedelta(days=1)
            self.videos = [
                ready_video(s, creator, created_at=made, duration_ms=DURATION_MS) for _ in range(3)
            ]
            signed = [signed_in(s, keys, f"fan{n}", Role.FAN) for n in range(VIEWERS)]
        self.viewers = [Viewer(a.person, headers, began, n) for n, (a, headers) in enumerate(signed)]

    def __call__(self, client: httpx.Client, number: int) -> str:
        """Tell the next batch of one viewer; answers its first event's id."""
        viewer = self.viewers[number % VIEWERS]
        with viewer.turn:  # two at once for one person: one is told to come again, which is tested elsewhere
            batch = viewer.batch(self.videos, self.creator)
            try:
                self.tell(client, viewer, batch)
            except httpx.HTTPError:
                viewer.again.append(batch)
                raise
        return str(batch[0].id)

    def tell(self, client: httpx.Client, viewer: Viewer, batch: list[Told]) -> None:
        """Send one batch and take its answer."""
        body = {"events": [each.model_dump(mode="json", exclude_none=True) for each in batch]}
        answer = client.post("/v1/content/events", json=body, headers=viewer.headers)
        assert answer.status_code == 200, answer.text
        verdicts = answer.json()["verdicts"]
        assert {each["verdict"] for each in verdicts} <= {"accepted", "duplicate"}, verdicts
        viewer.answered |= {UUID(each["id"]) for each in verdicts}

    def tell_the_rest(self, client: httpx.Client) -> None:
        """Send once more what was cut off, and one batch that was answered long ago."""
        for viewer in self.viewers:
            while viewer.again:
                self.tell(client, viewer, viewer.again.popleft())
            self.tell(client, viewer, viewer.did[:20])

    def check(self, place: Place) -> None:
        """The facts are those that were told, each once; every number is what a slow model makes of them."""
        with place.opened() as (db, _keys):
            with db.read() as s:
                kept: dict[UUID, set[UUID]] = defaultdict(set)
                for row in s.execute(sa.select(ViewerEvent.person_id, ViewerEvent.id)):
                    kept[row.person_id].add(row.id)
                counts = {row.video_id: row for row in s.scalars(sa.select(VideoCounts))}
                stays = s.scalars(sa.select(Playback)).all()
            for viewer in self.viewers:
                assert viewer.answered <= kept[viewer.person] <= {each.id for each in viewer.did}
            assert recount(db) == []
        told = {v.person: [each for each in v.did if each.id in kept[v.person]] for v in self.viewers}
        models = {person: Model(events) for person, events in told.items()}
        watched = {(p.person_id, p.id, p.video_id): p.watched_ms for p in stays}
        assert watched == {(who, *key): ms for who, m in models.items() for key, ms in m.watched.items()}
        for video in self.videos:
            counted = counts[video]
            assert counted.views == sum(model.views(video) for model in models.values())
            likes = (
                model.last(EventKind.LIKE, EventKind.UNLIKE, video_id=video) for model in models.values()
            )
            assert counted.likes == sum(likes)
            shared = (
                any(e.kind is EventKind.SHARE and e.video_id == video for e in events)
                for events in told.values()
            )
            assert counted.shares == sum(shared)


def watch_through_kills(place: Place, seeds: range) -> Evening:
    """One life of the server for each seed, looked through after its end; then the rest is told."""
    evening = Evening(place)
    with place.server(STUDIO_LEASE_S="86400") as server:
        for seed in seeds:
            drill(server, {}, evening, kills=1, seed=seed)
            evening.check(place)
        server.start()
        with server.client() as client:
            evening.tell_the_rest(client)
        assert server.stop() == 0
    evening.check(place)
    return evening


def test_events_cut_off_by_kill_9_count_once(place: Place) -> None:
    evening = watch_through_kills(place, range(KILLS))
    assert all(viewer.answered == {each.id for each in viewer.did} for viewer in evening.viewers)
    assert sum(viewer.repeated for viewer in evening.viewers)


@pytest.mark.drill
@pytest.mark.parametrize("tenth", range(1, 11))
def test_a_hundred_kills(place: Place, tenth: int) -> None:
    watch_through_kills(place, range(10 * tenth, 10 * (tenth + 1)))
