"""The router, and what its routes take from the application."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request

from server.content.reasons import Explain
from server.content.upload import Receiver
from server.kit.db import Database
from server.kit.errors import problems
from server.kit.routing import LateRoute
from server.settings import Settings

router = APIRouter(
    prefix="/v1/content",
    tags=["content"],
    responses=problems(400, 401, 403, 413, 422, 503),
    route_class=LateRoute,
)


def database(request: Request) -> Database:
    """The open database of this application."""
    return cast(Database, request.app.state.db)


def settings(request: Request) -> Settings:
    """The settings of this application."""
    return cast(Settings, request.app.state.settings)


def receiver(request: Request) -> Receiver:
    """What takes in files, and where they are."""
    return cast(Receiver, request.app.state.receiver)


def explain(request: Request) -> Explain:
    """Who knows why something is withheld."""
    return cast(Explain, request.app.state.explain)
