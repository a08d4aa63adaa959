"""`studio screenshots`: every tab and state of the client, taken from a standing demo without a display."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from studio import demo_data
from studio.demo_data import DEMO
from studio.stage import ThemeName

THEMES: Final[tuple[ThemeName, ...]] = get_args(ThemeName)


@dataclass(frozen=True, kw_only=True)
class Series:
    """One pass over the scenes; sizes of the window in px before scaling."""

    folder: str
    width: int
    height: int
    scale: float = 1.0


SERIES: Final = {
    "full": Series(folder="", width=1440, height=900),
    "small": Series(folder="1280x800", width=1280, height=800),
    "large": Series(folder="150-percent", width=1280, height=720, scale=1.5),
    "tour": Series(folder="", width=1280, height=800),
}
TOUR: Final[dict[ThemeName, tuple[str, ...]]] = {
    "dark": (
        "queue",
        "queue-why",
        "queue-palette",
        "queue-account",
        "review-covered",
        "review",
        "review-revealed",
        "review-ready",
        "review-decided",
        "review-offline",
        "audit-verified",
        "feed",
        "feed-comments",
        "sparks",
        "content-edit",
        "content-uploading",
    ),
    "light": ("people", "sign-in"),
    "contrast": ("ops",),
}
"""The pictures of docs/tour.md."""


def render(directory: Path, theme: ThemeName | None, *, tour: bool = False) -> int:
    """Write the pictures of every theme, or of `theme`, to `directory`; answers the exit status.

    A scene that fails, and text that is cut in a picture, are told on the standard error and in the status;
    a failed scene costs its own pictures only. `tour` takes the pictures of the tour instead, in the themes
    it shows.
    """
    if status := demo_data.ensure():
        return status
    themes = (theme,) if theme else THEMES
    if tour:
        passes = [("tour", each) for each in themes]
    else:
        # How much room there is does not depend on the colours: once is enough.
        passes = [("full", each) for each in themes] + [("small", themes[0]), ("large", themes[0])]
    # A process each: Qt takes the scale only at its start, and a crash costs one pass.
    return max(_pass(name, each, directory) for name, each in passes)


def _pass(name: str, theme: ThemeName, directory: Path) -> int:
    series = SERIES[name]
    screen = {"name": "demo", "x": 0, "y": 0, "width": 2560, "height": 1600, "logicalDpi": 96, "dpr": 1}
    (DEMO / "screen.json").write_text(json.dumps({"screens": [screen]}), encoding="utf-8")
    # The screen that Qt invents is too small for the window: dialogs and menus would stand elsewhere.
    platform = f"offscreen:configfile={DEMO / 'screen.json'}"
    environment = os.environ | {"QT_QPA_PLATFORM": platform, "QT_SCALE_FACTOR": str(series.scale)}
    command = [sys.executable, "-m", "studio.screenshots", name, theme, str(directory / series.folder)]
    return min(1, abs(subprocess.run(command, check=False, env=environment).returncode))


def take(name: str, theme: ThemeName, directory: Path) -> int:
    """Take the pictures of one series in one theme in this process; answers the exit status."""
    from PySide6.QtCore import QSize
    from PySide6.QtWidgets import QApplication

    from studio.scenes.shooting import shoot

    series = SERIES[name]
    directory.mkdir(parents=True, exist_ok=True)
    wanted: Sequence[str] | None = TOUR[theme] if name == "tour" else None
    qt = QApplication.instance() or QApplication(["studio"])
    assert isinstance(qt, QApplication)
    return shoot(
        qt,
        DEMO.resolve(),
        directory,
        theme=theme,
        size=QSize(series.width, series.height),
        wanted=wanted,
    )


if __name__ == "__main__":
    sys.exit(take(sys.argv[1], sys.argv[2], Path(sys.argv[3])))  # type: ignore[arg-type]
