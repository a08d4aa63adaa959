"""Start-up until the first window: the splash is painted before anything slow is even imported."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication

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

    from studio.app import App
    from studio.tasks import run

    places = (Profile(profile.resolve()) if profile else Profile.default()).create()
    app = App(qt, places, splash, server=server)
    return run(qt, app.main)
