"""A database and the keys it was made with belong together: neither is ever replaced in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import keyring
import keyring.backend
import keyring.errors
import pytest

from server import cli
from server.kit import crypto
from server.refused import Refused
from server.runtime import existing, opened
from server.settings import Settings


class Ring(keyring.backend.KeyringBackend):
    """A keyring as a desktop has it, which may be locked."""

    priority = 5  # type: ignore[assignment]
    kept: ClassVar[dict[tuple[str, str], str]] = {}
    locked: ClassVar[bool] = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked
        self.kept[service, username] = password


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Ring]]:
    monkeypatch.setattr(Ring, "kept", {})
    monkeypatch.setattr(Ring, "locked", False)
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    yield Ring
    keyring.set_keyring(before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def test_a_locked_keyring_is_refused_and_replaced_by_nothing(ring: type[Ring], settings: Settings) -> None:
    with opened(settings) as (_, made):
        assert made.source == "keyring"
    ring.locked = True
    for way in (opened, existing):
        with pytest.raises(Refused, match="Unlock the keyring"), way(settings):
            pass
    for command in (["doctor"], ["audit", "verify"], ["audit", "seal"]):
        assert cli.main([*command, "--data", str(settings.data)]) == cli.REFUSED
    assert not (settings.data / "keys.json").exists()
    ring.locked = False
    with opened(settings) as (_, found):
        assert found == made


def test_a_lost_keys_file_is_refused(settings: Settings) -> None:
    with opened(settings) as (_, made):
        assert made.source == "file"
    file = settings.data / "keys.json"
    text = file.read_text()
    file.unlink()
    with pytest.raises(Refused, match="cannot be found"), opened(settings):
        pass
    assert not file.exists()
    file.write_text(text)
    with opened(settings) as (_, found):
        assert found == made


def test_other_keys_are_refused(settings: Settings) -> None:
    with opened(settings):
        pass
    other = Settings(data=settings.data, keys=crypto.to_text(crypto.generate()))  # type: ignore[arg-type]
    for way in (opened, existing):
        with pytest.raises(Refused, match="not those that this database was made with"), way(other):
            pass


@pytest.mark.parametrize("text", ["", "{}", "not JSON", json.dumps({"field_key": 1})])
def test_damaged_keys_are_a_sentence(settings: Settings, text: str) -> None:
    with opened(settings):
        pass
    (settings.data / "keys.json").write_text(text)
    with pytest.raises(Refused, match="cannot be read"), opened(settings):
        pass


def test_what_only_looks_makes_nothing(settings: Settings) -> None:
    for command in (["doctor"], ["audit", "verify"], ["audit", "seal"], ["openapi"]):
        cli.main([*command, "--data", str(settings.data)])
        assert not settings.data.exists(), command
    with pytest.raises(Refused, match="There is no database"), existing(settings):
        pass


def test_a_migrated_database_gets_its_keys_at_the_first_start(settings: Settings) -> None:
    assert cli.main(["migrate", "--data", str(settings.data)]) == 0
    assert not (settings.data / "keys.json").exists()
    with pytest.raises(Refused, match="cannot be found"), existing(settings):
        pass
    with opened(settings) as (_, made), existing(settings) as (_, found):
        assert found == made
