"""A keyring in a file, so that a measured start finds its sign-in: PYTHON_KEYRING_BACKEND names it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

FILE = "STUDIO_BENCH_KEYRING"


class DeskKeyring(KeyringBackend):
    """For benchmarks only: it protects nothing."""

    priority = 5

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept."""
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it in plain text."""
        kept = self._read() | {f"{service}/{username}": password}
        Path(os.environ[FILE]).write_text(json.dumps(kept), encoding="utf-8")

    def delete_password(self, service: str, username: str) -> None:
        """Keep it no longer."""
        kept = self._read()
        kept.pop(f"{service}/{username}", None)
        Path(os.environ[FILE]).write_text(json.dumps(kept), encoding="utf-8")

    def _read(self) -> dict[str, str]:
        file = Path(os.environ[FILE])
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return found
