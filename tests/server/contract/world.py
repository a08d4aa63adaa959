"""A small studio with one of everything, so that generated requests meet things that exist."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from server.accounts import passwords, programs, sessions
from server.accounts import service as accounts
from server.accounts.models import Person, Session
from server.accounts.permissions import Role, permissions_of
from server.content import comments, viewing
from server.content import service as content
from server.content.models import Derivative, Video
from server.content.rules import DerivativeKind, EventKind, VideoState
from server.content.schemas import ViewerEvent
from server.forensics import service as forensics
from server.forensics.banks import matching
from server.forensics.banks import service as banks
from server.forensics.banks.matching import Hit
from server.forensics.banks.models import BankEntry, Match, Scan
from server.forensics.banks.rules import BankKind, EntrySeverity
from server.forensics.banks.schemas import NewBank, NewEntry
from server.forensics.results import Analysis, Box, Curve, Signal, SlotScore, Span, Verdict
from server.forensics.rules import AnalysisKind, MatchClass, Priority, Slot
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database, WriteSession
from server.kit.storage import Store
from server.moderation import service
from server.moderation.rules import ContentType, Outcome
from server.moderation.schemas import NewDecision, NewNote, SavedReasonBody
from server.sparks import pricing
from server.sparks import service as sparks
from tests.server.sparks.studio import content as of_file
from tests.server.sparks.studio import pack, spark

EMAIL, PASSWORD = "everyone@demo.local", "correct horse battery"
DAY_S = 86_400
Existing = dict[str, list[str | int]]
"""Values that exist, by the names that parameters and fields have for them."""


@dataclass(frozen=True)
class World:
    """What was made: the headers of each caller, and what they may name."""

    callers: dict[str, dict[str, str]]
    existing: Existing
    fitting: dict[str, dict[str, Any]]
    """Where not just any will do: the one value that an operation accepts."""


class Maker:
    """Writes the world in one transaction, through the services where they let it be."""

    def __init__(self, s: WriteSession, keys: Keys, store: Store) -> None:
        self.s, self.keys, self.store = s, keys, store
        service.install(s)
        self.creator = self.person("creator", Role.CREATOR, email="creator@demo.local")
        self.fan = self.person("fan", Role.FAN)
        self.everyone = self.person("everyone", *Role, email=EMAIL)
        self.colleague = self.person("colleague", Role.MODERATOR)

    def person(self, handle: str, *roles: Role, email: str | None = None) -> Actor:
        everything = len(roles) > 1
        made = accounts.create_person(
            self.s,
            actor=SYSTEM,
            keys=self.keys,
            handle=handle,
            name=handle.title(),
            roles=roles,
            cleared=everything,
            email=email,
            password_hash=passwords.hashed(PASSWORD) if email else None,
        )
        permissions = permissions_of(frozenset(roles), cleared=everything)
        return Actor("person", made.id, handle, frozenset(roles), permissions)

    def session(self, who: Actor) -> tuple[UUID, str]:
        """A session that has stepped up for longer than any run takes."""
        token, opened = sessions.open_session(
            self.s, keys=self.keys, person_id=who.person, device_id=uuid4(), device_name="desk"
        )
        until = clock.now() + timedelta(days=1)
        self.s.execute(sa.update(Session).where(Session.id == opened.id).values(stepped_up_until=until))
        return opened.id, token

    def video(self, owner: Actor, state: VideoState = VideoState.READY) -> UUID:
        """A video; a ready one with a file and all that is derived from it (no decoder looks at these)."""
        data = uuid4().bytes * 16
        made = content.create_video(
            self.s, actor=owner, filename="clip.mp4", size=len(data), title="A day at the lake", caption="sun"
        )
        if state is not VideoState.READY:
            return made.id
        measured = {
            "container": "mov,mp4,m4a,3gp,3g2,mj2",
            "duration_ms": 2_000,
            "frames": 50,
            "width": 64,
            "height": 48,
            "rotation": 0,
            "video_codec": "h264",
            "fps": "25/1",
            "vfr": False,
            "has_audio": True,
        }
        self.s.execute(
            sa.update(Video)
            .where(Video.id == made.id)
            .values(state=state, sha256=self.store.put(self.s, data), published_at=clock.now(), **measured)
        )
        for kind, meta in {
            DerivativeKind.STORYBOARD: {"columns": 1, "cell_width": 8, "cell_height": 8, "t_ms": [0]},
            DerivativeKind.POSTER: {"width": 64, "height": 48, "t_ms": 0},
            DerivativeKind.WAVEFORM: {"start_ms": 0, "duration_ms": 2_000},
        }.items():
            sha256 = self.store.put(self.s, hashlib.sha256(kind.encode()).digest())
            self.s.add(Derivative(video_id=made.id, kind=kind, sha256=sha256, size=32, meta=meta))
        return made.id

    def item(self, policy: str = "spam", *, by: Actor | None = None) -> tuple[UUID, UUID]:
        """An item over a video of the creator, flagged by the fan; answers its id and the flag's."""
        video_id = self.video(self.creator)
        flag = service.receive_flag(
            self.s,
            actor=by or self.fan,
            content_type=ContentType.VIDEO,
            content_id=video_id,
            policy=policy,
            ranges=[(0, 500)],
            note="look",
        )
        return flag.item_id, flag.flag_id

    def analysed(self, video_id: UUID) -> UUID:
        """A core analysis with a score and its evidence, and one of the text that waits: the id of that."""
        s, slot = self.s, Slot.LIP_SYNC
        asked = forensics.request(
            s, actor=SYSTEM, video_id=video_id, kind=AnalysisKind.CORE, priority=Priority.CLAIMED
        )
        forensics.begin(s, actor=SYSTEM, job="job")
        curve = Curve("mouth", "share", 0, 40.0, (0.1, None, 0.5))
        seen = Signal(
            name="lag",
            slot=slot,
            detector="mouth",
            version="1",
            score_bp=6_000,
            reliability_bp=5_000,
            track=0,
            note="the sound is late",
            spans=(Span(0, 900, 6_000),),
            boxes=(Box(400, 10, 10, 2_000, 2_000, 0),),
            curves=(curve,),
        )
        score = SlotScore(slot, "signals-v1", 6_000, low_bp=4_000, high_bp=8_000, reliability_bp=5_000)
        found = Analysis(
            sha256=s.scalars(sa.select(Video.sha256).where(Video.id == video_id)).one() or "",
            method="signals-v1",
            frames=40,
            coverage_bp=9_000,
            detectors={"mouth": "1"},
            slots=(score,),
            signals=(seen,),
            verdict=Verdict(6_000, 3_000, None),
        )
        forensics.keep(s, actor=SYSTEM, analysis_id=asked, job="job", found=found)
        return forensics.request(
            s, actor=SYSTEM, video_id=video_id, kind=AnalysisKind.TEXT, priority=Priority.UPLOAD
        )

    def banked(self, video_id: UUID) -> tuple[dict[str, list[str | int]], dict[str, dict[str, Any]]]:
        """A bank with a proposed entry and an active one, a match of the video, and a search that runs."""
        body = NewBank(name="gore", kind=BankKind.HARMFUL, policy="violence.graphic")
        bank_id = banks.create_bank(self.s, actor=SYSTEM, body=body)
        proposed, active = (
            banks.add_entry(
                self.s,
                actor=SYSTEM,
                bank_id=bank_id,
                body=NewEntry(video_id=self.video(self.creator), severity=severity, reason="removed"),
            )
            for severity in (EntrySeverity.CRITICAL, EntrySeverity.LOW)
        )
        number = self.s.scalars(sa.select(BankEntry.number).where(BankEntry.id == active)).one()
        hit = Hit(number, MatchClass.QUEUE, 12, 80, 0, 1_500, 0, 1_500)
        matching.keep(self.s, video_id=video_id, hits=[hit])
        existing: Existing = {
            "bank_id": [str(bank_id)],
            "entry_id": [str(active), str(proposed)],
            "match_id": [str(one) for one in self.s.scalars(sa.select(Match.id))],
            "scan_id": [str(one) for one in self.s.scalars(sa.select(Scan.id))],
        }
        path, another = "/v1/forensics/banks/{bank_id}", self.video(self.creator)
        return existing, {
            "POST /v1/forensics/entries/{entry_id}/state": {"entry_id": str(proposed), "event": "activate"},
            f"POST {path}/entries": {"bank_id": str(bank_id), "video_id": str(another), "start_ms": 0},
            f"POST {path}/entries/state": {"bank_id": str(bank_id), "entries": [str(active), str(proposed)]},
            f"POST {path}/import": {"format": "csv", "content": f"hash,type\n{'ab' * 32},pdq\n"},
            "GET /v1/forensics/videos/{video_id}/matches": {"video_id": str(video_id)},
        }

    def sparked(self) -> tuple[dict[str, list[str | int]], dict[str, dict[str, Any]]]:
        """A draft, a published spark, a retired one, and one with a price that is planned."""
        s = self.s
        files = [of_file(id=name) for name in ("draft", "shown", "retired", "planned")]
        draft, shown, retired, planned = (sparks.create(s, actor=SYSTEM, content=file) for file in files)
        for one in (shown, retired):
            sparks.vouch(s, actor=SYSTEM, spark_id=one, number=1, verdict={"refusals": [], "measured": {}})
        sparks.retire(s, actor=SYSTEM, spark_id=retired, version=2, reason="dated")
        later = clock.now() + timedelta(days=30)
        pricing.set_price(s, actor=SYSTEM, spark_id=planned, version=1, credits_each=5, valid_from=later)
        path, of_draft = "/v1/sparks/{spark_id}", {"spark_id": str(draft), "if-match": '"1"'}
        new, next_one = of_file(id="new"), of_file(id="draft", name="Next")
        existing: Existing = {"spark_id": [str(shown), str(shown), str(draft)], "number": [1]}
        return existing, {
            "POST /v1/sparks": {"id": str(uuid4()), "content": new.text, "sha256": new.sha256},
            "POST /v1/sparks/import": {"pack": pack(spark(id="packed"), spark(id="shown"))},
            f"POST {path}/versions": of_draft | {"content": next_one.text, "sha256": next_one.sha256},
            f"POST {path}/publish": of_draft | {"number": 1, "sha256": files[0].sha256},
            f"POST {path}/prices": of_draft | {"credits": 5, "valid_from": None},
            f"DELETE {path}/prices/{{valid_from}}": {
                "spark_id": str(planned),
                "if-match": '"2"',
                "valid_from": later.isoformat(),
            },
            f"POST {path}/retire": {"spark_id": str(shown), "if-match": '"2"'},
            f"POST {path}/restore": {"spark_id": str(retired), "if-match": '"3"'},
        }

    def claimed(self, by: Actor, policy: str = "spam") -> UUID:
        item_id, _ = self.item(policy)
        service.claim_item(self.s, actor=by, item_id=item_id, lease_s=DAY_S)
        return item_id

    def decided(self, by: Actor, *, grace_s: int) -> UUID:
        """A decision: still to be undone by whoever took it, or in effect, to be reversed by someone else."""
        body = NewDecision(
            claim_token=1, outcome=Outcome.REMOVE, policy="violence.graphic", facts="blood at 0:01"
        )
        item_id = self.claimed(by, "violence.graphic")
        done = service.decide(self.s, actor=by, item_id=item_id, body=body, grace_s=grace_s)
        return done.decision_id


