"""The router, and what its routes take from the application."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from fastapi import Request
from sqlalchemy import ColumnElement

from server.forensics import queries
from server.kit.db import AnySession
from server.kit.errors import NotFound
from server.kit.routing import database as database
from server.kit.routing import domain_router
from server.settings import Settings

router = domain_router("forensics")


def settings(request: Request) -> Settings:
    """The settings of this application."""
    return cast(Settings, request.app.state.settings)


def is_restricted(s: AnySession, which: ColumnElement[bool], video_id: UUID) -> bool:
    """Whether a video is of the restricted class. Raises NotFound for one that is not among `which`."""
    found = queries.video(s, which, video_id)
    if found is None:
        raise NotFound("There is no such video.")
    return bool(found.restricted_class)
