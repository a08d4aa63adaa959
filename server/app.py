"""Builds the server: the only place that wires domains, handlers and background work together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

import server.content.workflow
import server.forensics.banks.workflow
import server.forensics.opinion.workflow
import server.forensics.workflow
import server.kit.ai.usage
import server.sparks.workflow  # noqa: F401
from server.accounts import sweeps as accounts_sweeps
from server.accounts.resolver import resolver
from server.accounts.routes import router as accounts
from server.audit.routes import router as audit
from server.background import Background
from server.content import handlers as content_handlers
from server.content import sweeps as content_sweeps
from server.content.routes import router as content
from server.content.upload import Receiver
from server.forensics import handlers as forensics_handlers
from server.forensics import sweeps as forensics_sweeps
from server.forensics.banks.routes import router as banks
from server.forensics.opinion import floors
from server.forensics.opinion import handlers as opinion_handlers
from server.forensics.opinion import sweeps as opinion_sweeps
from server.forensics.routes import router as forensics
from server.kit import errors
from server.kit.bodies import Bounded
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.events import bus
from server.kit.requests import Observed
from server.kit.storage import Store
from server.kit.ticker import ticker
from server.moderation import handlers as moderation_handlers
from server.moderation import service as moderation_service
from server.moderation import sweeps as moderation_sweeps
from server.moderation.queries.severities import of_open_items
from server.moderation.queries.statements import explain
from server.moderation.routes import router as moderation
from server.ops import recurring
from server.ops.routes import router as ops
from server.settings import Settings
from server.sparks import builtin
from server.sparks import sweeps as sparks_sweeps
from server.sparks.routes import router as sparks

bus.on("accounts.person_changed", content_handlers.person_changed)
accounts_sweeps.register(ticker)
content_sweeps.register(ticker)
forensics_handlers.register(bus)
forensics_sweeps.register(ticker)
opinion_handlers.register(bus)
opinion_sweeps.register(ticker)
floors.also(of_open_items)
sparks_sweeps.register(ticker)
moderation_handlers.register(bus)
moderation_sweeps.register(ticker)
recurring.register(ticker)

_ROUTERS = (audit, accounts, content, forensics, banks, sparks, moderation, ops)
ROUTES = [route for router in _ROUTERS for route in router.routes]
"""As they were declared: `include_router` would work each of them out once more for every app."""


def create_app(settings: Settings, db: Database, keys: Keys) -> FastAPI:
    """The ASGI application over an open, migrated database. Background work starts with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with db.write() as s:
            moderation_service.install(s)
            builtin.install(s)
        background = Background(settings, db, keys)
        background.start()
        try:
            yield
        finally:
            await run_in_threadpool(background.stop)

    # What the API looks like is printed by `python -m server openapi`; strangers are told nothing.
    app = FastAPI(title="Creator Studio", version="1", lifespan=lifespan, openapi_url=None, routes=ROUTES)
    app.state.settings = settings
    app.state.db = db
    app.state.keys = keys
    app.state.explain = explain
    app.state.receiver = Receiver(Store(settings.media))
    app.state.resolve_actor = resolver(db, keys)
    app.state.peek_actor = resolver(db, keys, in_use=False)
    errors.install(app)
    app.add_middleware(Bounded)
    app.add_middleware(Observed)
    return app
