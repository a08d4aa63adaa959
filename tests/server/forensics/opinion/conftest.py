"""A provider, a key for it, and stills that need no file."""

from __future__ import annotations

import pytest

from server.forensics import pictures
from server.forensics.opinion import workflow
from server.kit.ai.anthropic_model import AnthropicModel
from server.kit.ai.breaker import Breaker
from server.kit.db import Database
from server.settings import Settings
from tests.server.forensics.lab import Lab
from tests.server.forensics.opinion.lab import STILLS, Opinions, Provider


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"anthropic_key": Settings(anthropic_key="test-key").anthropic_key})


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """What is asked instead of the real one."""
    made, breaker = Provider(), Breaker()

    def model_of(settings: Settings, key: str) -> AnthropicModel:
        assert key == "test-key"
        return AnthropicModel(
            key=key,
            model=settings.opinion_model,
            base_url="http://mock.invalid",
            transport=made.transport(),
            breaker=breaker,
        )

    monkeypatch.setattr(workflow, "model_of", model_of)
    return made


@pytest.fixture
def stills(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three stills of any video."""
    monkeypatch.setattr(pictures, "take", lambda *_, **__: STILLS)


@pytest.fixture
def opinions(db: Database, lab: Lab) -> Opinions:
    return Opinions(db, lab)
