"""`python -m server seed-demo`: people, videos over real files, comments, and a live queue."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import inspect, select

from server.accounts import credentials, passwords, totp
from server.accounts import service as accounts
from server.accounts.models import Person
from server.accounts.permissions import Role, permissions_of
from server.content import comments, workflow
from server.content import service as content
from server.content.models import Derivative, Video
from server.content.rules import DerivativeKind, VideoState
from server.demo import cast, clips
from server.demo.clips import Clip
from server.demo.queue import raise_flags
from server.demo.told import Made, Placed, Written
from server.kit import clock, jobs
from server.kit.access import SYSTEM, Actor
from server.kit.crypto import Keys
from server.kit.db import Database, WriteSession
from server.kit.jobs import Context
from server.kit.storage import Store
from server.moderation import service as moderation
from server.ops import queries, service
from server.refused import Refused
from server.settings import Settings

Say = Callable[[str], None]

VIDEOS = 900
COMMENTS = 1400
BATCH = 50
_ITS_OWN = ("id", "owner_id", "title", "caption", "created_at", "published_at", "version", "filename")


def seed(settings: Settings, db: Database, keys: Keys, *, media: Path | None, say: Say) -> None:
    """Fill the database; a second call only prints the sign-ins, and keeps what was done. Raises Refused
    where somebody is who is not of the demo.

    `media` is a folder of the user's own videos, in place of the generated ones.
    """
    with db.read() as s:
        seeded = queries.is_demo(s)
        if not seeded and s.scalar(select(Person.id).limit(1)):
            raise Refused("People are in this database already: demo accounts belong into one of their own.")
    if not seeded:
        _fill(settings, db, keys, media, say)
    _print_accounts(db, keys, say)


def _fill(settings: Settings, db: Database, keys: Keys, media: Path | None, say: Say) -> None:
    rng = random.Random(2026)  # noqa: S311 - the demo is the same everywhere
    found = _clips(settings, media, say)
    start = clock.now() - timedelta(days=21)
    with clock.held(start) as time:
        with db.write() as s:
            service.mark_as_demo(s)
            moderation.install(s)
        say("People: six sign-ins, 300 creators, 120 fans")
        made = _people(db, keys, rng)
        say(f"Videos: {VIDEOS} over {len(found)} files, with comments")
        with jobs.using(Context(db, settings, keys)):
            videos = _videos(db, settings, rng, made, found, time)
        comments = _comments(db, rng, made, videos, time)
        raise_flags(db, rng, made, videos, comments, time, say)


def _clips(settings: Settings, media: Path | None, say: Say) -> list[Clip]:
    if media is not None:
        own = clips.folder_clips(media)
        if own:
            return own
        say(f"{media} holds no video files; the generated clips are used.")

    def progress(done: int, total: int, title: str) -> None:
        say(f"Drawing demo clips: {done} of {total} ({title})")

    return clips.generate(settings.data / "demo-clips", progress) + clips.public_clips()


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


# Videos


def _videos(
    db: Database, settings: Settings, rng: random.Random, made: Made, found: Sequence[Clip], time: clock.Held
) -> list[Placed]:
    """The first video of each clip goes the way of an upload; the others share its file and derivatives."""
    store = Store(settings.media)
    uploaded = {clip.name: _upload(db, store, rng.choice(made.creators), clip) for clip in found}
    templates = [(clip, video) for clip in found if (video := uploaded[clip.name]) is not None]
    placed = [Placed(video.id, clip) for clip, video in templates]
    while len(placed) < VIDEOS:
        with db.write() as s:
            for _ in range(min(BATCH, VIDEOS - len(placed))):
                time.advance(timedelta(minutes=rng.uniform(5, 25)))
                clip, template = rng.choice(templates)
                policy, caption = "", rng.choice((clip.caption, *cast.CAPTIONS))
                if rng.random() < 0.2:
                    policy, caption = rng.choice(cast.FLAGGED_CAPTIONS)
                copied = _copy(s, template, rng.choice(made.creators), _title(clip, rng), caption)
                placed.append(Placed(copied, clip, policy))
    return placed


def _upload(db: Database, store: Store, owner: Actor, clip: Clip) -> Video | None:
    """Store the file and measure it as the upload of a creator would; None when it is refused."""
    data = clip.path.read_bytes()
    with db.write() as s:
        video = content.create_video(
            s,
            actor=owner,
            filename=clip.path.name[:100],
            size=len(data),
            title=clip.title[:100],
            caption=clip.caption,
        )
        sha256 = store.put(s, data)
        video.state, video.sha256 = VideoState.PROCESSING, sha256
    if workflow.measure(str(video.id)):
        for kind in DerivativeKind:
            workflow.derive(str(video.id), kind.value)
        workflow.publish(str(video.id))
    with db.read() as s:
        done = s.get_one(Video, video.id)
    return done if done.state is VideoState.READY else None


def _copy(s: WriteSession, template: Video, owner: Actor, title: str, caption: str) -> UUID:
    """Another video of the same file, by another creator, ready at once."""
    video = content.create_video(
        s, actor=owner, filename=template.filename, size=template.size, title=title, caption=caption
    )
    for column in inspect(Video).columns:
        if column.key not in _ITS_OWN:
            setattr(video, column.key, getattr(template, column.key))
    video.published_at = clock.now()
    for derivative in s.scalars(select(Derivative).where(Derivative.video_id == template.id)):
        s.add(
            Derivative(
                video_id=video.id,
                kind=derivative.kind,
                sha256=derivative.sha256,
                size=derivative.size,
                meta=derivative.meta,
            )
        )
    return video.id


def _title(clip: Clip, rng: random.Random) -> str:
    tail = rng.choice(
        ("", "", " (part 2)", " again", ", take two", " | full version", " at night", " #short")
    )
    return (clip.title + tail)[:100]


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
                broken = rng.random() < 0.35
                policy, body = (
                    rng.choice(cast.FLAGGED_COMMENTS) if broken else ("", rng.choice(cast.COMMENTS))
                )
                on, by = rng.choice(videos), rng.choice(everyone)
                comment = comments.add_comment(s, actor=by, video_id=on.id, body=body)
                written.append(Written(comment.id, policy))
    return written
