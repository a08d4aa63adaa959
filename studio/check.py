"""`studio --check FILE`: a shift of one item without a person; `make package-check` tries a bundle by it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QApplication

from server.moderation.schemas import Claim
from studio.api.client import Api
from studio.app import App
from studio.offline.media_cache import media_path, read_into_memory
from studio.stage import StageError, play
from studio.tab import Context
from studio.video.decoder import Failed, Picture
from studio.video.index import Source
from studio.video.player import Player


def check(profile: Path, report: Path) -> int:
    """Sign in, claim what comes next, decode its first frame, give it back; answers the exit status.

    STUDIO_CHECK_EMAIL and STUDIO_CHECK_PASSWORD say as whom. `report` becomes a JSON object: who was
    signed in, the item, the frame as [width, height] with its number of shades, the frames of the video,
    the seconds since the call at which each was known, and under `failed` why it ended early.
    """
    qt = QApplication.instance() or QApplication(["studio"])
    assert isinstance(qt, QApplication)
    found: dict[str, Any] = {}
    begun = time.monotonic()

    def know(**facts: object) -> None:
        found.update(facts)
        found.setdefault("seconds", {})[next(iter(facts))] = round(time.monotonic() - begun, 2)

    async def shift(app: App) -> None:
        know(window=True)
        if app.me is None:
            await app.sign_in(os.environ["STUDIO_CHECK_EMAIL"], os.environ["STUDIO_CHECK_PASSWORD"])
        if app.me is None or app.context is None:
            raise StageError("the sign-in was refused")
        know(signed_in=app.me.handle)
        context = app.context
        answer = await context.api.post("/v1/moderation/claims", json={})
        if not answer.content:
            raise StageError("nothing waits to be claimed")
        claim = answer.model(Claim)
        know(claimed=str(claim.item_id))
        try:
            player = Player(app.window)
            picture = await _first_picture(player, await _fetched(context, claim))
            height, width = picture.pixels.shape[:2]
            know(
                frame=[width, height],
                shades=len(np.unique(picture.pixels)),
                frames=len(player.head.table) if player.head else 0,
            )
            player.close()
        finally:
            await _give_back(context.api, claim)

    try:
        play(qt, profile, shift, email=None)
    except Exception as error:
        know(failed=f"{type(error).__name__}: {error}")
    report.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 1 if "failed" in found else 0


async def _fetched(context: Context, claim: Claim) -> Source:
    video = str(claim.subject.content_id)
    head = await context.api.request("HEAD", media_path(video))
    sha256, size = (head.etag or "").strip('"'), int(head.headers["content-length"])
    if "no-store" in head.headers.get("cache-control", ""):
        return await read_into_memory(context.api, video, sha256=sha256, size=size, max_bytes=size)
    return await context.media.fetch(context.api, video, sha256=sha256, size=size, restricted=False)


async def _first_picture(player: Player, source: Source) -> Picture:
    answer: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()

    def show(picture: Picture) -> None:
        if not answer.done():
            answer.set_result(picture)

    def fail(failed: Failed) -> None:
        if not answer.done():
            answer.set_exception(StageError(failed.message))

    player.picture.connect(show)
    player.failed.connect(fail)
    player.open(source)
    return await answer


async def _give_back(api: Api, claim: Claim) -> None:
    body = {"claim_token": claim.claim_token}
    await api.post(f"/v1/moderation/items/{claim.item_id}/release", json=body)
