"""An engine that says what a test wants, and short words for what the tests do again and again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role, permissions_of
from server.content.media.results import Refused
from server.content.models import Video
from server.content.rules import VideoState, Visibility
from server.forensics import queries, service
from server.forensics.models import Analysis
from server.forensics.results import Analysis as Found
from server.forensics.results import Box, Curve, Signal, SlotScore, Span, Verdict
from server.forensics.rules import AnalysisKind, Priority, Slot
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database

CORE, TEXT = AnalysisKind.CORE, AnalysisKind.TEXT


def acting(person: Person, *roles: Role, cleared: bool = False) -> Actor:
    """The actor that the resolver would make of a person with these roles."""
    permissions = permissions_of(frozenset(roles), cleared=cleared)
    return Actor("person", person.id, person.handle, frozenset(roles), permissions)


def found(sha256: str, *, score_bp: int = 7_400, likely: bool = False, **more: Any) -> Found:
    """What an engine might say: a face that looks odd, a mouth that could not be judged."""
    seen = Signal(
        name="warp",
        slot=Slot.FACE_MANIPULATION,
        detector="face",
        version="1",
        value=0.31,
        score_bp=score_bp,
        reliability_bp=6_000,
        spans=(Span(1_000, 2_000, score_bp, "edges differ"), Span(4_000, 4_000)),
        boxes=(Box(1_200, 100, 200, 3_000, 4_000, track=0),),
        curves=(Curve("warp", "px", 0, 40.0, (0.1, None, float("nan"))),),
    )
    face = SlotScore(
        Slot.FACE_MANIPULATION,
        "signals-v1",
        score_bp=score_bp,
        low_bp=score_bp - 2_000,
        high_bp=min(score_bp + 1_500, 10_000),
        reliability_bp=5_000,
        look_closer=True,
        likely=likely,
    )
    values: dict[str, Any] = {
        "sha256": sha256,
        "method": "signals-v1",
        "frames": 96,
        "coverage_bp": 8_000,
        "detectors": {"face": "1"},
        "slots": (face,),
        "signals": (seen,),
        "verdict": Verdict(score_bp, 4_000, None),
    }
    return Found(**values | more)


Answer = Callable[..., Found | Refused]


class Engine:
    """Stands in for `engine.analyse`: `says` answers, `asked` are the keywords of each call."""

    def __init__(self) -> None:
        self.says: Answer = lambda **_: found(_["sha256"])
        self.asked: list[dict[str, Any]] = []
        self.versions: dict[str, str] = {"face": "1"}

    def analyse(self, path: object, **given: Any) -> Found | Refused:
        self.asked.append(given)
        assert isinstance(given["cancel"], Event)
        return self.says(**given)


class Lab:
    """Short words for what the tests do again and again; every call is a transaction of its own."""

    def __init__(self, db: Database, owner: Actor) -> None:
        self.db = db
        self.owner = owner

    def video(self, *, state: VideoState = VideoState.READY, **fields: Any) -> UUID:
        video_id = uuid4()
        values: dict[str, Any] = {
            "owner_id": self.owner.person,
            "filename": "clip.mp4",
            "title": "A day at the lake",
            "caption": "",
            "visibility": Visibility.PUBLIC,
            "size": 1,
            "sha256": video_id.hex * 2,
            "duration_ms": 10_000,
        }
        with self.db.write() as s:
            s.add(Video(id=video_id, state=state, **values | fields))
        return video_id

    def change(self, video_id: UUID, **fields: Any) -> None:
        """Change a video without saying so."""
        with self.db.write() as s:
            s.execute(sa.update(Video).where(Video.id == video_id).values(**fields))

    def delete(self, video_id: UUID, *, gone: bool = True) -> None:
        self.change(video_id, deleted_at=clock.now() if gone else None)

    def ask(
        self,
        video_id: UUID,
        kind: AnalysisKind = CORE,
        priority: Priority = Priority.UPLOAD,
        actor: Actor = SYSTEM,
    ) -> UUID:
        with self.db.write() as s:
            return service.request(s, actor=actor, video_id=video_id, kind=kind, priority=priority)

    def begin(self, job: str = "job") -> UUID | None:
        with self.db.write() as s:
            return service.begin(s, actor=SYSTEM, job=job)

    def keep(self, analysis_id: UUID, what: Found, job: str = "job") -> bool:
        with self.db.write() as s:
            return service.keep(s, actor=SYSTEM, analysis_id=analysis_id, job=job, found=what)

    def analysed(self, video_id: UUID, kind: AnalysisKind = CORE, **more: Any) -> UUID:
        """An analysis from asking to keeping."""
        asked = self.ask(video_id, kind, Priority.CLAIMED)
        assert self.begin() == asked
        assert self.keep(asked, found(self.row(asked).sha256, **more))
        return asked

    def row(self, analysis_id: UUID) -> Analysis:
        with self.db.read() as s:
            return s.get_one(Analysis, analysis_id)

    def rows(self, video_id: UUID) -> list[Analysis]:
        """All analyses of a video, core first, in the order in which they were asked for."""
        order = (Analysis.kind, Analysis.requested_at, Analysis.id)
        with self.db.read() as s:
            return list(s.scalars(sa.select(Analysis).where(Analysis.video_id == video_id).order_by(*order)))

    def current(self, video_id: UUID, kind: AnalysisKind = CORE) -> Analysis | None:
        with self.db.read() as s:
            return queries.of_video(s, video_id)[kind].current
