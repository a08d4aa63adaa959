"""Before anybody is signed in: the splash and the sign-in page."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.launch import STEPS
from studio.messages import Problem
from studio.scenes.camera import Camera, Strip
from studio.stage import until
from studio.widgets.splash import Splash


async def _splash(camera: Camera) -> None:
    splash = Splash("Creator Studio", STEPS, version="Opening your profile")
    splash.open()
    splash.progress("profile", 1.0)
    splash.progress("server", 0.6, "Bringing the database up to date")
    await camera.take("splash", of=splash)
    problem = Problem(
        what_happened="The server on this computer did not start.",
        what_was_kept="",
        what_to_do="It is started again by itself. If it fails again, look into log/server.log.",
    )
    splash.fail(problem, offline_possible=True)
    await camera.take("splash-failed", of=splash)
    splash.close()
    splash.deleteLater()


async def _sign_in(camera: Camera) -> None:
    page = camera.app.sign_in_page
    assert page is not None
    page.email.setText("moderator@demo.local")
    page.password.setFocus()
    await camera.take("sign-in")
    QTest.keyClicks(page.password, "not the password")
    QTest.keyClick(page.password, Qt.Key.Key_Return)
    await until(lambda: not page.button.isEnabled(), "the password to be sent")
    await until(page.button.isEnabled, "the refusal")
    await camera.take("sign-in-refused")


STRIPS: Final = (
    Strip(tab="", email=None, pictures=("splash", "splash-failed"), act=_splash),
    Strip(tab="", email=None, pictures=("sign-in", "sign-in-refused"), act=_sign_in),
)
