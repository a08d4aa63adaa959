"""Fixtures for the offline store's tests."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The client runs on asyncio only."""
    return "asyncio"
