"""Moderation over HTTP; each file declares its routes on the one router."""

from __future__ import annotations

from server.moderation.routes import claims, decisions, flags, items, records, scores  # noqa: F401
from server.moderation.routes.state import router as router
