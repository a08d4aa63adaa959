"""Whoever flags something while another puts it into the restricted class: no item stays outside of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.accounts.permissions import Role
from server.kit.access import Actor
from server.kit.db import Database
from server.moderation import service
from server.moderation.models import Item
from server.moderation.rules import ContentType
from tests.server.moderation.conftest import CSAM, SPAM, Studio

FILE = "ab" * 32
WAITS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
Subjects = tuple[ContentType, UUID, UUID]


@pytest.fixture(params=["copy", "video", "caption", "comment", "profile"])
def subjects(
    request: pytest.FixtureRequest, db: Database, studio: Studio, fan: Actor, people: dict[Role, Person]
) -> Subjects:
    """What is said, and of what: of the first thing that it is of the class, of the second something else."""
    if db.sqlite:
        pytest.skip("SQLite has one writer")
    video, copy = studio.video(sha256=FILE), studio.video(sha256=FILE)
    comment, person = studio.comment(video, fan), people[Role.CREATOR].id
    pairs: dict[str, Subjects] = {
        "copy": (ContentType.VIDEO, video, copy),
        "video": (ContentType.VIDEO, video, video),
        "caption": (ContentType.CAPTION, video, video),
        "comment": (ContentType.COMMENT, comment, comment),
        "profile": (ContentType.PROFILE, person, person),
    }
    return pairs[request.param]


def meanwhile(db: Database, second: Callable[[], object], pool: ThreadPoolExecutor) -> Future[object]:
    """Begin `second` beside the transaction that is open, and let it come as far as it can."""
    begun, pause = pool.submit(second), threading.Event()
    while not begun.done():
        with db.read() as s:
            if s.scalar(WAITS):
                break
        pause.wait(0.02)
    return begun


@pytest.mark.parametrize("restricting", ["first", "second"])
def test_no_item_stays_outside_the_class(
    db: Database, studio: Studio, fan: Actor, moderator: Actor, subjects: Subjects, restricting: str
) -> None:
    content_type, gravest, other = subjects
    says = [(moderator, gravest, CSAM), (fan, other, SPAM)]
    (one, *first), (two, *second) = says if restricting == "first" else says[::-1]
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        with db.write() as s:
            service.receive_flag(
                s, actor=one, content_type=content_type, content_id=first[0], policy=first[1]
            )
            begun = meanwhile(db, lambda: studio.flag(two, *second, content_type), pool)
        begun.result()
    with db.read() as s:
        found = s.execute(sa.select(Item.policy, Item.restricted, Item.queue_id)).all()
    assert sorted(found) == [(CSAM, True, "restricted"), (SPAM, True, "restricted")]
