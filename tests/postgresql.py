"""A PostgreSQL server that lives as long as the tests do, started as a user that it accepts."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from uuid import uuid4

import psycopg

from tests.reused import Reused


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class Cluster:
    """`with Cluster(...)`: initdb, start, stop, delete. Under root it runs as `postgres`."""

    def __init__(self, binaries: Path, *, fsync: bool = False) -> None:
        self.binaries = binaries
        self.fsync = fsync
        self.port = 0
        self.directory = Path()
        self._connection: psycopg.Connection | None = None
        self._free: defaultdict[str, list[Reused]] = defaultdict(list)

    @classmethod
    def find_binaries(cls, *, fsync: bool = False) -> Cluster | None:
        """A cluster that is not started yet, or None where PostgreSQL is not installed."""
        binaries = _binaries()
        return cls(binaries, fsync=fsync) if binaries else None

    def __enter__(self) -> Cluster:
        self.directory = Path(tempfile.mkdtemp(prefix="studio-pg-"))
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        data = self.directory / "data"
        self._run(
            "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"
        )
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.directory} -c max_connections=200"
        options += " -c dynamic_shared_memory_type=mmap"  # in its directory, which goes with it
        if not self.fsync:
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
            options += " -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=128MB -c autovacuum=off"
        self._run("pg_ctl", "-D", data, "-w", "-l", self.directory / "log", "-o", options, "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for free in self._free.values():
            for database in free:
                database.close()
        if self._connection:
            self._connection.close()
        self._run("pg_ctl", "-D", self.directory / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self.binaries / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str = "template1") -> None:
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop_database(self, name: str) -> None:
        self._sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def lent(self, template: str) -> Iterator[str]:
        """The address of a database like `template`, for as long as the block lasts."""
        database = self._take(template)
        try:
            yield self.url(database.name)
        finally:
            database.throw_out()
            self._free[template].append(database)

    def _take(self, template: str) -> Reused:
        if self._free[template]:
            database = self._free[template].pop()
            if database.reset():
                return database
            database.close()
            self.drop_database(database.name)
        return self._copy(template)

    def _copy(self, template: str) -> Reused:
        name = f"test_{uuid4().hex[:12]}"
        self.create_database(name, template=template)
        return Reused(name, self.url(name).replace("+psycopg", ""))

    def _sql(self, statement: str) -> None:
        """On one connection: to connect anew costs more than the statement."""
        if self._connection is None:
            address = self.url("postgres").replace("+psycopg", "")
            self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute(statement.encode())
