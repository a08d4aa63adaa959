"""Looks a server over and says, for each finding, what to do."""

from __future__ import annotations

import logging
import platform
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import metadata

import sqlalchemy as sa

from server.audit.models import AuditEntry, AuditHead
from server.content.sweeps import sweep_files
from server.forensics import queries as forensics
from server.kit import clock, job_history, jobs, live
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.events import bus
from server.kit.storage import Store
from server.kit.ticker import GIVE_UP, JobSchedule
from server.migrations import schema
from server.ops import queries
from server.ops.schemas import Check, Findings, Level
from server.settings import Settings

log = logging.getLogger(__name__)

LOW_DISK = 5 * 2**30
NO_DISK = 256 * 2**20
SKEW = timedelta(seconds=2)
SEAL_LATE = timedelta(minutes=15)
DECODERS = ("h264", "hevc", "vp9", "av1", "aac", "mp3", "opus")
ENCODERS = ("mjpeg", "png")

Finding = tuple[Level, str, str]
OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL


def examine(settings: Settings, db: Database, keys: Keys | None) -> Findings:
    """Run every check. One that breaks is itself a finding; the rest still run. Changes and makes nothing.

    Of a database with another schema, or none, only that is said. `keys` None = none were found.
    """
    steps: dict[str, Callable[[], Finding]] = {
        "python": _python,
        "codecs": _codecs,
        "disk": partial(_disk, settings),
        "schema": partial(_schema, db),
    }
    if schema.is_current(db):
        steps |= _of_a_database(settings, db, keys)
    checks = [_check(name, step) for name, step in steps.items()]
    worst = max((check.level for check in checks), key=list(Level).index)
    return Findings(level=worst, checks=checks)


def _of_a_database(settings: Settings, db: Database, keys: Keys | None) -> dict[str, Callable[[], Finding]]:
    return {
        "keys": partial(_keys, settings, db, keys),
        "database": partial(_database, db),
        "clock": partial(_clock, db),
        "live": partial(_live, db),
        "recurring": partial(_recurring, db),
        "durable": partial(_durable, db),
        "events": partial(_events, db),
        "audit": partial(_audit, db),
        "files": partial(_files, settings, db),
        "analyses": partial(_analyses, db),
    }


def _check(name: str, step: Callable[[], Finding]) -> Check:
    try:
        level, finding, advice = step()
    except Exception as error:
        log.exception("doctor: %s could not be checked", name)
        kind = type(error).__name__
        level, finding, advice = FAIL, f"could not be checked ({kind})", "Look into log/server.jsonl."
    return Check(name=name, level=level, finding=finding, advice=advice)


def _python() -> Finding:
    version = platform.python_version()
    try:
        qt = metadata.version("PySide6")
    except metadata.PackageNotFoundError:
        return OK, f"Python {version}, no PySide6 (a server needs none)", ""
    found = f"Python {version}, PySide6 {qt}"
    if sys.version_info < (3, 12) and tuple(map(int, qt.split(".")[:2])) >= (6, 12):
        return FAIL, found, "This pair aborts after seconds: install 'PySide6<6.12', or use Python 3.12."
    return OK, found, ""


def _codecs() -> Finding:
    import av

    missing = [name for name in DECODERS if not _has(av, name, "r")]
    missing += [f"{name} (writing)" for name in ENCODERS if not _has(av, name, "w")]
    found = f"PyAV {av.__version__}"
    if missing:
        advice = "Videos in these formats are refused. Install PyAV from its official wheel."
        return WARN, f"{found} lacks {', '.join(missing)}", advice
    return OK, f"{found} has all of {len(DECODERS) + len(ENCODERS)} codecs", ""


def _has(av: object, name: str, mode: str) -> bool:
    try:
        av.codec.Codec(name, mode)  # type: ignore[attr-defined]
    except ValueError:
        return False
    return True


def _disk(settings: Settings) -> Finding:
    place = settings.data.absolute()
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    found = f"{usage.free / 2**30:.1f} GiB of {usage.total / 2**30:.1f} GiB free"
    advice = "Free some space, or move the data folder: a full disk stops uploads and then everything."
    return (
        (FAIL if usage.free < NO_DISK else WARN if usage.free < LOW_DISK else OK),
        found,
        (advice if usage.free < LOW_DISK else ""),
    )


def _keys(settings: Settings, db: Database, keys: Keys | None) -> Finding:
    with db.read() as s:
        known = queries.keys_fingerprint(s)
    if keys is None and known is None:
        return OK, "none yet: the first start makes them", ""
    if keys is None:
        advice = (
            "Unlock the keyring that holds them, or give them by STUDIO_KEYS, STUDIO_KEYS_FILE or keys.json."
        )
        return FAIL, "not found", advice
    found = f"from the {keys.source}"
    if known is not None and keys.fingerprint != known:
        return FAIL, f"{found}, not those of this database", "Bring back the right ones: nobody can sign in."
    if settings.database_url and keys.source in ("file", "keyring"):
        return FAIL, found, "With PostgreSQL give every process the same keys by STUDIO_KEYS or _KEYS_FILE."
    if keys.source == "file":
        file = settings.data.absolute() / "keys.json"
        advice = (
            f"No keyring was usable, so {file} (mode 0600) holds the keys. Back it up apart from the data."
        )
        return WARN, found, advice
    return OK, found, ""


