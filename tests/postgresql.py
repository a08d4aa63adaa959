"""A PostgreSQL server that lives as long as the tests do, started as a user that it accepts."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from uuid import uuid4

import psycopg


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
        self._worker = ThreadPoolExecutor(1, "databases")
        self._connection: psycopg.Connection | None = None
        self._spare: Future[str] | None = None

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
        if not self.fsync:
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        self._run("pg_ctl", "-D", data, "-w", "-l", self.directory / "log", "-o", options, "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.shutdown(cancel_futures=True)
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
        self._worker.submit(self._create, name, template).result()

    def drop_database(self, name: str) -> None:
        """Returns at once: nobody waits for it but the end of the cluster."""
        self._worker.submit(self._sql, f'DROP DATABASE "{name}" WITH (FORCE)')

    def copy_of(self, template: str) -> str:
        """A database that nobody used yet, copied from `template` while the last test ran."""
        spare = self._spare or self._submit_copy(template)
        self._spare = self._submit_copy(template)
        return spare.result()

    def _submit_copy(self, template: str) -> Future[str]:
        return self._worker.submit(self._create, f"test_{uuid4().hex[:12]}", template)

    def _create(self, name: str, template: str) -> str:
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _sql(self, statement: str) -> None:
        """On one connection of the one worker: to connect anew costs more than the statement."""
        if self._connection is None:
            address = self.url("postgres").replace("+psycopg", "")
            self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute(statement.encode())
