"""The commands that one gives a server on its own machine."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from server import cli
from server.accounts import queries, service
from server.accounts.resolver import resolver
from server.audit import service as audit
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.lock import FolderLock, make_private
from server.ops.queries import is_demo
from server.refused import Refused
from server.runtime import find_keys, opened
from server.settings import Settings


@pytest.fixture
def data(tmp_path: Path, sqlite_template: Path, keys: Keys) -> Path:
    """A server's folder with keys in a file and an empty schema."""
    folder = tmp_path / "data"
    assert cli.main(["migrate", "--data", str(folder)]) == 0
    return folder


def test_create_admin_makes_somebody_who_may_sign_in(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDIO_ADMIN_PASSWORD", "a long enough passphrase")
    command = ["create-admin", "--data", str(data), "--email", "root@studio.test", "--handle", "root"]
    assert cli.main(command) == 0
    with opened(Settings(data=data)) as (db, _), db.read() as s:
        person = queries.person_by_handle(s, "root")
        assert person is not None
        assert [role.value for role in queries.roles_of(s, [person.id])[person.id]] == ["admin"]
    capsys.readouterr()
    assert cli.main(command) == cli.REFUSED
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("password", "email", "handle", "field"),
    [
        ("hunter2", "root@studio.test", "root", "password"),
        ("a long enough passphrase", "nonsense", "root", "email"),
        ("a long enough passphrase", "root@studio.test", "../root", "handle"),
    ],
)
def test_create_admin_asks_what_the_api_asks(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    password: str,
    email: str,
    handle: str,
    field: str,
) -> None:
    monkeypatch.setenv("STUDIO_ADMIN_PASSWORD", password)
    command = ["create-admin", "--data", str(data), "--email", email, "--handle", handle]
    assert cli.main(command) == cli.REFUSED
    said = capsys.readouterr().err
    assert said.startswith(f"{field}: ")
    assert password not in said


def test_a_service_token_is_printed_once_and_works(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["create-service-token", "gore-v1", "--data", str(data)]
    capsys.readouterr()
    assert cli.main(command) == 0
    token = capsys.readouterr().out.strip()
    with opened(Settings(data=data)) as (db, keys):
        found = resolver(db, keys)(token)
        assert found is not None
        assert found.ref == "classifier:gore-v1"
    assert cli.main(command) == cli.REFUSED
    assert cli.main(["create-service-token", "Not a name", "--data", str(data)]) == cli.REFUSED
    assert capsys.readouterr().out == ""


def test_demo_people_are_not_put_among_others(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(Settings(data=data)) as (db, keys), db.write() as s:
        service.create_person(s, actor=SYSTEM, keys=keys, handle="erika", name="Erika")
    assert cli.main(["seed-demo", "--data", str(data)]) == cli.REFUSED
    assert "There are accounts in this database" in capsys.readouterr().err
    empty = data.parent / "empty"
    with FolderLock(empty):
        assert cli.main(["seed-demo", "--data", str(empty)]) == cli.ALREADY_RUNNING
    with opened(Settings(data=data)) as (db, _), db.read() as s:
        assert not is_demo(s)


def test_audit_verify_says_where_the_log_was_touched(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(Settings(data=data)) as (db, _):
        for n in range(3):
            with db.write() as s:
                audit.record(s, actor=SYSTEM, action="test.wrote", target=f"row:{n}")
    assert cli.main(["audit", "seal", "--data", str(data)]) == 0
    assert cli.main(["audit", "verify", "--data", str(data)]) == 0
    assert "Whole: 3 entries, sealed to 3, 0 unsealed" in capsys.readouterr().err
    db = Database(f"sqlite:///{data / 'studio.sqlite'}")
    with db.writer.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_no_update")
        connection.exec_driver_sql("UPDATE audit_log SET action = 'other' WHERE seq = 2")
    db.dispose()
    assert cli.main(["audit", "verify", "--data", str(data)]) == cli.REFUSED
    assert "NOT WHOLE at entry 2" in capsys.readouterr().err


def test_the_doctor_answers_in_json(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--json", "--data", str(data)]) == 0
    found = {check["name"]: check["level"] for check in json.loads(capsys.readouterr().out)["checks"]}
    assert found["schema"] == found["database"] == "ok"


def test_the_doctor_answers_without_a_database_and_makes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor", "--data", str(tmp_path / "none")]) == cli.REFUSED
    assert "python -m server migrate" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_the_api_describes_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["openapi", "--data", str(tmp_path / "none")]) == 0
    paths = json.loads(capsys.readouterr().out)["paths"]
    assert {"/health", "/v1/live", "/v1/ops/jobs", "/v1/accounts/sign-in"} <= paths.keys()
    assert not (tmp_path / "none").exists()


def test_postgresql_needs_keys_that_every_process_shares(tmp_path: Path, keys: Keys) -> None:
    url = "postgresql://nowhere/none"
    with pytest.raises(Refused):
        find_keys(Settings(data=tmp_path, DATABASE_URL=url))
    file = tmp_path / "secret.json"
    file.write_text(json.dumps(dict.fromkeys(("field_key", "pepper", "audit_seed"), "A" * 43 + "=")))
    given = find_keys(Settings(data=tmp_path, DATABASE_URL=url, keys_file=file))
    assert given
    assert given.source == "environment"
    assert not (tmp_path / "keys.json").exists()


def test_a_database_of_a_newer_program_is_left_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = Database(f"sqlite:///{data / 'studio.sqlite'}")
    with db.write() as s:
        s.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    db.dispose()
    assert cli.main(["audit", "verify", "--data", str(data)]) == cli.REFUSED
    assert "newer program" in capsys.readouterr().err


def test_a_database_that_cannot_be_reached_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none?connect_timeout=2")
    keys = dict.fromkeys(("field_key", "pepper", "audit_seed"), "A" * 43 + "=")
    monkeypatch.setenv("STUDIO_KEYS", json.dumps(keys))
    assert cli.main(["migrate", "--data", str(tmp_path)]) == cli.REFUSED
    assert "cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["fly"], ["audit"], ["backup"], ["serve", "--port", "x"]])
def test_misuse_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_everything_in_a_folder_is_private(data: Path) -> None:
    with opened(Settings(data=data)):
        assert all(found.stat().st_mode & 0o077 == 0 for found in (data, *data.rglob("*")))


def test_a_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert cli.main(["migrate", "--data", str(tmp_path)]) == 0
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_folder_that_all_users_share_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    make_private(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


def test_the_schema_is_made_once(data: Path) -> None:
    db = Database(f"sqlite:///{data / 'studio.sqlite'}")
    with db.read() as s:
        before = s.execute(sa.text("PRAGMA schema_version")).scalar()
    assert cli.main(["migrate", "--data", str(data)]) == 0
    with db.read() as s:
        assert s.execute(sa.text("PRAGMA schema_version")).scalar() == before
    db.dispose()
