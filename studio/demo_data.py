"""The demo that is rendered: seeded once, made anew when it is too old or this program has moved on."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from studio.paths import Profile

DEMO: Final = Path("var/screenshots")
"""The profile that is rendered; its server's folder is seeded when it is not there."""
FRESH_S: Final = 12 * 3600
"""An older demo is made anew: every clock of its queue has run out."""
MADE: Final = "made"
"""Beside the folder of the server: which schema the demo was made with, and, by its date, when."""
_MIGRATIONS: Final = Path(__file__).parents[1] / "server/migrations/versions"


def ensure() -> int:
    """Have a demo at `DEMO` that can be rendered; answers the exit status."""
    root = DEMO.resolve()
    if not is_fresh(root, time.time()):
        shutil.rmtree(root, ignore_errors=True)
    profile = Profile(root).create()
    command = [sys.executable, "-m", "server", "seed-demo", "--data", str(profile.server_data)]
    status = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
    if status == 0 and not (root / MADE).exists():
        stamp(root)
    return status


def adopt(just_seeded: Path) -> None:
    """Take over what has just been seeded, unless there is a demo; seeding another would take minutes."""
    root = DEMO.resolve()
    # A keyring knows the keys by the folder: a copy of it would be a database without any.
    if not root.exists() and (just_seeded / "keys.json").exists():
        shutil.copytree(just_seeded, Profile(root).server_data)
        stamp(root)


def stamp(root: Path) -> None:
    """Note that the demo at `root` was made now, with this schema."""
    (root / MADE).write_text(_schema(), encoding="ascii")


def is_fresh(root: Path, now: float) -> bool:
    """Whether the demo at `root` was made lately and with this schema; `now` in seconds since 1970."""
    made = root / MADE
    return made.exists() and made.read_text("ascii") == _schema() and now - made.stat().st_mtime <= FRESH_S


def _schema() -> str:
    """The revision would not do: before a release, the schema changes inside one."""
    found = hashlib.sha256()
    for file in sorted(_MIGRATIONS.glob("*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()
