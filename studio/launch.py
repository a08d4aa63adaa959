"""Start-up until the first window: the server process, the splash, then all that is slow to load."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from studio.paths import Profile
from studio.server_process import ServerProcess, start_ahead
from studio.settings import SERVER_URL, START, THEME, Settings

STEPS: Final = {"profile": 1.0, "server": 8.0, "sign-in": 2.0, "tabs": 2.0}
"""What start-up does, each with its share of the time as long as no start was measured here."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A start whose server process, if it needs one, loads by itself already."""

    profile: Profile
    settings: Settings
    server: str | None
    process: ServerProcess | None

    def give_up(self) -> None:
        """Let the server end again."""
        if self.process is not None:
            self.process.end()


def begin(*, profile: Path | None, server: str | None) -> Begun:
    """Open the profile and start its server, before Qt is loaded: both take their time, side by side."""
    places = (Profile(profile.resolve()) if profile else Profile.default()).create()
    settings = Settings(places.settings)
    elsewhere = server or settings.get(SERVER_URL)
    return Begun(
        profile=places,
        settings=settings,
        server=server,
        process=None if elsewhere else start_ahead(places),
    )


def steps(settings: Settings) -> dict[str, float]:
    """The share of each step, as the last start on this computer had it."""
    last = settings.get(START)
    return {step: float(max(1, last[step])) for step in STEPS} if last.keys() == STEPS.keys() else STEPS


def launch(begun: Begun) -> int:
    """Run the client to its end; answers the exit status."""
    from PySide6.QtWidgets import QApplication

    from studio.allocator import bound_memory
    from studio.stamps import stamp
    from studio.theme import style
    from studio.widgets.splash import Splash

    bound_memory()
    qt = QApplication.instance() or QApplication(["studio"])
    assert isinstance(qt, QApplication)
    qt.setApplicationName("Creator Studio")
    qt.setDesktopFileName("creator-studio")
    style.apply(qt, begun.settings.get(THEME))
    splash = Splash("Creator Studio", steps(begun.settings), version="Opening your profile")
    splash.open()
    qt.processEvents()
    stamp("splash")

    from studio.collector import Collector
    from studio.embedded import EmbeddedServer
    from studio.tasks import run

    async def main() -> int:
        from studio.app import App

        embedded = EmbeddedServer(begun.profile, ahead=begun.process)
        app = App(qt, begun.profile, splash, server=begun.server, settings=begun.settings, embedded=embedded)
        gc.freeze()  # what is loaded stays: to look through it for garbage only takes time
        return await app.main()

    collector = Collector()
    try:
        return run(qt, main)
    finally:
        collector.stop()
