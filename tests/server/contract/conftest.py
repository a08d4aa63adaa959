"""The world made once for each engine; every test gets a copy of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from server.app import create_app
from server.kit.crypto import Keys
from server.kit.db import Database
from server.settings import Settings
from tests.postgresql import Cluster
from tests.server.conftest import AppTransport
from tests.server.contract.api import Api
from tests.server.contract.world import World, make

TEMPLATE = "template_contract"


@pytest.fixture(scope="session")
def sqlite_world(
    sqlite_template: Path, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, Path]:
    """The world and its folder, with the database in it."""
    folder = tmp_path_factory.mktemp("world")
    shutil.copyfile(sqlite_template, folder / "studio.sqlite")
    db = Database(f"sqlite:///{folder / 'studio.sqlite'}")
    world = make(db, keys, folder / "media")
    db.dispose()
    return world, folder


@pytest.fixture(scope="session")
def postgresql_world(
    postgresql: Cluster, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, Path]:
    """The world and its folder; the database is the template `TEMPLATE`."""
    folder = tmp_path_factory.mktemp("world")
    postgresql.create_database(TEMPLATE, template="template_studio")
    db = Database(postgresql.url(TEMPLATE), pool_size=2)
    world = make(db, keys, folder / "media")
    db.dispose()
    return world, folder


@pytest.fixture
def api(request: pytest.FixtureRequest, keys: Keys, portal: BlockingPortal, tmp_path: Path) -> Iterator[Api]:
    """The whole application over a fresh copy of the world; SQLite unless the test asks for PostgreSQL."""
    engine = "postgresql" if "postgresql" in request.fixturenames else "sqlite"
    world, folder = request.getfixturevalue(f"{engine}_world")
    data = shutil.copytree(folder, tmp_path / "data")
    with ExitStack() as lent:
        url = f"sqlite:///{data / 'studio.sqlite'}"
        if engine == "postgresql":
            url = lent.enter_context(request.getfixturevalue("postgresql").lent(TEMPLATE))
        db = Database(url, pool_size=3)
        lent.callback(db.dispose)
        app = create_app(Settings(data=data, jobs=False, anthropic_key="a key"), db, keys)
        with httpx.Client(transport=AppTransport(app, portal), base_url="http://studio.test") as client:
            yield Api(client, world)
