"""Moderation over HTTP; one router per file, gathered here."""

from __future__ import annotations

from fastapi import APIRouter

from server.kit.errors import problems
from server.moderation.routes import claims, decisions, flags, items, records

router = APIRouter(
    prefix="/v1/moderation", tags=["moderation"], responses=problems(400, 401, 403, 413, 422, 503)
)
for part in (flags, claims, decisions, items, records):
    router.include_router(part.router)
