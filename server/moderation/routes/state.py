"""What the routes take from the application."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from server.kit.db import Database
from server.settings import Settings


def database(request: Request) -> Database:
    """The open database of this application."""
    return cast(Database, request.app.state.db)


def settings(request: Request) -> Settings:
    """The settings of this application."""
    return cast(Settings, request.app.state.settings)
