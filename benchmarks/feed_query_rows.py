"""Fills what the feed reads: people, videos, who watched what, who follows whom, and the counters.

Few makers publish much, more is published by the day, and the newest is watched most. The events themselves,
which the feed does not read, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from benchmarks.databases import write
from server.kit.db import Database

AGE = timedelta(days=3 * 365)
"""How old the oldest video is. There are ever more: a twentieth of all is of the last three days."""
HIDDEN = 10
"""Of so many videos one is in nobody's feed."""
FOLLOWED = 20
"""People whom everybody follows."""
REACTION_EVERY = 20
"""Of so many videos that one has watched, one is liked and another one saved."""
DERIVATIVES = ("poster", "storyboard", "waveform")

Row = tuple[Any, ...]
Numbers = npt.NDArray[np.int64]

_LONG_AGO = "2025-01-01 00:00:00"
_VIDEO: dict[str, Any] = {
    "filename": "clip.mp4",
    "caption": "Wind over the lake, and nobody there but us and the dog. " * 3,
    "visibility": "public",
    "state": "ready",
    "runs": 1,
    "size": 9_000_000,
    "container": "mov,mp4,m4a,3gp,3g2,mj2",
    "duration_ms": 21_000,
    "frames": 630,
    "width": 1080,
    "height": 1920,
    "rotation": 0,
    "video_codec": "h264",
    "audio_codec": "aac",
    "fps": "30/1",
    "vfr": 0,
    "has_audio": 1,
    "caption_availability": "public",
    "restricted_class": 0,
    "availability": "public",
    "version": 3,
    "publish_at": None,
    "deleted_at": None,
}
_OF_EACH = ("id", "owner_id", "title", "sha256", "created_at", "published_at")
_WAYS_TO_HIDE: tuple[dict[str, Any], ...] = (
    {"visibility": "unlisted"},
    {"visibility": "private"},
    {"state": "processing", "published_at": None},
    {"availability": "restricted"},
    {"availability": "removed"},
    {"restricted_class": 1},
    {"deleted_at": _LONG_AGO},
    {"publish_at": "2999-01-01 00:00:00", "published_at": None},
)


@dataclass(frozen=True)
class Size:
    """How many rows there are of each; `makers` of the people publish."""

    videos: int
    views: int
    people: int
    makers: int


@dataclass(frozen=True)
class Viewer:
    """Somebody who is there already, and what is theirs: how many people they follow, of the greatest makers
    or of all; how many of the `among` newest videos they have watched; whether they are a great maker."""

    id: UUID
    follows: int = 0
    the_greatest: bool = False
    watched: int = 0
    among: int = 0
    makes: bool = False


