"""Whether somebody is at the studio."""

from __future__ import annotations

import httpx
import pytest

from server.kit import attention


def test_a_request_is_somebody_and_a_quiet_minute_is_nobody(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(attention.time, "monotonic", lambda: now)
    client.get("/health")
    assert attention.somebody_is_here()
    now += attention.QUIET_S - 1
    assert attention.somebody_is_here()
    now += 1
    assert not attention.somebody_is_here()
