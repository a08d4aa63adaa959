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
from studio.scenes.camera import Camera
from studio.scenes.strips import STRIPS
from studio.stage import ThemeName, play


def shoot(
    qt: QApplication,
    profile: Path,
    directory: Path,
    *,
    theme: ThemeName,
    size: QSize,
    wanted: Collection[str] | None = None,
) -> int:
    """Take the pictures of all strips into `directory`, or only those in `wanted`.

    Answers 0, or 1 when a picture is missing or shows something cut.
    """
    strips = [s for s in STRIPS if wanted is None or any(name in wanted for name in s.pictures)]
    failed: list[str] = []
    cut: list[str] = []

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
            cut.extend(camera.faults)
            failed.extend(name for name in pictures if name not in camera.taken)
        await camera.become(None)

    # Drafts and waiting edits of an earlier run would be shown.
    shutil.rmtree(profile / "people", ignore_errors=True)
    play(qt, profile, scene, email=None, theme=theme, size=size)
    for name in failed:
        print(f"missing: {name}-{theme}", file=sys.stderr)
    for fault in dict.fromkeys(cut):
        print(f"cut: {fault}", file=sys.stderr)
    return int(bool(failed or cut))
