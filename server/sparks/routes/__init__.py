"""The catalogue of sparks over HTTP; each file declares its routes on the one router."""

from __future__ import annotations

from server.sparks.routes import catalogue, prices  # noqa: F401
from server.sparks.routes.state import router as router
