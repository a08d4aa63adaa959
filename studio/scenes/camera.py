"""What the screenshots are made of: strips of pictures, and the camera that takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from studio.app import App
from studio.scenes import clipping
from studio.stage import PASSWORD, StageError
from studio.tab import Context, Tab
from studio.theme import style
from studio.widgets.overlay import Overlay
from studio.widgets.painting import shadow

LOOK_S: Final = 0.06
LOOKS: Final = 16
"""So often the camera looks for two equal pictures in a row; a running countdown never gives them."""
BEST_COMPRESSION: Final = 0

T = TypeVar("T", bound=Tab)


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Pictures that are taken in one go, since each state follows from the one before.

    `tab` is the id of the tab they show, empty for what lies around the tabs; `email` who is signed in,
    None for nobody.
    """

    tab: str
    email: str | None
    pictures: tuple[str, ...]
    act: Callable[[Camera], Awaitable[None]]


class Camera:
    """Takes pictures of one running client into `directory`, those in `wanted` alone."""

    def __init__(self, app: App, directory: Path, *, theme: str, wanted: Iterable[str]) -> None:
        self.app = app
        self.taken: dict[str, Path] = {}
        self.faults: list[str] = []
        self._directory, self._theme, self._wanted = directory, theme, frozenset(wanted)

    @property
    def context(self) -> Context:
        """What the tabs of the signed-in person work with."""
        assert self.app.context is not None
        return self.app.context

    def tab(self, kind: type[T]) -> T:
        """Open a tab and return it."""
        self.app.window.open_tab(kind.id)
        shown = self.app.window.current
        assert isinstance(shown, kind)
        return shown

    async def become(self, email: str | None) -> None:
        """Sign in as `email`; None signs out."""
        now = self.app.email if self.app.me is not None else None
        if email == now:
            return
        if now is not None:
            await self.app.sign_out()
        if email is not None:
            await self.app.sign_in(email, PASSWORD)
            if self.app.me is None:
                raise StageError(f"{email} could not sign in")

    async def clear(self) -> None:
        """Close what lies over the window."""
        for dialog in [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog)]:
            dialog.close()
        for overlay in self.app.window.findChildren(Overlay):
            if overlay.isVisible():
                overlay.close_now()
        self.app.window.host.toasts.clear()
        self.app.window.activateWindow()
        await asyncio.sleep(0)

    async def take(self, name: str, *, of: QWidget | None = None, away: bool = False) -> None:
        """Take the picture `name` when it is still: of the window with all that lies over it, or of `of`.

        `away` = what it shows is a server out of reach, so the status line says so, too.
        Raises OSError when it cannot be written.
        """
        if name not in self._wanted:
            return

        status = self.app.window.status
        if away:
            status.set_connection("offline")

        def look() -> QImage:
            return of.grab().toImage() if of else _whole(self.app.window)

        before, now = QImage(), look()
        for _ in range(LOOKS):
            if now == before:
                break
            await asyncio.sleep(LOOK_S)
            before, now = now, look()
        if of is None:
            self.faults += [f"{name}: {fault}" for fault in clipping.faults(self.app.window)]
        file = self._directory / f"{name}-{self._theme}.png"
        # Without the alpha channel, which only the round corners of the splash need.
        opaque = now if of else now.convertToFormat(QImage.Format.Format_RGB888)
        if not opaque.save(str(file), "PNG", BEST_COMPRESSION):  # type: ignore[call-overload]
            raise OSError(f"cannot write {file}")
        self.taken[name] = file
        if away:
            status.set_connection("online")


def _whole(window: QWidget) -> QImage:
    """Return what a person sees: `window` and the dialogs and menus that stand over it."""
    picture = window.grab().toImage()
    painter = QPainter(picture)
    for over in QApplication.topLevelWidgets():
        if over is window or not over.isVisible():
            continue
        at = over.mapToGlobal(QPoint()) - window.mapToGlobal(QPoint())
        frame = QRectF(at, over.size())
        shadow(painter, frame, 0)
        painter.drawPixmap(at, over.grab())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(style.tokens().border), 1))
        painter.drawRect(frame)
    painter.end()
    return picture
