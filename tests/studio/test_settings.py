"""Settings: typed, atomic, forgiving of damage, and faithful to what they do not know."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import settings as module
from studio.settings import (
    BLUR,
    KEYS,
    SERVER_URL,
    TABLE,
    TABS,
    THEME,
    Choice,
    Flag,
    Number,
    Record,
    ServerUrl,
    Setting,
    Settings,
    remember_window,
    remembered_window,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "settings.json"


def test_table_is_sound() -> None:
    keys = [setting.key for setting in TABLE]
    assert len(set(keys)) == len(keys)
    for setting in TABLE:
        assert setting.type.allows(setting.default)
        assert setting.doc.endswith((".", ")"))
    declared = [value for value in vars(module).values() if isinstance(value, Setting)]
    assert set(map(id, declared)) == set(map(id, TABLE))


def test_defaults_then_change_then_reload(path: Path) -> None:
    settings = Settings(path)
    assert settings.get(THEME) == "system"
    changes = settings.set(THEME, "dark")
    assert changes.touches("settings", THEME.key)
    assert not settings.set(THEME, "dark").kinds
    settings.set(TABS, {"queue": {"widths": [1, 2]}})
    settings.save()
    again = Settings(path)
    assert again.get(THEME) == "dark"
    assert again.get(TABS) == {"queue": {"widths": [1, 2]}}
    assert again.notices == []


def test_values_are_not_shared(path: Path) -> None:
    settings = Settings(path)
    mine = settings.get(KEYS)
    mine["review.allow"] = ["X"]
    assert settings.get(KEYS) == {}
    assert settings.set(KEYS, mine).kinds
    mine["review.allow"].append("Y")
    assert settings.get(KEYS) == {"review.allow": ["X"]}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (THEME, "pink"),
        (BLUR, 0),
        (BLUR, True),
        (BLUR, "80"),
        (KEYS, {"a": 1}),
        (SERVER_URL, "http://example.org"),
        (SERVER_URL, None),
        (module.MUTED, 1),
    ],
)
def test_what_is_not_allowed(path: Path, setting: Setting[Any], value: object) -> None:
    settings = Settings(path)
    with pytest.raises(ValueError, match="not allowed"):
        settings.set(setting, value)
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 1, "values": {setting.key: value}}))
    settings = Settings(path)
    assert settings.get(setting) == setting.default
    assert setting.key in settings.notices[0]


def test_unknown_keys_and_newer_version_are_kept(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 7, "values": {"future.thing": [1], THEME.key: "light"}}))
    settings = Settings(path)
    assert settings.get(THEME) == "light"
    settings.set(THEME, "dark")
    settings.save()
    kept = json.loads(path.read_text())
    assert kept == {"version": 7, "values": {"future.thing": [1], THEME.key: "dark"}}


def test_migrations_run_in_order(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 1, "values": {"a": 1}}))
    steps = {
        1: lambda values: {"b": values["a"] + 1},
        2: lambda values: {"c": values["b"] * 10},
    }
    Settings(path, version=3, migrations=steps).save()
    assert json.loads(path.read_text()) == {"version": 3, "values": {"c": 20}}


def test_new_profile_needs_no_migration(path: Path) -> None:
    settings = Settings(path, version=3, migrations={})
    settings.set(THEME, "dark")
    settings.save()
    assert json.loads(path.read_text())["version"] == 3


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"version": 1}', b'{"version": "1", "values": {}}']
)
def test_damaged_file_is_kept_aside_and_said(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    settings = Settings(path)
    assert settings.get(THEME) == "system"
    (aside,) = path.parent.iterdir()
    assert aside.read_bytes() == content
    assert str(aside) in settings.notices[0]


@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_content_opens(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_bytes(content)
    assert Settings(path).get(BLUR) == 80


def test_file_is_private_and_nothing_is_left_beside_it(path: Path) -> None:
    settings = Settings(path)
    settings.set(THEME, "dark")
    settings.save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_failed_save_leaves_the_old_file_and_can_be_repeated(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(path)
    settings.set(THEME, "dark")
    settings.save()
    settings.set(THEME, "light")

    def full(_: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="disk full"):
            settings.save()
    assert Settings(path).get(THEME) == "dark"
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]
    settings.save()
    assert Settings(path).get(THEME) == "light"


def test_nothing_changed_is_not_written(path: Path) -> None:
    Settings(path).save()
    assert not path.exists()


@given(value=st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()))
def test_types_never_raise(value: object) -> None:
    for kind in (Flag(), Number(0, 9, ""), Choice(("a",)), ServerUrl(), Record(str)):
        assert kind.allows(value) in (True, False)


def test_what_a_tab_remembers_belongs_to_the_person(path: Path) -> None:
    settings = Settings(path)
    one, other = UUID(int=1), UUID(int=2)
    old = {"moderation": {"columns": {"order": [1]}, "filter": {"text": "type:video"}}}
    settings.set(TABS, old)
    without_filter = {"moderation": {"columns": {"order": [1]}}}
    assert remembered_window(settings, one)["tabs"] == without_filter
    mine = {"moderation": {"columns": {"order": [2]}, "filter": {"text": "knife"}}}
    remember_window(settings, {"rail": "narrow", "tabs": mine}, one)
    settings.save()
    again = Settings(path)
    assert again.notices == []
    assert remembered_window(again, one) == {"rail": "narrow", "tabs": mine}
    assert remembered_window(again, other)["tabs"] == without_filter
    again.set(TABS, again.get(TABS) | {str(one): {**mine, "people": "edited by hand"}})
    assert remembered_window(again, one)["tabs"] == mine
    remember_window(again, {"rail": "wide", "tabs": mine}, None)
    assert remembered_window(again, other) == {"rail": "wide", "tabs": without_filter}
