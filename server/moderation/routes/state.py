"""The router, and what its routes take from the application."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from server.kit.routing import database as database
from server.kit.routing import domain_router
from server.settings import Settings

router = domain_router("moderation")


def settings(request: Request) -> Settings:
    """The settings of this application."""
    return cast(Settings, request.app.state.settings)