def _database(db: Database) -> Finding:
    with db.read() as s:
        if not db.sqlite:
            return OK, f"PostgreSQL {s.execute(sa.text('SHOW server_version')).scalar()}", ""
        mode = s.execute(sa.text("PRAGMA journal_mode")).scalar()
        version = s.execute(sa.text("SELECT sqlite_version()")).scalar()
    if mode != "wal":
        return FAIL, f"SQLite {version}, journal mode {mode}", "The folder must lie on a local disk for WAL."
    return OK, f"SQLite {version} in WAL mode", ""


def _schema(db: Database) -> Finding:
    at = schema.revision_of(db)
    if at != schema.HEAD:
        advice = "Run `python -m server migrate`, or start the newer program that made this database."
        return FAIL, f"revision {at}, this program needs {schema.HEAD}", advice
    return OK, f"revision {at}", ""


def _clock(db: Database) -> Finding:
    if db.sqlite:
        return OK, "the database uses this machine's clock", ""
    with db.read() as s:
        theirs: datetime = s.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    skew = abs(theirs.astimezone(UTC) - datetime.now(UTC))
    found = f"{skew.total_seconds() * 1000:.0f} ms away from the database's clock"
    return (
        (WARN, found, "Synchronise both clocks (NTP): leases and deadlines rest on them.")
        if skew > SKEW
        else (
            OK,
            found,
            "",
        )
    )


def _live(db: Database) -> Finding:
    if db.sqlite:
        return OK, "one process, no LISTEN needed", ""
    if live.round_trip(db):
        return OK, "NOTIFY reaches LISTEN", ""
    advice = "Connect directly or through a session pooler: transaction pooling cannot LISTEN."
    return FAIL, "NOTIFY does not reach LISTEN", advice


def _recurring(db: Database) -> Finding:
    with db.read() as s:
        rows = s.scalars(sa.select(JobSchedule)).all()
    failed = [row.name for row in rows if row.error]
    late = [row.name for row in rows if row.next_at < clock.now() - GIVE_UP]
    if failed:
        return WARN, f"failed last time: {', '.join(failed)}", "See the error in the list of jobs."
    if late:
        return WARN, f"overdue: {', '.join(late)}", "Start a server process with STUDIO_JOBS=true."
    return OK, f"{len(rows)} jobs, none late", ""


def _durable(db: Database) -> Finding:
    with db.read() as s:
        stranded = job_history.waiting_for_other_versions(s, jobs.VERSION)
        failed = job_history.failed_since(s, timedelta(days=1))
    if stranded:
        advice = "Run the version that began them until they end, then go on with this one."
        return WARN, f"{stranded} jobs of another version wait", advice
    if failed:
        return WARN, f"{failed} jobs failed within a day", "See the error in the list of jobs."
    return OK, "nothing failed within a day", ""


def _events(db: Database) -> Finding:
    with db.read() as s:
        stuck = bus.stuck(s)
    if stuck:
        found = ", ".join(f"{count} for {handler}" for handler, count in sorted(stuck.items()))
        advice = "Look into log/server.jsonl for what fails. They are tried again every hour."
        return WARN, f"undelivered: {found}", advice
    return OK, "none is stuck", ""


def _audit(db: Database) -> Finding:
    with db.read() as s:
        sealed = s.scalar(sa.select(sa.func.max(AuditHead.seq))) or 0
        newest = s.scalar(sa.select(sa.func.max(AuditEntry.seq))) or 0
        oldest = s.scalar(sa.select(AuditEntry.at).where(AuditEntry.seq == sealed + 1))
    found = f"{newest} entries, {newest - sealed} unsealed"
    if oldest and datetime.fromisoformat(oldest) < clock.now() - SEAL_LATE:
        return WARN, found, "Run `python -m server audit seal`, and see why the job audit.seal does not run."
    return OK, found, ""


def _analyses(db: Database) -> Finding:
    with db.read() as s:
        waiting, parked = forensics.waiting(s), forensics.parked(s)
    found = f"{waiting} videos wait to be analysed"
    if parked:
        advice = "Each stopped the program that looks at it, twice. Ask again beside a review, or leave them."
        return WARN, f"{found}, {parked} were given up", advice
    return OK, found, ""


def _files(settings: Settings, db: Database) -> Finding:
    swept = sweep_files(db, Store(settings.media), dry_run=True)
    if swept.files or swept.incoming:
        found = f"{swept.files} files and {swept.incoming} unfinished uploads that nothing refers to"
        return WARN, found, "Run the job content.sweep_files to delete them."
    return OK, "every file is referred to", ""
