"""Durable work: workflows whose finished steps are never repeated, queued in the caller's transaction.

The only module that imports dbos, and only when work is queued or run, since the import is slow. DBOS keeps
its tables in our database. Work that merely recurs belongs to `server.kit.ticker`.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.kit import attention, clock
from server.kit.crypto import Keys
from server.kit.db import Database, WriteSession
from server.kit.errors import Busy, quotes, told
from server.kit.job_slots import Slots
from server.kit.models import Base, Timestamped
from server.kit.types import Json

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

    from server.settings import Settings

APPLICATION = "creator-studio"
VERSION = "1"
"""Which code may finish a workflow. Raise it when a workflow's steps change their order or number: work that
the old code began then waits for a process that still has it (doctor counts such work), instead of resuming
at the wrong step."""
QUEUE = "jobs"
AT_ONCE = 4
"""Workflows that one process runs at a time."""
PROMPT = "prompt"
"""The queue of what is short and must not wait behind long work."""
HEAVY = "heavy"
"""The queue of what fills a core for minutes: each process runs one at a time."""
ASKING = "asking"
"""The queue of what waits for somebody else's server, for minutes if need be."""
ASKING_AT_ONCE = 2
POLL_S = 0.5
KEEP = timedelta(days=14)
"""How long the record of a finished workflow is kept."""
STOP_S = 10
"""How long `stop` waits for running steps; what is cut off resumes at the next start."""

RETRY_S = 5.0

log = logging.getLogger(__name__)
# Without a handler of its own DBOS would write to stderr whatever an error quotes, past our log.
logging.getLogger("dbos").addHandler(logging.NullHandler())

P = ParamSpec("P")
R = TypeVar("R")


class JobCheckpoint(Timestamped, Base):
    """The result of a `transaction` step, committed together with what it did."""

    __tablename__ = "job_checkpoints"

    workflow_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    output: Mapped[Any] = mapped_column(Json, nullable=True)


@dataclass(frozen=True)
class Context:
    """What a job may use."""

    db: Database
    settings: Settings
    keys: Keys

    @property
    def stands_back(self) -> bool:
        """Whether what nobody waits for is to rest now: somebody is at this computer."""
        return self.settings.stand_back and attention.somebody_is_here()


_workflows: dict[str, Callable[..., None]] = {}
_queues: dict[str, str] = {}
_clients: WeakKeyDictionary[sa.Engine, DBOSClient] = WeakKeyDictionary()
_guard = threading.Lock()
_context: Context | None = None
_slots: Slots | None = None  # set before DBOS starts, because it resumes work while it starts
_launched = threading.Event()
_unwanted = threading.Event()
_life = threading.RLock()
"""Held while jobs begin or end."""


def context() -> Context:
    """The context of this process. Raises RuntimeError before `launch` and outside `using`."""
    if _context is None:
        raise RuntimeError("no jobs run in this process: call jobs.launch or jobs.using first")
    return _context


@contextmanager
def using(given: Context) -> Iterator[None]:
    """Give steps a context without running DBOS: workflows called directly are plain functions (tests)."""
    global _context
    before, _context = _context, given
    try:
        yield
    finally:
        _context = before


