"""The sparks that come with the program: taken into the catalogue at every start, as policies are.

Their own gates count as passed because the build's `gates.json` says so, by the hash of each and of the
engine that has judged it: the build fails where that is not what the engine finds. What a person has changed
is left as they left it.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import func, select

import resources
from server.kit import locks
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.errors import Invalid
from server.sparks import judging, service
from server.sparks.engine.version import ENGINE
from server.sparks.models import sparks, versions
from server.sparks.rules import SparkState

FOLDER: Final = "sparks"
GATES: Final = "gates.json"
"""`{"sparks": {"<id>": {"sha256": ..., "engine": ..., "refusals": [], "measured": {...}}}}`."""
NAMESPACE: Final = UUID("5b0e9a3e-8c51-4d0b-9f0a-6a1f0c5d7e11")
"""Built-in sparks have the same id on every server."""
_LOCK = 7_203_014
"""The space of `locks.hold` in which one process at a time takes them in."""
log = logging.getLogger(__name__)


def install(s: WriteSession, folder: Path | None = None) -> int:
    """Take in what is new among the built-in sparks, and publish it; answers how many that were.

    A start that has nothing to do reads one small file and asks one question. A file that is not the one
    that the build has judged is left out, and said so in the log.
    """
    found = folder or _folder()
    if found is None or not (found / GATES).is_file():
        return 0
    gates: dict[str, Any] = json.loads((found / GATES).read_text(encoding="utf-8"))["sparks"]
    passed = {slug: said for slug, said in gates.items() if _passed(slug, said)}
    if not _missing(s, passed):
        return 0
    locks.hold(s, _LOCK, b"spar")
    new = _missing(s, passed)
    return sum(_take(s, found / f"{slug}.json", slug, passed[slug]) for slug in new)


def _folder() -> Path | None:
    try:
        return resources.path(FOLDER)
    except FileNotFoundError:
        return None


def _passed(slug: str, said: dict[str, Any]) -> bool:
    """Whether this engine has let it pass: the word of another is none."""
    if said.get("engine") != ENGINE:
        log.error("the built-in spark %s is left out: another engine has judged it", slug)
        return False
    return not said.get("refusals")


def _missing(s: WriteSession, passed: dict[str, Any]) -> list[str]:
    """The sparks of which no version is the one that comes with the program."""
    rows = s.execute(
        select(sparks.c.slug, versions.c.sha256)
        .join(versions, versions.c.spark_id == sparks.c.id)
        .where(sparks.c.slug.in_(list(passed)))
    )
    known = {(row.slug, row.sha256) for row in rows}
    return [slug for slug, said in sorted(passed.items()) if (slug, said["sha256"]) not in known]


def _take(s: WriteSession, file: Path, slug: str, said: dict[str, Any]) -> bool:
    spark = s.execute(select(sparks).where(sparks.c.slug == slug).with_for_update()).one_or_none()
    if spark is not None and (spark.state is SparkState.RETIRED or _is_edited(s, spark.id)):
        return False
    try:
        content = judging.accepted(file.read_text(encoding="utf-8"), stated=said["sha256"], judged=True)
    except (Invalid, OSError, UnicodeError) as error:
        log.error("the built-in spark %s is left out: %s", slug, error)
        return False
    if content.slug != slug:
        log.error("the built-in spark %s is left out: its file is that of another", slug)
        return False
    if spark is None:
        spark_id, number = uuid5(NAMESPACE, slug), 1
        service.create(s, actor=SYSTEM, content=content, spark_id=spark_id)
    else:
        spark_id = spark.id
        number = service.add_version(
            s, actor=SYSTEM, spark_id=spark_id, version=spark.version, content=content
        )
    verdict = {"refusals": [], "measured": said.get("measured", {}), "engine": said["engine"]}
    service.vouch(s, actor=SYSTEM, spark_id=spark_id, number=number, verdict=verdict)
    return True


def _is_edited(s: WriteSession, spark_id: UUID) -> bool:
    """Whether a version of it is a person's."""
    theirs = (versions.c.spark_id == spark_id, versions.c.author != SYSTEM.ref)
    return bool(s.scalar(select(func.count()).select_from(versions).where(*theirs)))
