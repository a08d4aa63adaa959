"""The one place where the catalogue meets the engine: it has a file read, and a version judged.

A file is read in the server's own process: reading is bounded by what a file may be. To judge one it is
played from its beginning to its end, which happens in a worker process under limits of time and memory.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from server.content.media import worker
from server.content.media.results import FileLimits, Refused, WorkerLimits
from server.kit.errors import Invalid
from server.sparks.engine.format.spark import Spark, Tier
from server.sparks.rules import REFUSALS_MAX

if TYPE_CHECKING:
    from server.sparks.engine.format.problems import Faulty

LIMITS: Final = WorkerLimits(
    address_space=3 << 30, cpu_seconds=300, wall_seconds=600.0, output=4 << 20, niceness=10
)
TASK: Final = "server.sparks.judging:examine"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Content:
    """A file without a fault: what the catalogue says of it, its canonical text and the hash of that."""

    slug: str
    name: str
    tier: Tier
    family: str
    credits: int
    duration_ms: int
    text: str
    sha256: str


@dataclass(frozen=True)
class Refusal:
    """What stands in the way of a publication: a code for programs, a sentence for people. Of flashes also at
    which `second` the worst second ends, and the `region` of the stage in its pixels: left, top, width,
    height."""

    code: str
    message: str
    second: float | None = None
    region: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Judgement:
    """What a worker says of a file: nothing in the way, or all that is; what was measured; and which engine
    it was judged by, none where it came to no judging."""

    refusals: tuple[Refusal, ...]
    measured: dict[str, Any]
    engine: str = ""


_JUDGEMENT: Final = TypeAdapter(Judgement)


# Reading


def accepted(text: str, *, stated: str | None = None, judged: bool = False) -> Content:
    """What there is in a file, given its text; one that was `judged` is not tried for what it draws. Raises
    Invalid: `faulty_spark` with every problem of it by its path, and `hash_mismatch` where its hash is not
    the `stated` one."""
    found = _content(_read(text, strokes=not judged))
    check_hash(found.sha256, stated)
    return found


def accepted_pack(text: str) -> list[Content]:
    """The same for a pack of files. Raises Invalid `faulty_pack` with every problem of each by its path."""
    from server.sparks.engine.format.problems import Faulty
    from server.sparks.engine.format.reading import read_pack

    try:
        return [_content(spark) for spark in read_pack(text.encode())]
    except Faulty as faulty:
        raise _faulty("This is no pack of sparks that can be taken in", "faulty_pack", faulty) from None


def check_hash(sha256: str, stated: str | None) -> None:
    """Raise Invalid `hash_mismatch` where something else is stated than what is so."""
    if stated is not None and stated != sha256:
        raise Invalid("The hash that you state is not that of this content.", code="hash_mismatch")


def _read(text: str, *, strokes: bool = True) -> Spark:
    from server.sparks.engine.format.problems import Faulty
    from server.sparks.engine.format.reading import read

    try:
        return read(text.encode(), strokes=strokes)
    except Faulty as faulty:
        raise _faulty("This is no spark that can be played", "faulty_spark", faulty) from None


def _faulty(what: str, code: str, faulty: Faulty) -> Invalid:
    return Invalid(
        f"{what}: see what is wrong with it, and where.",
        code=code,
        errors=[{"field": one.path, "message": one.message} for one in faulty.problems],
    )


def _content(spark: Spark) -> Content:
    from server.sparks.engine.format.reading import content_hash, dump

    return Content(
        slug=spark.id,
        name=spark.name,
        tier=spark.tier,
        family=spark.family,
        credits=spark.credits,
        duration_ms=round(spark.duration * 1000),
        text=dump(spark).decode(),
        sha256=content_hash(spark),
    )


# Judging


def judge(text: str, sha256: str, *, cancel: Event | None = None) -> Judgement | Refused:
    """Have a worker process make a file anew and judge it; the Refused of one that died, or was cancelled.

    Blocks the calling thread until the worker ends, its time is over or `cancel` is set. Never raises for
    anything that the file does.
    """
    answer = worker.ask(
        TASK, Path(f"{sha256}.json"), limits=LIMITS, cancel=cancel, content=text, sha256=sha256
    )
    if isinstance(answer, Refused):
        return _of_sparks(answer)
    try:
        return _JUDGEMENT.validate_python(answer)
    except ValidationError:
        _log.warning("the judgement of a spark came back in another shape")
        return Refused("worker_failed", "The spark could not be judged: what was said of it cannot be read.")


def _of_sparks(refused: Refused) -> Refused:
    """The words of the worker are about videos."""
    said = {
        "worker_failed": "The spark could not be judged: playing it stopped the isolated player.",
        "timed_out": "The spark could not be judged: playing it took too long.",
        "cancelled": "The judging was cancelled.",
    }
    return Refused(refused.code, said.get(refused.code, refused.reason))


def examine(path: Path, limits: FileLimits, *, content: str, sha256: str) -> Judgement:
    """In the worker: read a file once more, see that it is the one that was asked about, and judge it."""
    try:
        spark = _read(content)
    except Invalid as faulty:
        found = [Refusal("faulty_spark", f"{one['field']}: {one['message']}") for one in faulty.errors or ()]
        return Judgement(tuple(found[:REFUSALS_MAX]), {})
    if _content(spark).sha256 != sha256:
        return Judgement((Refusal("hash_mismatch", "The content is not the one with this hash."),), {})
    return _judged(spark)


def _judged(spark: Spark) -> Judgement:
    # Here: whoever only reads a file needs neither scipy nor a renderer.
    from server.sparks.engine import gates

    verdict = gates.judge(spark)
    measured = verdict.model_dump(mode="json", exclude={"refusals", "engine"})
    refusals = tuple(_refusal(one) for one in verdict.refusals[:REFUSALS_MAX])
    return Judgement(refusals, measured, verdict.engine)


def _refusal(one: Any) -> Refusal:
    """A refusal of the engine as it is kept."""
    field = one.region
    region = None if field is None else (field.x, field.y, field.width, field.height)
    return Refusal(str(one.code)[:40], str(one.message)[:300], one.at_s, region)
