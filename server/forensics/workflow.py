"""How an analysis is made: a job begins the most urgent one, looks at the file, and keeps what was found.

Each step bears being repeated: what it changes is guarded by the state of the analysis and the job that has
it. Files are only ever opened by `engine.analyse`, which does so in a worker process.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from types import TracebackType
from uuid import UUID

from server.content.media.results import Refused
from server.forensics import engine, known, queries, results, service
from server.forensics.rules import Priority
from server.kit import jobs
from server.kit.access import SYSTEM
from server.kit.db import Database, WriteSession
from server.kit.errors import Busy
from server.kit.storage import Store

WATCH_S = 1.0
"""How often a running analysis tells how far it is, and asks whether it is still wanted."""
TRY_AGAIN = frozenset({"worker_failed", "timed_out"})
"""What an engine that ended says: it may do better the next time."""
_BROKEN = Refused("worker_failed", "The analysis stopped: the program that looks at the file met a fault.")

log = logging.getLogger(__name__)


@jobs.workflow(service.JOB, queue=jobs.HEAVY)
def analyse_video(job: str) -> None:
    """Make one analysis: the most urgent one that waits when this runs."""
    if analysis_id := begin(job):
        look(analysis_id, job)


@jobs.transaction
def begin(s: WriteSession, job: str) -> str | None:
    """Take the most urgent analysis; of those that nobody waits for none while somebody is here."""
    least = Priority.UPLOAD if jobs.context().stands_back else Priority.REFRESH
    analysis_id = service.begin(s, actor=SYSTEM, job=job, least=least)
    return str(analysis_id) if analysis_id else None


@jobs.step
def look(analysis: str, job: str) -> None:
    """Look at the file and keep what was found, unless the analysis is not wanted any more.

    One step, so that evidence, which may be of the restricted class, is never kept as a step's result.
    """
    context, analysis_id = jobs.context(), UUID(analysis)
    models = context.settings.checkpoints
    with context.db.read() as s:
        work = queries.work(s, analysis_id, job)
        if work is None:
            return
        # Whoever asks for another look gets one.
        found: results.Analysis | Refused | None = (
            None if work.asked_by_person else known.recall(s, work, models)
        )
    stopping = False
    if found is None:
        with Watch(context.db, analysis_id, job) as watch:
            found = _look(Store(context.settings.media), work, models, watch)
        stopping = watch.stopping
    with context.db.write() as s:
        if stopping and isinstance(found, Refused):
            service.postpone(s, actor=SYSTEM, analysis_id=analysis_id, job=job)
        elif not isinstance(found, Refused):
            service.keep(s, actor=SYSTEM, analysis_id=analysis_id, job=job, found=found)
        elif found.code in TRY_AGAIN:
            service.give_back(s, actor=SYSTEM, analysis_id=analysis_id, job=job, why=found)
        else:
            service.refuse(s, actor=SYSTEM, analysis_id=analysis_id, job=job, why=found)


def _look(store: Store, work: queries.Work, models: Path, watch: Watch) -> results.Analysis | Refused:
    try:
        return engine.analyse(
            store.path(work.sha256),
            kind=work.kind,
            sha256=work.sha256,
            restricted=work.restricted,
            models=models,
            progress=watch.told,
            cancel=watch.unwanted,
        )
    except OSError:
        raise  # a want of resources says nothing of the file: the step is tried again
    except Exception:
        log.exception("the analysis of a file failed")
        return _BROKEN


class Watch:
    """Beside a running analysis: tells its progress, and sets `unwanted` when it was cancelled, or when this
    process is `stopping`.

    In a thread of its own, so that whoever looks at the file never waits for the database, and a cancel is
    heard in whichever process the analysis runs.
    """

    def __init__(self, db: Database, analysis_id: UUID, job: str) -> None:
        self.unwanted = threading.Event()
        self.stopping = False
        self._db = db
        self._analysis_id = analysis_id
        self._job = job
        self._progress_bp = self._written_bp = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="analysis-watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def told(self, progress_bp: int) -> None:
        """The analysis has come so far."""
        self._progress_bp = progress_bp

    def _run(self) -> None:
        while not self._over.wait(WATCH_S):
            if jobs.stopping():
                self.stopping = True
                self.unwanted.set()
                return
            try:
                wanted = self._look_up()
            except Busy:
                continue
            except Exception as error:
                log.warning("a running analysis cannot be watched now: %s", type(error).__name__)
                continue
            if not wanted:
                self.unwanted.set()
                return

    def _look_up(self) -> bool:
        now_bp = self._progress_bp
        if now_bp == self._written_bp:
            with self._db.read() as s:
                return queries.work(s, self._analysis_id, self._job) is not None
        with self._db.write() as s:
            wanted = service.progress(s, analysis_id=self._analysis_id, job=self._job, progress_bp=now_bp)
        self._written_bp = now_bp
        return wanted
