"""A backup brings everything back, and nothing but a whole backup is believed."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from server import cli
from server.audit import service as audit
from server.audit.models import AuditEntry
from server.kit.access import SYSTEM
from server.kit.storage import Store
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
        return Settings(data=tmp_path / name, keys=KEYS, DATABASE_URL=url)  # type: ignore[arg-type, call-arg]

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
    restore(server, file, force=True)
    assert entries(server) == 2


def test_a_backup_of_the_other_kind_of_database_is_refused(server: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup(server, file)
    url = "postgresql://nowhere/none" if server.database_url is None else None
    other = Settings(data=tmp_path / "other", keys=KEYS, DATABASE_URL=url)  # type: ignore[arg-type, call-arg]
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
    settings = Settings(data=folder / "one", keys=KEYS)  # type: ignore[arg-type]
    with opened(settings) as (db, _), db.write() as s:
        Store(settings.media).put(s, MEDIA)
    backup(settings, folder / "backup.tar")
    return folder / "backup.tar"


class TestDamage:
    """SQLite only: the reader of the file is the same."""

    @pytest.fixture
    def target(self, tmp_path: Path) -> Settings:
        return Settings(data=tmp_path / "target", keys=KEYS)  # type: ignore[arg-type]

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
