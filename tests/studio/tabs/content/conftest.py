"""What every test of My videos meets."""

from __future__ import annotations

import pytest

from tests.studio.tabs.content.content_server import ContentServer


@pytest.fixture
def server() -> ContentServer:
    """A server with three videos of the one at the desk."""
    return ContentServer()
