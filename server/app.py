"""Builds the server: the only place that wires domains, handlers and background work together."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import server.content.models  # noqa: F401
from server.accounts.resolver import resolver
from server.accounts.routes import router as accounts
from server.audit.routes import router as audit
from server.kit import errors
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.events import bus
from server.settings import Settings


def create_app(settings: Settings, db: Database, keys: Keys) -> FastAPI:
    """The ASGI application over an open, migrated database. Background work starts with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stopped = threading.Event()
        delivery = threading.Thread(target=bus.run, args=(db, stopped), name="events", daemon=True)
        delivery.start()
        try:
            yield
        finally:
            stopped.set()
            bus.wake()
            delivery.join()

    app = FastAPI(title="Creator Studio", version="1", lifespan=lifespan)
    app.state.settings = settings
    app.state.db = db
    app.state.keys = keys
    app.state.resolve_actor = resolver(db, keys)
    errors.install(app)
    for router in (audit, accounts):
        app.include_router(router)
    return app
