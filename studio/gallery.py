"""Every widget in every state and theme on a few pages: what designers judge and tests walk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QWidget,
)

from studio.gallery_pieces import controls_page, data_page, states_page
from studio.gallery_scores import scores_again_page, scores_evidence_page, scores_page, scores_states_page
from studio.gallery_windows import (
    PAGE,
    error_sheet,
    keys_page,
    palette_page,
    popover_page,
    queue_page,
    rail_page,
    splash,
    splash_failed,
    toasts_page,
)
from studio.theme import style

PAGES: Final[dict[str, Callable[[], QWidget]]] = {
    "queue": queue_page,
    "controls": controls_page,
    "data": data_page,
    "states": states_page,
    "scores": scores_page,
    "scores-states": scores_states_page,
    "scores-again": scores_again_page,
    "scores-evidence": scores_evidence_page,
    "rail": rail_page,
    "palette": palette_page,
    "keys": keys_page,
    "toasts": toasts_page,
    "error-sheet": error_sheet,
    "splash": splash,
    "splash-failed": splash_failed,
    "popover": popover_page,
}


def picture(page: QWidget) -> QPixmap:
    """Return what `page` looks like once laid out; its size is at least `PAGE` unless it is fixed."""
    if page.windowType() == Qt.WindowType.Window:
        page.resize(PAGE.expandedTo(page.sizeHint()))
    page.ensurePolished()
    page.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    page.show()
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    QApplication.processEvents()
    return page.grab()


def render(directory: Path, theme: style.Choice) -> list[Path]:
    """Write a PNG of every page in `theme` to `directory`; return the files.

    Raises OSError when one cannot be written.
    """
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    style.apply(app, theme, reduced_motion=True)
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for name, build in PAGES.items():
        page = build()
        file = directory / f"{name}-{theme}.png"
        if not picture(page).save(str(file)):
            raise OSError(f"cannot write {file}")
        page.close()
        page.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        files.append(file)
    return files
