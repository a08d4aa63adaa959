"""An advertisement that was removed and comes again in the mirror: found by the hash bank like any other."""

from __future__ import annotations

import random
import tempfile
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
from sqlalchemy import select

from server.content.models import Video
from server.demo import videos
from server.demo.clips import Clip
from server.demo.encode import Format, encode
from server.demo.scenes.canvas import Picture
from server.demo.told import Made
from server.forensics.banks import service as banks
from server.forensics.banks import workflow
from server.forensics.banks.models import BankEntry
from server.forensics.banks.rules import BankAction, BankKind
from server.forensics.banks.schemas import NewBank
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import Database
from server.kit.storage import Store
from server.moderation import service as moderation
from server.moderation.rules import ContentType, Outcome
from server.moderation.schemas import NewDecision
from server.settings import Settings

SECONDS, RATE = 6, 10
POLICY = "spam"
_BLOCK, _ROWS, _COLUMNS = 20, 9, 40


def fill(db: Database, settings: Settings, made: Made, time: clock.Held, say: videos.Say) -> None:
    """Remove a video, add it to a bank, and let its re-upload be found. `jobs.using` must be in force."""
    rng = random.Random(7)  # noqa: S311 - the demo is the same everywhere
    one, other = rng.sample(list(made.creators), 2)
    with tempfile.TemporaryDirectory() as folder:
        store, path = Store(settings.media), Path(folder)
        original = _upload(db, store, one, _clip(path, "Everything half price", mirrored=False), say)
        copy = _upload(db, store, other, _clip(path, "Only today: half price", mirrored=True), say)
    if original is None or copy is None:
        return
    body = NewBank(
        name="Known advertisements",
        kind=BankKind.HARMFUL,
        policy=POLICY,
        action=BankAction.RESTRICT_INTERIM,
        confirmed=True,
    )
    with db.write() as s:
        bank_id = banks.create_bank(s, actor=made.lead, body=body)
        flag = moderation.receive_flag(
            s,
            actor=rng.choice(list(made.fans)),
            content_type=ContentType.VIDEO,
            content_id=original.id,
            policy=POLICY,
        )
    with db.write() as s:
        claim = moderation.claim_item(s, actor=made.lead, item_id=flag.item_id, lease_s=600)
        time.advance(timedelta(seconds=40))
        decision = NewDecision(
            claim_token=claim.claim_token,
            outcome=Outcome.REMOVE,
            policy=POLICY,
            facts="The same advertisement as last week.",
            bank_id=bank_id,
        )
        moderation.decide(s, actor=made.lead, item_id=flag.item_id, body=decision, grace_s=10)
        entry_id = s.scalars(select(BankEntry.id).where(BankEntry.source_video_id == original.id)).one()
    workflow.hash_entry(str(entry_id))
    workflow.match_video(str(copy.id))


def _upload(db: Database, store: Store, owner: Actor, clip: Clip, say: videos.Say) -> Video | None:
    made = videos.upload_file(db, store, owner, clip, say)
    return made[1] if made else None


def _clip(folder: Path, title: str, *, mirrored: bool) -> Clip:
    wall = np.random.default_rng(11).integers(0, 256, (_ROWS, _COLUMNS, 3), np.uint8)
    drawn = wall.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)

    def draw(t: float) -> Picture:
        seen = np.roll(drawn, -int(4 * t), axis=1)[:, :320]
        return np.ascontiguousarray(seen[:, ::-1] if mirrored else seen)

    path = folder / f"advertisement-{'mirrored' if mirrored else 'plain'}.mp4"
    encode(path, draw, [Fraction(n, RATE) for n in range(SECONDS * RATE)], Format(), None)
    return Clip(path.stem, path, title, "Link in the profile. #sale", ())
