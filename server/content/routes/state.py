"""The router, and what its routes take from the application."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from server.content.reasons import Explain
from server.content.upload import Receiver
from server.kit.routing import database as database
from server.kit.routing import domain_router
from server.settings import Settings

router = domain_router("content")


def settings(request: Request) -> Settings:
    """The settings of this application."""
    return cast(Settings, request.app.state.settings)


def receiver(request: Request) -> Receiver:
    """What takes in files, and where they are."""
    return cast(Receiver, request.app.state.receiver)


def explain(request: Request) -> Explain:
    """Who knows why something is withheld."""
    return cast(Explain, request.app.state.explain)