class World:
    """One made-up world, the same each time but for `now` and the viewers. Video 0 is the newest."""

    def __init__(self, size: Size, viewers: Sequence[Viewer], now: datetime) -> None:
        self._random = np.random.default_rng(7)
        self._viewers = {viewer.id.hex: viewer for viewer in viewers}
        self._others = self._ids(size.people)
        self._people = sorted([*self._viewers, *self._others])
        great = [viewer.id.hex for viewer in viewers if viewer.makes]
        self._makers = great + self._others[: size.makers - len(great)]
        share = (np.arange(len(self._makers)) + 5.0) ** -0.8
        self._shares = share / share.sum()

        self._videos = np.array(self._ids(size.videos))
        self._rank = np.argsort(np.argsort(self._videos))
        ages = np.sort(self._random.random(size.videos)) ** 2 * AGE.total_seconds() * 1e6
        self._published = np.datetime64(now.replace(tzinfo=None), "us") - ages.astype("timedelta64[us]")
        watched = sum(min(viewer.watched, viewer.among, size.videos) for viewer in viewers)
        self._each = (size.views - watched) // size.people
        self._views = np.zeros(size.videos, np.int64)

    def _ids(self, count: int) -> list[str]:
        digits = self._random.bytes(16 * count).hex()
        return [digits[n : n + 32] for n in range(0, 32 * count, 32)]

    def people(self) -> Iterator[Row]:
        for n, person in enumerate(self._others):
            yield (
                person,
                f"person{n}",
                f"Person {n}",
                f"person {n}",
                "",
                "active",
                0,
                0,
                _LONG_AGO,
                1,
                "public",
            )

    def roles(self) -> Iterator[Row]:
        makers = set(self._makers)
        return ((person, "creator" if person in makers else "fan") for person in self._others)

    def videos(self) -> Iterator[Row]:
        """The values of `_OF_EACH`, then those of `_VIDEO`."""
        ids = self._videos.tolist()
        times = np.datetime_as_string(self._published).tolist()
        owners = self._random.choice(len(self._makers), len(ids), p=self._shares).tolist()
        ways = self._random.integers(0, HIDDEN * len(_WAYS_TO_HIDE), len(ids)).tolist()
        for n, (video, owner, way) in enumerate(zip(ids, owners, ways, strict=True)):
            at = times[n].replace("T", " ")
            title = f"A day at the lake, part {n}"
            own = dict(zip(_OF_EACH, (video, self._makers[owner], title, 2 * video, at, at), strict=True))
            yield tuple((own | _VIDEO | (_WAYS_TO_HIDE[way] if way < len(_WAYS_TO_HIDE) else {})).values())

    def derivatives(self) -> Iterator[Row]:
        for video in sorted(self._videos.tolist()):
            for kind in DERIVATIVES:
                yield video, kind, 2 * video, 30_000, "{}", _LONG_AGO

    def playbacks(self) -> Iterator[Row]:
        random = np.random.default_rng(13)
        for n, person in enumerate(self._people):
            watched = self._watched(n)
            np.add.at(self._views, watched, 1)
            ids = random.bytes(16 * len(watched)).hex()
            for k, video in enumerate(self._videos[watched].tolist()):
                yield person, video, ids[32 * k : 32 * k + 32], _LONG_AGO, 9_000, 0, 1

    def _watched(self, n: int) -> Numbers:
        """The videos that the person number n watched, in the order of their ids."""
        random = np.random.default_rng((n, 11))
        viewer = self._viewers.get(self._people[n])
        if viewer is None:
            found = (random.random(self._each) ** 2 * len(self._videos)).astype(np.int64)
        else:
            among = min(viewer.among, len(self._videos))
            found = random.choice(among, min(viewer.watched, among), replace=False)
        return found[np.argsort(self._rank[found])]

    def reactions(self) -> Iterator[Row]:
        for n, person in enumerate(self._people):
            videos = list(dict.fromkeys(self._videos[self._watched(n)].tolist()))
            for first, kind in enumerate(("like", "save")):
                for video in videos[first::REACTION_EVERY]:
                    yield person, kind, video, 1, _LONG_AGO, _LONG_AGO, video

    def follows(self) -> Iterator[Row]:
        for n, person in enumerate(self._people):
            viewer = self._viewers.get(person, Viewer(UUID(int=0), FOLLOWED))
            if viewer.the_greatest:
                chosen = list(range(min(viewer.follows, len(self._makers))))
            else:
                random = np.random.default_rng((n, 17))
                chosen = random.choice(len(self._makers), viewer.follows, p=self._shares).tolist()
            for other in sorted({self._makers[number] for number in chosen} - {person}):
                yield person, other, 1, _LONG_AGO, _LONG_AGO, other

    def video_counts(self) -> Iterator[Row]:
        """After `playbacks`, which counts."""
        for n in np.argsort(self._rank).tolist():
            views = int(self._views[n])
            yield str(self._videos[n]), views, 0, views * 9_000, views // 20, views // 20, views // 90, 0

    def person_counts(self) -> Iterator[Row]:
        return ((person, 0, FOLLOWED) for person in self._people)


def fill(db: Database, world: World) -> None:
    """Write all of it; ten million views take some minutes."""
    for table, columns, rows in (
        (
            "accounts_people",
            "id handle name name_key bio state cleared restricted_class created_at version availability",
            world.people,
        ),
        ("accounts_roles", "person_id role", world.roles),
        ("content_videos", " ".join((*_OF_EACH, *_VIDEO)), world.videos),
        ("content_derivatives", "video_id kind sha256 size meta created_at", world.derivatives),
        ("content_playbacks", "person_id video_id id began watched_ms own counted", world.playbacks),
        ("content_reactions", "person_id kind video_id holds at told_at event_id", world.reactions),
        ("content_follows", "person_id other_id holds at told_at event_id", world.follows),
        (
            "content_video_counts",
            "video_id views own_views watched_ms likes saves shares comments",
            world.video_counts,
        ),
        ("content_person_counts", "person_id followers following", world.person_counts),
    ):
        write(db, table, columns.split(), rows())
