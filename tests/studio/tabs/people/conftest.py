"""What every test of People meets."""

from __future__ import annotations

import pytest

from tests.studio.tabs.people.people_server import PeopleServer


@pytest.fixture
def server() -> PeopleServer:
    """A server with three people."""
    return PeopleServer()