def workflow(name: str, *, queue: str = QUEUE) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Register a workflow as `<domain>.<verb_noun>`; its arguments are ids as `enqueue` got them.

    Its body only calls steps, in an order that depends on nothing but their results. Called directly it is
    a plain function.
    """

    def register(run: Callable[P, None]) -> Callable[P, None]:
        if name in _workflows:
            raise ValueError(f"there are two workflows named {name}")
        _workflows[name] = run
        _queues[name] = queue
        return run

    return register


class StepFailed(Exception):
    """A step met an error that may quote values. DBOS keeps and logs errors in full, so this one does not."""


def _quoting_nothing(run: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(run)
    def ran(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return run(*args, **kwargs)
        except Busy:
            raise  # comes from the database, but in words of our own, and is tried again
        except Exception as error:
            if not quotes(error):
                raise
            log.exception("%s failed", run.__qualname__)
            what = told(error)
            kind = OSError if isinstance(error, OSError) else StepFailed  # that, too, is tried again
        raise kind(what)  # out here it has no context either

    return ran


def step(run: Callable[P, R]) -> Callable[P, R]:
    """A part of a workflow. Its result (JSON) is kept; it is repeated only if the process died within it,
    so it must bear that. A busy database and a want of resources (OSError) are tried again, for about a
    minute; any other exception fails the workflow."""

    @functools.wraps(run)
    def checkpointed(*args: P.args, **kwargs: P.kwargs) -> R:
        if _slots is None:
            return run(*args, **kwargs)
        from dbos import DBOS

        retry: Any = {
            "name": run.__qualname__,
            "retries_allowed": True,
            "max_attempts": 8,
            "interval_seconds": 0.5,
            "backoff_rate": 2.0,
            "should_retry": lambda error: isinstance(error, (Busy, OSError)),
        }
        return DBOS.run_step(retry, _quoting_nothing(run), *args, **kwargs)

    return checkpointed


def transaction(run: Callable[Concatenate[WriteSession, P], R]) -> Callable[P, R]:
    """A step that is given a write session and takes effect exactly once, even when the process dies.

    Its checkpoint is written in its own transaction. (DBOS's datasource does the same with a plain Session,
    which would run neither the audit chain nor the live feed before COMMIT.)
    """

    @functools.wraps(run)
    def once(*args: P.args, **kwargs: P.kwargs) -> R:
        key = _step_key()
        with context().db.write() as s:
            if key and (done := s.get(JobCheckpoint, key)):
                output: R = done.output
                return output
            output = run(s, *args, **kwargs)
            if key:
                s.add(JobCheckpoint(workflow_id=key[0], step=key[1], output=output))
        return output

    return step(once)


def _step_key() -> tuple[str, int] | None:
    if _slots is None:
        return None
    from dbos import DBOS

    if DBOS.workflow_id is None or DBOS.step_id is None:
        return None
    return DBOS.workflow_id, DBOS.step_id


def enqueue(
    s: WriteSession,
    name: str,
    *ids: UUID | str | int,
    workflow_id: str | None = None,
    delay_s: float = 0.0,
) -> None:
    """Queue workflow `name` in the caller's transaction: rolled back means never queued.

    One that is given a `workflow_id` is queued once under it, and can be looked up by it. It is begun
    `delay_s` seconds from now at the earliest.

    Raises KeyError for a workflow that nobody registered. (`DBOS.start_workflow` must not be used instead:
    within a SQLite write session it waits for ever for that session's own lock.)
    """
    if name not in _workflows:
        raise KeyError(f"no workflow is named {name}")
    arguments = [str(one) if isinstance(one, UUID) else one for one in ids]
    options: EnqueueOptions = {"workflow_name": name, "queue_name": _queues[name]}
    if workflow_id is not None:
        options["workflow_id"] = workflow_id
    if delay_s > 0:
        options["delay_seconds"] = delay_s
    _client(s).enqueue_in_transaction(s, options, *arguments)


def _client(s: WriteSession) -> DBOSClient:
    """DBOS's door for enqueueing on the session's own connection; opens none of its own."""
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    engine = s.get_bind().engine
    with _guard:
        if engine not in _clients:
            _clients[engine] = DBOSClient(
                system_database_engine=engine,
                serializer=DBOSPortableJSONSerializer(),
                application_name=APPLICATION,
                lazy=True,
            )
        return _clients[engine]


def create_tables(url: str) -> None:
    """Create DBOS's own tables, or bring them up to date. The database must exist and be in WAL mode."""
    import dbos

    logging.getLogger("dbos").setLevel(logging.ERROR)
    dbos.DBOS.migrate(url)


def launch(given: Context) -> None:
    """Run queued work in this process until `stop`. Takes about two seconds, so call it off the main path.

    On PostgreSQL the process holds a slot (an advisory lock); the unfinished work of slots that nobody holds
    is taken over. Raises RuntimeError when jobs run in this process already.
    """
    with _life:
        if _slots is not None:
            raise RuntimeError("jobs run in this process already")
        _unwanted.clear()
        _launch(given)


def _launch(given: Context) -> None:
    global _context, _slots
    from dbos import DBOS, DBOSPortableJSONSerializer

    slots = Slots(given.db)
    DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": given.db.url,
            "sys_db_pool_size": 6,
            "max_executor_threads": 2 * AT_ONCE + ASKING_AT_ONCE + 4,
            "application_version": VERSION,
            "executor_id": slots.mine,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "db_engine_kwargs": {"hide_parameters": True},
        }
    )
    for name, run in _workflows.items():
        DBOS.workflow(name=name)(_quoting_nothing(run))
    _context, _slots = given, slots
    try:
        DBOS.launch()
        for queue, at_once in (
            (QUEUE, AT_ONCE),
            (PROMPT, AT_ONCE),
            (HEAVY, 1),
            (ASKING, ASKING_AT_ONCE),
        ):
            DBOS.register_queue(queue, worker_concurrency=at_once, polling_interval_sec=POLL_S)
    except BaseException:
        DBOS.destroy()
        slots.release()
        _context = _slots = None
        raise
    _launched.set()
    slots.watch(_take_over, partial(_begin_anew, given))


