"""Videos, their files, comments and the feed over HTTP; each file declares its routes on the one router."""

from __future__ import annotations

from server.content.routes import comments, feed, files, videos  # noqa: F401
from server.content.routes.state import router as router
