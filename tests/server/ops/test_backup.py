"""A backup brings everything back, and nothing but a whole backup is believed."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server import cli
from server.audit import service as audit
from server.audit.models import AuditEntry
from server.forensics.banks.rules import INDEX_FOLDER
from server.kit.access import SYSTEM
from server.kit.storage import Store
from server.ops import backup as backups
from server.ops.backup import MANIFEST, backup, restore
from server.refused import Refused
from server.runtime import opened
from server.settings import Settings
from tests.postgresql import Cluster

KEYS = json.dumps(dict.fromkeys(("field_key", "pepper", "audit_seed"), "A" * 43 + "="))
MEDIA = b"a video" * 100_000

MakeServer = Callable[[str], Settings]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeServer]:
    """Makes the settings of servers with the same keys, each with a folder and an empty database."""
    made: list[str] = []
    cluster: Cluster | None = None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgresql")
        assert cluster
        monkeypatch.setenv("PATH", str(cluster.binaries), prepend=":")

    def make(name: str) -> Settings:
        url = None
        if cluster:
            made.append(f"test_{uuid4().hex[:12]}")
            cluster.create_database(made[-1])
            url = cluster.url(made[-1])
        return Settings(data=tmp_path / name, keys=KEYS, DATABASE_URL=url)

    yield make
    for name in made:
        assert cluster
        cluster.drop_database(name)


@pytest.fixture
def server(make_server: MakeServer) -> Settings:
    """A server with two audit entries, the last sealed, and one media file."""
    settings = make_server("one")
    with opened(settings) as (db, keys):
        with db.write() as s:
            for n in range(2):
                audit.record(s, actor=SYSTEM, action="test.wrote", target=f"row:{n}")
            Store(settings.media).put(s, MEDIA)
        with db.write() as s:
            audit.seal(s, keys)
    return settings


def media(settings: Settings) -> list[bytes]:
    store = Store(settings.media)
    return [store.read(name) for name, _ in store.names()]


def entries(settings: Settings) -> int:
    with opened(settings) as (db, _), db.read() as s:
        return s.execute(sa.select(sa.func.count()).select_from(AuditEntry)).scalar_one()


def test_what_was_backed_up_comes_back(server: Settings, make_server: MakeServer, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    assert backup(server, file).media == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = make_server("other")
    restore(other, file, force=False)
    assert entries(other) == 2
    assert media(other) == [MEDIA]
    assert not list(other.data.glob("restore-*"))


def test_a_busy_database_is_backed_up_too(make_server: MakeServer, tmp_path: Path) -> None:
    """More pages than a copy in pieces takes at once, and a commit after each of them."""
    settings = make_server("busy")
    stopped, wrote = threading.Event(), threading.Event()
    with opened(settings) as (db, _):

        def write() -> None:
            while not stopped.is_set():
                with db.write() as s:
                    s.execute(sa.text("UPDATE ballast SET n = n + 1"))
                wrote.set()

        with db.write() as s:
            s.execute(sa.text("CREATE TABLE ballast (n INTEGER, bulk TEXT)"))
            s.execute(sa.text("INSERT INTO ballast VALUES (0, :bulk)"), {"bulk": "x" * 12_000_000})
        writer = threading.Thread(target=write)
        writer.start()
        try:
            assert wrote.wait(10)
            backup(settings, tmp_path / "backup.tar")
        finally:
            stopped.set()
            writer.join()


def test_the_command_verifies_the_audit_log_afterwards(
    server: Settings,
    make_server: MakeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "backup.tar"
    other = make_server("other")

    def run(settings: Settings, *arguments: str) -> int:
        monkeypatch.setattr(cli, "Settings", lambda **_: settings)
        return cli.main(arguments)

    assert run(server, "backup", str(file)) == 0
    assert run(other, "restore", str(file)) == 0
    assert "Whole: 2 entries, sealed to 2" in capsys.readouterr().err
    assert run(other, "restore", str(file)) == cli.REFUSED
    assert "--force" in capsys.readouterr().err
    assert run(other, "restore", "--force", str(file)) == 0
    assert run(server, "backup", str(file)) == cli.REFUSED


def test_force_replaces_what_was_written_since(server: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup(server, file)
    with opened(server) as (db, _), db.write() as s:
        audit.record(s, actor=SYSTEM, action="test.wrote", target="row:3")
    with pytest.raises(Refused, match="--force"):
        restore(server, file, force=False)
    assert entries(server) == 3
    index = server.data / INDEX_FOLDER
    index.mkdir()
    restore(server, file, force=True)
    assert entries(server) == 2
    assert not index.exists()  # what it knows was never so


def test_what_is_replaced_stays_beside_it(server: Settings, tmp_path: Path) -> None:
    if server.database_url:
        pytest.skip("PostgreSQL replaces everything in one transaction")
    file = tmp_path / "backup.tar"
    backup(server, file)
    database = server.data / "studio.sqlite"
    with opened(server) as (db, _):
        with db.write() as s:
            audit.record(s, actor=SYSTEM, action="test.wrote", target="row:3")
        # As a killed server leaves it: the last commit is in the log only.
        for part in server.data.glob("studio.sqlite*"):
            shutil.copy(part, tmp_path)
    for part in tmp_path.glob("studio.sqlite*"):
        shutil.copy(part, server.data)
    assert database.with_name("studio.sqlite-wal").stat().st_size
    restore(server, file, force=True)
    assert entries(server) == 2
    [aside] = server.data.glob("replaced-*")
    shutil.copy(aside / "studio.sqlite", database)
    assert entries(server) == 3


def test_a_damaged_database_is_moved_aside_as_it_is(server: Settings, tmp_path: Path) -> None:
    if server.database_url:
        pytest.skip("a file of SQLite")
    file = tmp_path / "backup.tar"
    backup(server, file)
    damaged = b"not a database at all" * 1000
    (server.data / "studio.sqlite").write_bytes(damaged)
    restore(server, file, force=True)
    assert entries(server) == 2
    [aside] = server.data.glob("replaced-*")
    assert (aside / "studio.sqlite").read_bytes() == damaged


@pytest.mark.parametrize("cut_off_at", ["_place_media", "_place_sqlite", "_load"])
def test_a_restore_that_is_cut_off_leaves_the_old_database_whole(
    server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_off_at: str
) -> None:
    file = tmp_path / "backup.tar"
    backup(server, file)
    with opened(server) as (db, _), db.write() as s:
        audit.record(s, actor=SYSTEM, action="test.wrote", target="row:3")

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    if cut_off_at == ("_load" if server.database_url is None else "_place_sqlite"):
        pytest.skip("a step of the other database")
    monkeypatch.setattr(backups, cut_off_at, cut_off)
    with pytest.raises(KeyboardInterrupt):
        restore(server, file, force=True)
    assert entries(server) == 3
    assert media(server) == [MEDIA]


def test_a_postgresql_that_is_in_use_is_left_alone(server: Settings, tmp_path: Path) -> None:
    if server.database_url is None:
        pytest.skip("a folder has a lock of its own")
    file = tmp_path / "backup.tar"
    backup(server, file)
    with opened(server), pytest.raises(Refused, match="Stop every server"):
        restore(server, file, force=True)
    restore(server, file, force=True)


def test_a_backup_of_a_newer_program_replaces_nothing(
    server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.tar"
    with monkeypatch.context() as newer:
        newer.setattr(backups.schema, "revision_of", lambda db: "9999")
        backup(server, file)
    with pytest.raises(Refused, match="newer"):
        restore(server, file, force=True)
    assert entries(server) == 2


def test_a_backup_of_the_other_kind_of_database_is_refused(server: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup(server, file)
    url = "postgresql://nowhere/none" if server.database_url is None else None
    other = Settings(data=tmp_path / "other", keys=KEYS, DATABASE_URL=url)
    with pytest.raises(Refused, match="DATABASE_URL"):
        restore(other, file, force=True)


def test_an_empty_server_has_nothing_to_back_up(make_server: MakeServer, tmp_path: Path) -> None:
    settings = make_server("empty")
    settings.data.mkdir()
    with pytest.raises(Refused, match="no folder"):
        backup(settings, tmp_path / "nowhere" / "backup.tar")
    with pytest.raises(Refused, match="no database"):
        backup(settings, tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backup of a SQLite server with one media file."""
    folder = tmp_path_factory.mktemp("whole")
    settings = Settings(data=folder / "one", keys=KEYS)
    with opened(settings) as (db, _), db.write() as s:
        Store(settings.media).put(s, MEDIA)
    backup(settings, folder / "backup.tar")
    return folder / "backup.tar"


