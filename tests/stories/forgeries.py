"""The three uploads of the story of a deepfake, and the house before it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final
from uuid import UUID

from server.accounts import passwords
from server.accounts import service as accounts
from server.accounts.permissions import Role
from server.content.models import Video
from server.forensics.banks import service as banks
from server.forensics.banks.rules import BankKind, EntrySeverity
from server.forensics.banks.schemas import NewBank, NewEntry
from server.kit import jobs
from server.kit.access import SYSTEM
from server.kit.storage import Store
from server.runtime import opened
from server.settings import Settings
from studio.stage import PASSWORD
from tests.server.forensics.hashing.edits import EDITS
from tests.server.forensics.hashing.scenes import RATE, Scene, encode
from tests.stories.hands import ROOT
from tests.stories.house import published

CREATOR, MODERATOR = "tiana@studio.test", "amara@studio.test"
BANK = "Removed from the feed"
SECONDS: Final = 20
SEED: Final = 4
"""Of a scene of one long take."""
MEDIA = ROOT.parent / "shared/media"
UNTOUCHED, SWAPPED = "vret_2.mp4", "swap_vret2_audio_vret4.mp4"


@dataclass(frozen=True)
class Uploads:
    """Files to be uploaded; the first two only where the clips for evaluation are on this machine."""

    untouched: Path | None
    swapped: Path | None
    cropped: Path


def uploads(folder: Path) -> Uploads:
    """Somebody who talks, the same with another's voice, and a cropped copy of what was removed."""
    pictures = list(Scene(SEED, SECONDS).frames())
    cropped = EDITS["cropped 5 %"].write(folder / "again.mp4", pictures, Fraction(RATE))
    clips = [MEDIA / name if (MEDIA / name).exists() else None for name in (UNTOUCHED, SWAPPED)]
    return Uploads(*clips, cropped)


def furnish(settings: Settings, folder: Path) -> UUID:
    """A server with a creator, a moderator, and a bank that knows a video which was removed; answers that."""
    with opened(settings) as (db, keys), jobs.using(jobs.Context(db, settings, keys)):
        hashed = passwords.hashed(PASSWORD)
        with db.write() as s:
            person = {
                email: accounts.create_person(
                    s,
                    actor=SYSTEM,
                    keys=keys,
                    handle=email.split("@")[0],
                    name=name,
                    email=email,
                    password_hash=hashed,
                    roles=[role],
                ).id
                for email, name, role in (
                    (CREATOR, "Tiana Reyes", Role.CREATOR),
                    (MODERATOR, "Amara Obi", Role.MODERATOR),
                    ("uma@studio.test", "Uma Sato", Role.CREATOR),
                )
            }
        original = encode(folder / "first.mp4", Scene(SEED, SECONDS).frames(), crf=23, rate=Fraction(RATE))
        video = published(
            db,
            Store(settings.media),
            person["uma@studio.test"],
            "First time",
            original.read_bytes(),
            hours=48,
        )
        with db.write() as s:
            bank = NewBank(name=BANK, kind=BankKind.HARMFUL, policy="violence.graphic", confirmed=True)
            entry = NewEntry(
                video_id=video,
                severity=EntrySeverity.HIGH,
                policy="violence.graphic",
                reason="Removed last week under violence.graphic.",
            )
            bank_id = banks.create_bank(s, actor=SYSTEM, body=bank)
            banks.add_entry(s, actor=SYSTEM, bank_id=bank_id, body=entry, two_people=True)
            s.get_one(Video, video).visibility = "private"
        return video