def stop() -> None:
    """Let running steps end (at most ten seconds) and stop; does nothing when no jobs run."""
    _unwanted.set()
    with _life:
        if _slots is not None:
            _stop(_slots)


def _stop(slots: Slots) -> None:
    global _context, _slots
    from dbos import DBOS

    slots.stop_watching()
    running = DBOS.list_workflows(
        status="PENDING", executor_id=slots.mine, limit=1, load_input=False, load_output=False
    )
    DBOS.destroy(workflow_completion_timeout_sec=STOP_S if running else 0)
    _launched.clear()
    slots.release()
    _context = _slots = None


def _begin_anew(given: Context) -> None:
    """Our slot is another process's: stop what we run of it, and go on with a slot of our own."""

    def again() -> None:
        while not _unwanted.is_set():
            try:
                with _life:
                    if _slots is not None:
                        _stop(_slots)
                    if not _unwanted.is_set():
                        _launch(given)
                return
            except Exception:
                log.exception("durable jobs cannot begin anew yet")
                _unwanted.wait(RETRY_S)

    # Not in the caller's thread, which watches the slot and is joined here.
    threading.Thread(target=again, name="jobs", daemon=True).start()


def _take_over(executor: str) -> None:
    """Queue the unfinished work of a dead executor again. DBOS's own guard makes a second call harmless."""
    from dbos import DBOS

    DBOS._recover_pending_workflows([executor])


def stopping() -> bool:
    """Whether the jobs of this process are about to end: a step that takes long gives its work back."""
    return _slots is not None and _unwanted.is_set()


def purge(given: Context) -> int:
    """Forget workflows that ended longer than `KEEP` ago, with their checkpoints; answers how many.

    Does nothing in a process that does not run durable jobs (yet).
    """
    from dbos import DBOS

    if not _launched.is_set():
        return 0
    before = clock.now() - KEEP
    ended = DBOS.list_workflows(
        status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
        completed_before=before.isoformat(),
        limit=500,
        load_input=False,
        load_output=False,
    )
    ids = [one.workflow_id for one in ended]
    if ids:
        DBOS.delete_workflows(ids)
        with given.db.write() as s:
            s.execute(sa.delete(JobCheckpoint).where(JobCheckpoint.workflow_id.in_(ids)))
    return len(ids)
