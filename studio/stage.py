"""Plays scenes with the whole client, without a person: for screenshots and for the story tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from studio.app import App
from studio.launch import STEPS
from studio.paths import Profile
from studio.settings import REDUCED_MOTION, SIGN_IN, TABS, THEME, TOLD_SESSION_ONLY, WINDOW, Settings
from studio.tasks import run
from studio.theme import style
from studio.widgets.splash import Splash

ThemeName = Literal["dark", "light", "contrast"]
Scene = Callable[[App], Awaitable[None]]
PASSWORD = "demo-demo-demo"  # noqa: S105 - of the demo accounts
PATIENCE_S = 60.0


class StageError(Exception):
    """A scene waited in vain."""


async def until(condition: Callable[[], object], what: str, *, seconds: float = PATIENCE_S) -> None:
    """Wait until `condition` holds. Raises StageError naming `what` after `seconds`."""
    loop = asyncio.get_running_loop()
    last = loop.time() + seconds
    while not condition():
        if loop.time() > last:
            raise StageError(f"waited in vain for: {what}")
        await asyncio.sleep(0.01)


def play(
    qt: QApplication,
    profile: Path,
    scene: Scene,
    *,
    email: str | None,
    theme: ThemeName = "dark",
    size: QSize | None = None,
    reduced_motion: bool = True,
) -> None:
    """Start the client on `profile`, sign in as `email` (None: leave that to the scene), play, quit.

    What the scene raises is raised here, after the client has closed in good order.
    """
    places = Profile(profile).create()
    _dress(places, theme, reduced_motion=reduced_motion)
    style.apply(qt, theme, reduced_motion=reduced_motion)
    splash = Splash("Creator Studio", STEPS, version="Opening your profile")
    splash.open()
    app = App(qt, places, splash, server=None)
    failed: list[BaseException] = []

    async def act() -> None:
        try:
            await until(lambda: app.started, "the window")
            if size is not None:
                app.window.resize(size)
            if email is not None:
                if app.me is not None and app.email != email:
                    await app.sign_out()
                if app.me is None:
                    await app.sign_in(email, PASSWORD)
                await until(lambda: app.me is not None, f"{email} to be signed in")
            await scene(app)
        except BaseException as error:
            failed.append(error)
        finally:
            app.quit()

    async def main() -> int:
        acting = asyncio.ensure_future(act())
        status = await app.main()
        await acting
        return status

    run(qt, main)
    if failed:
        raise failed[0]


def _dress(places: Profile, theme: ThemeName, *, reduced_motion: bool) -> None:
    settings = Settings(places.settings)
    settings.set(THEME, theme)
    settings.set(REDUCED_MOTION, reduced_motion)
    settings.set(WINDOW, {})
    settings.set(TABS, {})
    settings.set(SIGN_IN, settings.get(SIGN_IN) | {TOLD_SESSION_ONLY: "yes"})
    settings.save()
