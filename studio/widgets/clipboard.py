"""What the client puts on the clipboard: the last copy counts, however long an earlier one takes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication

_stop: Callable[[], object] | None = None


def begin(stop: Callable[[], object] | None) -> None:
    """Stop the copy that is under way; the one that begins here is ended by `stop` when a newer one comes."""
    global _stop
    before, _stop = _stop, stop
    if before is not None:
        before()


def put(text: str) -> None:
    """Put `text` on the clipboard now, in place of what is still under way."""
    begin(None)
    QGuiApplication.clipboard().setText(text)


def text() -> str:
    """What is on the clipboard, as plain text; empty where it holds none."""
    return QGuiApplication.clipboard().text()