def make(db: Database, keys: Keys, media: Path) -> World:
    """Fill an empty, migrated database and its folder of files."""
    with db.write() as s:
        maker = Maker(s, keys, Store(media))
        everyone, creator, fan = maker.everyone, maker.creator, maker.fan
        own, deleted, others = maker.video(everyone), maker.video(everyone), maker.video(creator)
        uploading = maker.video(everyone, VideoState.UPLOADING)
        content.delete_video(s, actor=everyone, video_id=deleted)
        written = [
            comments.add_comment(s, actor=author, video_id=video, body="words").id
            for author, video in ((everyone, others), (creator, own))
        ]
        block: dict[str, Any] = {
            "id": uuid4(),
            "kind": EventKind.BLOCK,
            "at": clock.now(),
            "session_id": uuid4(),
        }
        words = [ViewerEvent(**block, person_id=maker.colleague.person)]
        viewing.take_in(s, actor=everyone, events=words)
        (waiting, _), (_, flag) = maker.item(), maker.item(by=everyone)
        claimed, held = maker.claimed(everyone), maker.claimed(everyone)
        theirs = maker.claimed(maker.colleague)
        service.hold(s, actor=everyone, item_id=held, token=1, reason="asking a colleague", seconds=3_600)
        decisions = [maker.decided(everyone, grace_s=DAY_S), maker.decided(maker.colleague, grace_s=0)]
        restricted, _ = maker.item("child_safety.csam")
        service.add_note(s, actor=everyone, item_id=claimed, body=NewNote(body="see 0:01", at_ms=1_000))
        reason = service.save_reason(s, actor=everyone, body=SavedReasonBody(title="Spam", body="Sells."))
        waiting_analysis = maker.analysed(others)
        of_banks, fitting_banks = maker.banked(others)
        of_sparks, fitting_sparks = maker.sparked()
        device, _ = maker.session(everyone)
        program, _ = programs.create(s, actor=SYSTEM, keys=keys, name="frame-rules")
        callers = {
            who.handle: {"Authorization": f"Bearer {maker.session(who)[1]}"} for who in (everyone, fan)
        }
    with db.read() as s:
        people = [str(row) for row in s.scalars(sa.select(Person.id).order_by(Person.handle))]
    items = [str(one) for one in (claimed, claimed, waiting, held, restricted)]
    videos = [str(one) for one in (own, own, others, uploading, deleted)]
    existing: Existing = {
        "video_id": list(videos),
        "comment_id": [str(one) for one in written],
        "parent_id": [str(written[1])],
        "content_id": [*videos, str(written[1]), *people],
        "item_id": list(items),
        "ids": list(items),
        "decision_id": [str(one) for one in decisions],
        "flag_id": [str(flag)],
        "analysis_id": [str(waiting_analysis)],
        "reason_id": [str(reason.id)],
        "session_id": [str(device)],
        "person_id": list(people),
        "program_id": [str(program)],
        "creator": list(people),
        "owner": [*people, "me"],
        "q": ["@creator", "A day", *items],
        "queue": ["general", "restricted"],
        "policy": ["spam", "violence.graphic"],
        "claim_token": [1],
        "upload-offset": ["0"],
        "if-match": ['"1"'],
        "name": ["audit.seal"],
        "seq": [1, 2],
        "email": [EMAIL],
        "password": [PASSWORD],
        "current": [PASSWORD],
        **of_banks,
        **of_sparks,
    }
    videos_api, items_api = "/v1/content/videos/{video_id}", "/v1/moderation/items/{item_id}"
    event = {
        "id": str(uuid4()),
        "kind": "like",
        "at": clock.now().isoformat(),
        "session_id": str(uuid4()),
        "video_id": str(own),
    }
    fitting: dict[str, dict[str, Any]] = {
        # One that is not published yet: another time is refused to all others.
        f"PATCH {videos_api}": {
            "video_id": str(uploading),
            "if-match": '"1"',
            "title": "Another",
            "publish_at": None,
            "publish_now": False,
            "poster_at_ms": 1_000,
            "poster_automatic": False,
        },
        f"PATCH {videos_api}/file": {"video_id": str(uploading)},
        f"GET {videos_api}/arrived": {"video_id": str(uploading)},
        f"POST {videos_api}/restore": {"video_id": str(deleted)},
        f"POST {items_api}/resume": {"item_id": str(held)},
        f"POST {items_api}/take-over": {"item_id": str(theirs)},
        "POST /v1/accounts/people/{person_id}/reset": {"person_id": str(creator.id)},
        "POST /v1/content/events": {"events": [event]},
        "PUT /v1/moderation/scores": {
            "flags": [{"slot": "violence", "threshold": "likely", "policy": "violence", "severity": "low"}]
        },
        "POST /v1/accounts/sign-in": {"email": EMAIL, "password": PASSWORD},
    }
    scored = "/v1/forensics/videos/{video_id}"
    for path in (
        f"GET {scored}",
        f"POST {scored}/analyses",
        f"GET {scored}/opinion",
        f"POST {scored}/opinion",
        f"GET {scored}/bundle",
    ):
        fitting[path] = {"video_id": str(others)}
    for verb in ("heartbeat", "release", "skip", "hold", "decisions"):
        fitting[f"POST {items_api}/{verb}"] = {"item_id": str(claimed)}
    fitting |= fitting_banks | fitting_sparks
    return World(callers | {"anyone": {}}, existing, fitting)
