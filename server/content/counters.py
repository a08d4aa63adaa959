"""Counters of videos and people: changed by differences, in one order, and checked against the facts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table

from server.content.models import PersonCounts, VideoCounts
from server.kit.db import WriteSession
from server.kit.upsert import add_to

of_videos, of_people = cast(Table, VideoCounts.__table__), cast(Table, PersonCounts.__table__)


class Tally:
    """By how much each counter changes in a transaction; written once, at its end."""

    def __init__(self) -> None:
        self._videos: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._people: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def video(self, video_id: UUID, **by: int) -> None:
        """Change counters of a video, named as in VideoCounts."""
        _add(self._videos[video_id], by)

    def person(self, person_id: UUID, **by: int) -> None:
        """Change counters of a person, named as in PersonCounts."""
        _add(self._people[person_id], by)

    def write(self, s: WriteSession) -> None:
        """Write what has changed, rows in the order of their ids, so that two never wait for each other."""
        add_to(s, of_videos, "video_id", self._videos)
        add_to(s, of_people, "person_id", self._people)


def _add(to: dict[str, int], by: dict[str, Any]) -> None:
    for name, step in by.items():
        to[name] += step
