"""Writes the hash of the engine of sparks into its version.py (`make gates`; a test fails where it is old).

python scripts/spark_engine.py
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

ENGINE = Path(__file__).parents[1] / "server/sparks/engine"
VERSION = ENGINE / "version.py"


def digest(folder: Path = ENGINE) -> str:
    """SHA-256 of all sources but the one that says it, by their names; the same with any line ends."""
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*.py"), key=lambda file: file.relative_to(folder).as_posix()):
        name = file.relative_to(folder).as_posix()
        if name != VERSION.name:
            text = file.read_text(encoding="utf-8").encode()
            found.update(f"{name} {len(text)}\n".encode() + text)
    return found.hexdigest()


def version() -> str:
    """The text of version.py."""
    return f'''"""Which engine it is: for whoever keeps what it has made, without loading it."""

from __future__ import annotations

from typing import Final

ENGINE: Final = "{digest()}"
"""The hash of its sources, by `make gates`: what another has made is made anew, and judged anew."""
'''


if __name__ == "__main__":
    VERSION.write_text(version(), encoding="utf-8")
    sys.exit(0)
