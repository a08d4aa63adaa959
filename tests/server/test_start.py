"""What a start of the embedded server loads, and what it leaves for later: counts, not seconds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from server.runtime import opened
from server.settings import Settings

ROOT = Path(__file__).parents[2]
LATER = {
    "alembic": "the schema is current",
    "dbos": "jobs begin when the first requests were answered",
    "psycopg": "the database is SQLite",
    "httpx": "nothing calls out",
    "av": "media is read by workers",
    "cv2": "media is read by workers",
    "numpy": "media is read by workers",
    "PIL": "media is read by workers",
}


@pytest.mark.crash
def test_a_start_loads_only_what_the_first_requests_need(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with opened(settings):
        pass
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "server", "serve", "--announce", "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "STUDIO_DATA": str(settings.data)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"ready"' in told.stdout
    loaded = set(re.findall(r"^import time:.*\| +([\w.]+)$", told.stderr, re.MULTILINE))
    assert {"sqlalchemy.orm", "fastapi", "server.app"} <= loaded
    assert loaded & LATER.keys() == set()


PROGRAM = """
from server.app import ROUTES
from server.kit.wire import Frozen

def below(kind):
    return {kind}.union(*map(below, kind.__subclasses__()))

print(len(ROUTES), sum("dependant" in vars(route) for route in ROUTES))
print(len(below(Frozen)), sum(kind.__pydantic_complete__ for kind in below(Frozen)))
"""


def test_a_start_works_out_no_route_and_hardly_a_wire_type() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    (routes, worked_out), (kinds, made) = (map(int, line.split()) for line in told.stdout.splitlines())
    assert routes > 50
    assert worked_out == 0
    assert kinds > 50
    assert made < kinds / 5
