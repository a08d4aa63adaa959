"""Banks over made-up videos."""

from __future__ import annotations

import pytest

from server.forensics.banks import library
from server.kit.db import Database
from tests.server.forensics.banks.bench import Bench
from tests.server.forensics.lab import Lab


@pytest.fixture
def bench(db: Database, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(library, "_open", {})
    return Bench(db, lab)
