"""Client tests run without a screen, with the bundled fonts only, and fail on any Qt warning."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_fontconfig = Path(tempfile.mkdtemp(prefix="studio-fonts-"))
(_fontconfig / "fonts.conf").write_text(
    f"""<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{Path(__file__).parents[2] / "resources" / "fonts"}</dir>
  <cachedir>{_fontconfig}</cachedir>
</fontconfig>
""",
    encoding="utf-8",
)
os.environ.update(
    QT_QPA_PLATFORM="offscreen",
    QT_SCALE_FACTOR="1",
    FONTCONFIG_FILE=str(_fontconfig / "fonts.conf"),
)

from PySide6.QtCore import QtMsgType, qInstallMessageHandler  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from studio.theme import style  # noqa: E402

TOLERATED = ("pipewire-0.3", "pa_context_connect", "propagateSizeHints")


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application, dressed as `studio` dresses it."""
    style.apply(qapp, "dark", reduced_motion=True)
    return qapp


@pytest.fixture(autouse=True)
def no_qt_warning() -> Iterator[list[str]]:
    """Collect what Qt says during a test and fail on anything from a warning up."""
    said: list[str] = []

    def hear(kind: QtMsgType, _context: object, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and kind != QtMsgType.QtInfoMsg:
            said.append(text)

    before = qInstallMessageHandler(hear)
    yield said
    qInstallMessageHandler(before)
    loud = [text for text in said if not any(known in text for known in TOLERATED)]
    assert loud == []
