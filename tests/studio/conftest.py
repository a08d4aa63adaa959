"""Client tests run without a screen and with the bundled fonts only, dressed as in life."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_fontconfig = Path(tempfile.mkdtemp(prefix="studio-fonts-"))
atexit.register(shutil.rmtree, _fontconfig, ignore_errors=True)
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
    QT_QPA_PLATFORM="offscreen", QT_SCALE_FACTOR="1", FONTCONFIG_FILE=str(_fontconfig / "fonts.conf")
)

from PySide6.QtCore import QEvent  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from studio.theme import style  # noqa: E402


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application, dressed as `studio` dresses it."""
    style.apply(qapp, "dark", reduced_motion=True)
    return qapp


@pytest.fixture(autouse=True)
def bury_the_dead() -> Iterator[None]:
    """Delete what earlier tests left to `deleteLater`, and collect garbage on this thread alone.

    Without an event loop Qt keeps it for ever, and every change of theme dresses it too. A QObject that the
    collector meets on a decoder's thread takes the whole run down (see studio/collector.py).
    """
    gc.disable()
    yield
    gc.collect(1)
    app = QApplication.instance()
    if app is not None:
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if isinstance(app, QApplication) and not style.theme().reduced_motion:
        style.apply(app, "dark", reduced_motion=True)  # a test of the settings, say, had another one
