"""`python -m server seed-demo`: people, videos over real files, comments, and a live queue."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from server.accounts import credentials, passwords, totp
from server.accounts import service as accounts
from server.accounts.models import Person
from server.accounts.permissions import Role, permissions_of
from server.content import comments
from server.demo import cast, reupload, videos
from server.demo.queue import raise_flags
from server.demo.told import Made, Placed, Written
from server.forensics.banks.rules import INDEX_FOLDER
from server.kit import clock, jobs
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.jobs import Context
from server.lock import FolderLock
from server.moderation import service as moderation
from server.ops import queries, service
from server.refused import Refused
from server.runtime import opened
from server.settings import Settings
from server.sparks import builtin

Say = Callable[[str], None]

COMMENTS = 1000
BATCH = 50


def seed(settings: Settings, *, media: Path | None, say: Say) -> None:
    """Fill an empty database; a second call only prints the sign-ins, and keeps what was done.

    `media` is a folder of the user's own videos, in place of the generated ones. What a run left that was
    interrupted is dropped and filled anew. Raises Refused for a database that is used for something else.
    """
    with opened(settings) as (db, keys):
        with db.read() as s:
            begun, filled = queries.is_demo(s), queries.is_demo_filled(s)
            used = not begun and s.scalar(select(Person.id).limit(1)) is not None
        if used:
            raise Refused("There are accounts in this database: give the demo a folder (--data) of its own.")
        if filled:
            if media is not None:
                say(f"The demo is filled already, so the videos in {media} were not looked at.")
                say(f"To use them, start over and forget what was done: make demo-reset MEDIA={media}")
            _print_accounts(db, keys, say)
            return
    with FolderLock(settings.data):
        if begun:
            _forget(settings, say)
        with opened(settings) as (db, keys):
            _fill(settings, db, keys, media, say)
            _print_accounts(db, keys, say)


def _forget(settings: Settings, say: Say) -> None:
    """Drop what an interrupted run left; the clips that it drew stay."""
    if settings.database_url:
        raise Refused("The demo was interrupted while it was filled: drop this database and create it anew.")
    say("The demo was interrupted while it was filled: it is filled anew.")
    for suffix in ("", "-wal", "-shm"):
        (settings.data / f"studio.sqlite{suffix}").unlink(missing_ok=True)
    for folder in (settings.media, settings.data / INDEX_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)


def _fill(settings: Settings, db: Database, keys: Keys, media: Path | None, say: Say) -> None:
    rng = random.Random(2026)  # noqa: S311 - the demo is the same everywhere
    start = clock.now() - timedelta(days=21)
    say("Filling the demo, which takes a minute or two; later starts take none of it.")
    with clock.held(start) as time:
        with db.write() as s:
            # First of all: whatever happens next, these accounts are never served to others.
            service.mark_as_demo(s)
            moderation.install(s)
            builtin.install(s)
        say("Step 1 of 5, people: six sign-ins, 300 creators, 120 fans")
        made = _people(db, keys, rng)
        say("Step 2 of 5, files: drawn once, then measured as uploads are")
        with jobs.using(Context(db, settings, keys)):
            found = videos.templates(db, settings, made, media, say)
            reupload.fill(db, settings, made, time, say)
        say(f"Step 3 of 5, videos: {videos.VIDEOS} over {len(found)} files, with {COMMENTS} comments")
        placed = videos.fill(db, rng, made, found, time)
        written = _comments(db, rng, made, placed, time)
        raise_flags(db, rng, made, placed, written, time, say)
        with db.write() as s:
            service.mark_demo_as_filled(s)


# People


def _people(db: Database, keys: Keys, rng: random.Random) -> Made:
    hashed = passwords.hashed(cast.PASSWORD)
    actors: dict[str, Actor] = {}
    with db.write() as s:
        for account in cast.ACCOUNTS:
            person = accounts.create_person(
                s,
                actor=SYSTEM,
                keys=keys,
                handle=account.name,
                name=account.shown,
                email=account.email,
                password_hash=hashed,
                roles=account.roles,
                cleared=account.cleared,
            )
            secret = totp.new_secret()
            credentials.set_totp(s, actor=SYSTEM, keys=keys, person_id=person.id, secret=secret)
            actors[account.name] = _actor(person.id, account.name, account.roles, account.cleared)
    drawn = cast.people(rng, cast.CREATORS + cast.FANS)
    others: list[Actor] = []
    bad_bios: list[Written] = []
    for batch in range(0, len(drawn), BATCH):
        with db.write() as s:
            for n, (handle, name, bio) in enumerate(drawn[batch : batch + BATCH], start=batch):
                roles = (Role.CREATOR,) if n < cast.CREATORS else (Role.FAN,)
                policy = ""
                if n % 7 == 0:
                    policy, bio = rng.choice(cast.FLAGGED_BIOS)
                person = accounts.create_person(
                    s, actor=SYSTEM, keys=keys, handle=handle, name=name, bio=bio, roles=roles
                )
                others.append(_actor(person.id, handle, roles, cleared=False))
                if policy:
                    bad_bios.append(Written(person.id, policy))
    creators = [actors["creator"], *others[: cast.CREATORS]]
    fans = [actors["fan"], *others[cast.CREATORS :]]
    return Made(actors["moderator"], actors["lead"], creators, fans, bad_bios)


def _actor(person_id: UUID, handle: str, roles: Sequence[Role], cleared: bool) -> Actor:
    granted = permissions_of(frozenset(roles), cleared=cleared)
    return Actor(
        kind="person",
        id=person_id,
        handle=handle,
        roles=frozenset(r.value for r in roles),
        permissions=granted,
    )


def _print_accounts(db: Database, keys: Keys, say: Say) -> None:
    say(f"Sign in with any of these; the password is {cast.PASSWORD}")
    with db.read() as s:
        for account in cast.ACCOUNTS:
            secret = credentials.totp_secret(s, keys=keys, email=account.email)
            say(f"  {account.email:22}  TOTP seed {secret}")


# Comments


def _comments(
    db: Database, rng: random.Random, made: Made, videos: Sequence[Placed], time: clock.Held
) -> list[Written]:
    """Comments, most of them kind."""
    everyone = [*made.fans, *made.creators]
    written: list[Written] = []
    for _ in range(0, COMMENTS, BATCH):
        with db.write() as s:
            for _ in range(BATCH):
                time.advance(timedelta(days=2) / COMMENTS)
                broken = rng.random() < 0.45
                policy, body = (
                    rng.choice(cast.FLAGGED_COMMENTS) if broken else ("", rng.choice(cast.COMMENTS))
                )
                on, by = rng.choice(videos), rng.choice(everyone)
                comment = comments.add_comment(s, actor=by, video_id=on.id, body=body)
                written.append(Written(comment.id, policy))
    return written
