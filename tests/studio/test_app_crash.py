"""The server is killed while a decision is under way: what was typed stays, and the decision counts once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from server.accounts.models import Person
from server.kit.access import SYSTEM
from server.moderation import service
from server.moderation.models import Decision
from server.moderation.rules import ContentType, Outcome, Source
from server.moderation.schemas import Claim
from server.runtime import opened
from server.settings import Settings as ServerSettings
from studio.app import App
from studio.paths import Profile
from studio.stage import play, until
from studio.tabs.moderation.review_bundle import note_key
from studio.tabs.moderation.tab import ModerationTab
from tests.studio.test_app import EMAIL, profile, server_pid  # noqa: F401

pytestmark = pytest.mark.crash


def test_a_decision_in_flight_and_typed_facts_outlive_the_server(
    qapp: QApplication,
    profile: Path,  # noqa: F811
) -> None:
    data = ServerSettings(data=Profile(profile).server_data)
    with opened(data) as (db, keys):
        with db.write() as s:
            service.install(s)
        for n in range(2):
            with db.write() as s:
                creator = service_person(s, keys, n)
                service.receive_flag(
                    s,
                    actor=SYSTEM,
                    content_type=ContentType.PROFILE,
                    content_id=creator,
                    policy="spam",
                    source=Source.CLASSIFIER,
                    source_ref="rules",
                    confidence_bp=9_000,
                )

    async def scene(app: App) -> None:
        context = app.context
        assert context is not None
        tab = app.window.open_tab("moderation") or app.window.current
        assert isinstance(tab, ModerationTab)
        claim = (await context.api.post("/v1/moderation/claims", json={})).model(Claim)
        tab.open_review(claim)
        page = tab._review
        await until(lambda: page.flow.bundle is not None, "the item")
        page.proceed()
        page.panel.choose_outcome(Outcome.ALLOW)
        page.panel.facts.setPlainText("seen twice")
        page.tabs.notes.field.setPlainText("half a note")
        before = server_pid(profile)
        page.panel.press_confirm()
        os.kill(before, signal.SIGKILL)  # the decision is on its way, or about to leave
        await until(
            lambda: page.flow.held is None or page.flow.held.claim != claim, "the decision to be kept"
        )
        await until(lambda: not context.outbox.entries(), "the decision to arrive")
        assert server_pid(profile) != before
        assert context.store.draft(note_key(claim.item_id)) == "half a note"

    play(qapp, profile, scene, email=EMAIL)
    with opened(data) as (db, _keys), db.read() as s:
        assert s.scalars(select(Decision.facts)).all() == ["seen twice"]


def service_person(s: object, keys: object, number: int) -> object:
    """A creator whose profile was flagged."""
    from server.accounts import service as accounts
    from server.accounts.permissions import Role

    made: Person = accounts.create_person(
        s,  # type: ignore[arg-type]
        actor=SYSTEM,
        keys=keys,  # type: ignore[arg-type]
        handle=f"creator{number}",
        name="Creator",
        email=f"creator{number}@studio.test",
        password_hash="no",
        roles=[Role.CREATOR],
    )
    return made.id
