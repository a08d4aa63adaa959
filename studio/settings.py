"""The one table of settings, and the file they are kept in."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from studio.offline.changes import Changes

T = TypeVar("T")

KIND = "settings"  # in Changes
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VERSION = 1
MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From version n to n + 1: a function of all values."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A switch: bool."""

    def allows(self, value: object) -> bool:
        """True for a bool."""
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `low` to `high`, in `unit`."""

    low: int
    high: int
    unit: str

    def allows(self, value: object) -> bool:
        """True for an int in the range."""
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    options: tuple[str, ...]

    def allows(self, value: object) -> bool:
        """True for one of the options."""
        return value in self.options


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """A server's address, or empty."""

    def allows(self, value: object) -> bool:
        """True for an address the sign-in token may be sent to, and for an empty text."""
        if not isinstance(value, str):
            return False
        if not value:
            return True
        from studio.api.client import checked_url  # the start reads settings before it loads any of this

        try:
            return bool(checked_url(value))
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Record:
    """A JSON object whose members the program looks after; `values` is the type of each."""

    values: type

    def allows(self, value: object) -> bool:
        """True for an object with members of the right type."""
        return isinstance(value, dict) and all(isinstance(v, self.values) for v in value.values())


Type = Flag | Number | Choice | ServerUrl | Record


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting. `page` is its page in the settings dialog; without one it is kept silently.

    `label` is what it is called there, where its key does not say it.
    """

    key: str
    type: Type
    default: T
    doc: str
    page: str = ""
    label: str = ""


THEME: Setting[Literal["system", "dark", "light", "contrast"]] = Setting(
    "appearance.theme",
    Choice(("system", "dark", "light", "contrast")),
    "system",
    "Colours: those of the system, dark, light, or highest contrast.",
    "Appearance",
)
REDUCED_MOTION = Setting(
    "appearance.reduced_motion",
    Flag(),
    False,
    "Show changes at once instead of animating them.",
    "Appearance",
)
BLUR = Setting(
    "review.blur", Number(20, 100, "%"), 80, "How strongly media is blurred until you reveal it.", "Review"
)
GREYSCALE = Setting("review.greyscale", Flag(), True, "Show media in shades of grey at first.", "Review")
MUTED = Setting("review.muted", Flag(), True, "Start every video without sound.", "Review")
COVER: Setting[Literal["never", "low", "medium", "high", "critical"]] = Setting(
    "review.cover",
    Choice(("never", "low", "medium", "high", "critical")),
    "high",
    "Cover items of this severity and above with a warning until you go on.",
    "Review",
)
FEED_MUTED = Setting("feed.muted", Flag(), True, "Play the feed without sound.", "Feed", "Muted")
FEED_VOLUME = Setting("feed.volume", Number(0, 100, "%"), 80, "How loud the feed plays.", "Feed", "Volume")
KEYS: Setting[dict[str, list[str]]] = Setting(
    "keys.remapped", Record(list), {}, "Your own keys: action to key sequences."
)
SERVER_URL = Setting(
    "server.url",
    ServerUrl(),
    "",
    "Address of the server. Empty: this computer runs its own.",
    "Connection",
    "Server",
)
MEDIA_CACHE_MB = Setting(
    "storage.media_cache_mb",
    Number(256, 65_536, "MB"),
    2_048,
    "Most space that videos under review may take on this computer.",
    "Storage",
    "Cache of videos",
)
WINDOW: Setting[dict[str, str]] = Setting(
    "window.state", Record(str), {}, "Place and layout of the window, as Qt saves them (base64)."
)
TABS: Setting[dict[str, dict[str, Any]]] = Setting(
    "tabs.state",
    Record(dict),
    {},
    "What each tab wants to find again, by person: widths, filters, splitters.",
)
SIGN_IN: Setting[dict[str, str]] = Setting(
    "sign_in.last", Record(str), {}, "The last e-mail address per server, and the id of this installation."
)
TOLD_SESSION_ONLY = "told:session_only"
"""Among the values of SIGN_IN: that nothing here keeps a sign-in has been said once."""
START: Setting[dict[str, int]] = Setting(
    "start.steps_ms", Record(int), {}, "How long each step of the last start took, in milliseconds."
)
FILTERS: Setting[dict[str, list[dict[str, Any]]]] = Setting(
    "filters.saved", Record(list), {}, "Saved filters of each list."
)

TABLE: tuple[Setting[Any], ...] = (
    THEME,
    REDUCED_MOTION,
    BLUR,
    GREYSCALE,
    MUTED,
    COVER,
    FEED_MUTED,
    FEED_VOLUME,
    KEYS,
    SERVER_URL,
    MEDIA_CACHE_MB,
    WINDOW,
    TABS,
    SIGN_IN,
    START,
    FILTERS,
)


class Settings:
    """The values of the settings, read from `path` when made, written by `save`.

    Keys this version does not know are kept. A file that cannot be read is renamed, and a value
    that is not allowed is replaced by the default until it is set; `notices` says both in words
    for the person. Usable from any thread. Raises OSError when the file exists but is out of reach.
    """

    def __init__(
        self,
        path: Path,
        *,
        version: int = VERSION,
        migrations: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = MIGRATIONS,
    ) -> None:
        self.notices: list[str] = []
        self._path = path
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._dirty = False
        found, self._values = self._load(version)
        for step in range(found, version):
            self._values = migrations[step](self._values)
            self._dirty = True
        self._version = max(found, version)
        self._say_what_is_not_allowed()

    def get(self, setting: Setting[T]) -> T:
        """Return the value of a setting, or its default."""
        with self._lock:
            value = self._values.get(setting.key, setting.default)
            return deepcopy(value if setting.type.allows(value) else setting.default)

    def set(self, setting: Setting[T], value: T) -> Changes:
        """Change a setting for this run and return the Changes to broadcast; `save` keeps it.

        Raises ValueError when the value is not allowed.
        """
        if not setting.type.allows(value):
            raise ValueError(f"{setting.key}: {value!r} is not allowed")
        with self._lock:
            if self._values.get(setting.key, setting.default) == value:
                return Changes()
            self._values[setting.key] = deepcopy(value)
            self._dirty = True
        return Changes(kinds=frozenset({KIND}), ids=frozenset({setting.key}), origin=KIND)

    def save(self) -> None:
        """Write the file if anything changed, wholly or not at all; blocks for the disk.

        Raises OSError; the values then still wait to be saved.
        """
        with self._writing:
            with self._lock:
                if not self._dirty:
                    return
                document = {"version": self._version, "values": self._values}
                text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
                self._dirty = False
            try:
                _replace(self._path, text)
            except OSError:
                with self._lock:
                    self._dirty = True
                raise

    def _load(self, current: int) -> tuple[int, dict[str, Any]]:
        try:
            document = json.loads(self._path.read_bytes())
            version, values = document["version"], document["values"]
            if not isinstance(version, int) or not isinstance(values, dict):
                raise TypeError("wrong shape")
        except FileNotFoundError:
            return current, {}
        except (ValueError, TypeError, KeyError):
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
            aside = self._path.with_name(f"{self._path.name}.damaged-{stamp}")
            self._path.replace(aside)
            self.notices.append(
                "The settings could not be read and are back to their defaults."
                f" The old file is kept: {aside}"
            )
            return current, {}
        return version, values

    def _say_what_is_not_allowed(self) -> None:
        for setting in TABLE:
            if setting.key in self._values and not setting.type.allows(self._values[setting.key]):
                self.notices.append(
                    f"The setting “{setting.key}” had a value that is not allowed; its default is used."
                )


def _replace(path: Path, text: str) -> None:
    """Write a file so that after a crash either the old or the new content is there, mode 0600."""
    from tempfile import NamedTemporaryFile  # with all of shutil, which the start does not wait for

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    if os.name == "posix":  # the new name is only on the disk when the directory is
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def remember_window(settings: Settings, state: dict[str, Any], person: UUID | None) -> None:
    """Keep what `MainWindow.save_state` told; of the tabs only what `person` left in them."""
    tabs = state.pop("tabs")
    if person is not None:
        settings.set(TABS, settings.get(TABS) | {str(person): tabs})
    settings.set(WINDOW, {key: str(value) for key, value in state.items()})


def remembered_window(settings: Settings, person: UUID) -> dict[str, Any]:
    """What `remember_window` kept: a person finds their own filters, and nobody else's."""
    kept = settings.get(TABS)
    tabs = kept.get(str(person), _before_persons(kept))
    borne = {tab: state for tab, state in tabs.items() if isinstance(state, dict)}
    window = settings.get(WINDOW)
    return {**window, "tabs": borne}


def _before_persons(kept: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What earlier versions kept by tab alone: without the filter, which may be anybody's."""
    return {
        tab: {name: value for name, value in state.items() if name != "filter"}
        for tab, state in kept.items()
        if not _ID.fullmatch(tab)
    }
