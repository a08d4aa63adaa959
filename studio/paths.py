"""Where the client keeps its files: one profile directory, readable by its owner only."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Profile:
    """The directory of one profile and what lies where inside it; `create` makes it."""

    root: Path

    @classmethod
    def default(cls) -> Profile:
        """Return the profile at the place the operating system sets aside for application data."""
        return cls(_data_home() / "creator-studio")

    def create(self) -> Profile:
        """Make the directories, mode 0700. Raises OSError when that is not possible."""
        for directory in (self.root, self.logs, self.media, self.server_data):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.name == "posix":
                directory.chmod(0o700)  # it may exist since before, with another mode
        return self

    @property
    def settings(self) -> Path:
        """The settings file (JSON)."""
        return self.root / "settings.json"

    @property
    def logs(self) -> Path:
        """Directory of the client's and the embedded server's logs."""
        return self.root / "log"

    @property
    def media(self) -> Path:
        """Directory of the media cache."""
        return self.root / "media"

    @property
    def films(self) -> Path:
        """Directory of baked sparks, made when the first one is kept."""
        return self.root / "films"

    @property
    def server_data(self) -> Path:
        """Data directory of the embedded server."""
        return self.root / "server"

    def store(self, *, server_url: str, person_id: str) -> Path:
        """Return the file of drafts and waiting edits of one person on one server.

        A file for each person: nobody's edits can ever be sent under somebody else's name, and
        the next person at this desk does not see the drafts of the last.
        """
        import hashlib  # loads OpenSSL, for which no server process has to wait

        digest = hashlib.sha256(f"{server_url}\n{person_id}".encode()).hexdigest()
        return self.root / "people" / digest[:32] / "offline.sqlite"


def _data_home() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    # The XDG base directory specification says to ignore a relative path.
    configured = Path(os.environ.get("XDG_DATA_HOME", ""))
    return configured if configured.is_absolute() else Path.home() / ".local" / "share"
