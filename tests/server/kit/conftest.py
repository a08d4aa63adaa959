"""A log as the server writes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.kit import logs


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    """The file that everything is logged to, by whomever, while the test runs."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure(tmp_path / "log")
    yield tmp_path / "log" / "server.jsonl"
    for handler in set(root.handlers) - set(before):
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)
