"""Start-up until the first window: the splash, then the server process, then all that is slow to load."""

from __future__ import annotations

import gc
from pathlib import Path

from PySide6.QtWidgets import QApplication

from studio.collector import Collector
from studio.paths import Profile
from studio.stamps import stamp
from studio.theme import style
from studio.widgets.splash import Splash

STEPS = {"profile": 1.0, "server": 8.0, "sign-in": 2.0, "tabs": 2.0}
"""What start-up does, each with its usual share of the time."""


def launch(*, profile: Path | None, server: str | None) -> int:
    """Run the client to its end; answers the exit status."""
    qt = QApplication.instance() or QApplication(["studio"])
    assert isinstance(qt, QApplication)
    qt.setApplicationName("Creator Studio")
    qt.setDesktopFileName("creator-studio")
    style.apply(qt, "system")
    splash = Splash("Creator Studio", STEPS, version="Opening your profile")
    splash.open()
    qt.processEvents()
    stamp("splash")

    from studio.embedded import EmbeddedServer
    from studio.settings import SERVER_URL, Settings
    from studio.tasks import run

    places = (Profile(profile.resolve()) if profile else Profile.default()).create()
    settings = Settings(places.settings)

    async def main() -> int:
        embedded = EmbeddedServer(places)
        if not (server or settings.get(SERVER_URL)):
            await embedded.start_ahead()

        from studio.app import App

        gc.freeze()  # what is loaded stays: to look through it for garbage only takes time
        return await App(qt, places, splash, server=server, settings=settings, embedded=embedded).main()

    collector = Collector()
    try:
        return run(qt, main)
    finally:
        collector.stop()