class TestDamage:
    """SQLite only: the reader of the file is the same."""

    @pytest.fixture
    def target(self, tmp_path: Path) -> Settings:
        return Settings(data=tmp_path / "target", keys=KEYS)

    @pytest.fixture
    def file(self, whole: Path, tmp_path: Path) -> Path:
        return Path(shutil.copy(whole, tmp_path / "backup.tar"))

    @pytest.mark.parametrize("keep", [0, 1, 512, 100_000, -20_000, -200_000])
    def test_a_cut_off_file(self, file: Path, target: Settings, keep: int) -> None:
        data = file.read_bytes()
        file.write_bytes(data[:keep])
        self.refused(target, file)

    @pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
    def test_a_flipped_bit(self, file: Path, target: Settings, place: float) -> None:
        data = bytearray(file.read_bytes())
        data[int(len(data) * place)] ^= 1
        file.write_bytes(data)
        self.refused(target, file)

    @pytest.mark.parametrize(
        "name", ["../escaped", "/tmp/escaped", "media/../../escaped", "media/" + "g" * 64]
    )
    def test_a_member_that_does_not_belong(self, file: Path, target: Settings, name: str) -> None:
        with tarfile.open(file, "a") as tar:
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"evil"))
        self.refused(target, file)
        assert not (target.data.parent / "escaped").exists()

    def test_a_link_in_place_of_a_file(self, file: Path, target: Settings) -> None:
        with tarfile.open(file, "a") as tar:
            member = tarfile.TarInfo("media/" + "a" * 64)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(member)
        self.refused(target, file)

    def test_a_sparse_member_that_claims_to_be_huge(self, file: Path, target: Settings) -> None:
        with tarfile.open(file, "a", format=tarfile.PAX_FORMAT) as tar:
            member = tarfile.TarInfo("media/" + "a" * 64)
            member.pax_headers = {"GNU.sparse.size": str(2**50), "GNU.sparse.map": "0,0"}
            tar.addfile(member)
        with pytest.raises(Refused, match="does not belong"):
            restore(target, file, force=False)

    def test_a_newer_format(self, file: Path, target: Settings, tmp_path: Path) -> None:
        changed = tmp_path / "changed.tar"
        with tarfile.open(file) as old, tarfile.open(changed, "w") as new:
            for member in old:
                data = old.extractfile(member)
                assert data
                text = data.read()
                if member.name == MANIFEST:
                    text = text.replace(b'"format": 1', b'"format": 2')
                new.addfile(member, io.BytesIO(text))
        with pytest.raises(Refused, match="newer"):
            restore(target, changed, force=False)

    def refused(self, target: Settings, file: Path) -> None:
        with pytest.raises(Refused):
            restore(target, file, force=False)
        assert not (target.data / "studio.sqlite").exists()
        assert not media(target)
        shutil.rmtree(target.data)
