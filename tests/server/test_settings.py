"""The settings of the server: from the environment, and what is given goes before it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from server.settings import Settings


def test_each_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "STUDIO_DATA": "/srv/studio",
        "DATABASE_URL": "postgresql://db/studio",
        "STUDIO_KEYS": "{}",
        "STUDIO_LEASE_S": "90",
        "STUDIO_JOBS": "false",
        "STUDIO_DATABASE_URL": "another's",
    }.items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert read.data == Path("/srv/studio")
    assert read.database_url == "postgresql://db/studio"
    assert read.keys == SecretStr("{}")
    assert (read.lease_s, read.grace_s, read.jobs) == (90, 10, False)
    assert "{}" not in repr(read)


def test_what_is_given_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STUDIO_DATA", "/srv/studio")
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/studio")
    given = Settings(data=tmp_path, DATABASE_URL=None)
    assert (given.data, given.database_url) == (tmp_path, None)


def test_they_are_checked_and_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        Settings().lease_s = 5  # type: ignore[misc]
    monkeypatch.setenv("STUDIO_LEASE_S", "5")
    with pytest.raises(ValidationError):
        Settings()
