"""Shoots every strip with one running client, and tells which failed."""

from __future__ import annotations

import shutil
import sys
import traceback
from collections.abc import Collection
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from studio.app import App
from studio.scenes.camera import Camera, Strip
from studio.scenes.strips import STRIPS
from studio.stage import ThemeName, play


def shoot(
    qt: QApplication,
    profile: Path,
    directory: Path,
    *,
    theme: ThemeName,
    size: QSize,
    everything: bool,
    wanted: Collection[str] | None = None,
) -> int:
    """Take the pictures of all strips into `directory`; answers 1 when one is missing, else 0.

    Not `everything`: only what is taken everywhere. `wanted` names single pictures instead.
    """
    strips = [strip for strip in STRIPS if _asked(strip, everything, wanted)]
    failed: list[str] = []

    async def scene(app: App) -> None:
        for strip in strips:
            pictures = [name for name in strip.pictures if wanted is None or name in wanted]
            camera = Camera(app, directory, theme=theme, wanted=pictures)
            try:
                await camera.clear()
                await camera.become(strip.email)
                await strip.act(camera)
            except Exception:
                traceback.print_exc()
            for file in camera.taken.values():
                print(file, flush=True)
            failed.extend(name for name in pictures if name not in camera.taken)
        await camera.become(None)

    # Drafts and waiting edits of an earlier run would be shown.
    shutil.rmtree(profile / "people", ignore_errors=True)
    play(qt, profile, scene, email=None, theme=theme, size=size)
    for name in failed:
        print(f"missing: {name}-{theme}", file=sys.stderr)
    return int(bool(failed))


def _asked(strip: Strip, everything: bool, wanted: Collection[str] | None) -> bool:
    if wanted is not None:
        return any(name in wanted for name in strip.pictures)
    return everything or strip.everywhere
