"""Profiles whose embedded server knows somebody already."""

from __future__ import annotations

from pathlib import Path

from server.accounts import passwords, service
from server.accounts.permissions import Role
from server.kit.access import SYSTEM
from server.runtime import opened
from server.settings import Settings
from studio.paths import Profile

EMAIL = "mo@studio.test"


def with_moderator(folder: Path, password: str) -> Path:
    """Make a profile in `folder` with one moderator and an empty queue; answers where it is."""
    places = Profile(folder / "profile").create()
    hashed = passwords.hashed(password)
    with opened(Settings(data=places.server_data)) as (db, keys), db.write() as s:
        service.create_person(
            s,
            actor=SYSTEM,
            keys=keys,
            handle="mo",
            name="Mo Deri",
            email=EMAIL,
            password_hash=hashed,
            roles=[Role.MODERATOR],
        )
    return places.root
