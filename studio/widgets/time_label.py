"""How long ago and how long left, in words and as labels that keep themselves right."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from PySide6.QtWidgets import QWidget

from studio.widgets.chip import Chip
from studio.widgets.label import Label, tooltip
from studio.widgets.ticker import Ticker

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))
SOON_SHARE: Final = 0.25
"""A deadline is called near when less than this share of its whole time is left."""


class Countdown(NamedTuple):
    """What a deadline shows: words and a chip tone."""

    text: str
    tone: str


def span(seconds: float) -> str:
    """Return a length of time in at most two units: `2 d 4 h`, `3 h 05 min`, `4 min`, `12 s`."""
    left = int(abs(seconds))
    if left < 60:
        return f"{left} s"
    days, hours, minutes = left // 86_400, left % 86_400 // 3_600, left % 3_600 // 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min"


def countdown(now: datetime, due: datetime, whole_s: float) -> Countdown:
    """Return what to show at `now` for a deadline `due` that began `whole_s` seconds before."""
    left = (due - now).total_seconds()
    if left < 0:
        return Countdown(f"{span(left)} over", "danger")
    return Countdown(f"{span(left)} left", "warning" if left < whole_s * SOON_SHARE else "neutral")


def ago(now: datetime, then: datetime) -> str:
    """Return how long before `now` something was, in one unit; `just now` within a minute."""
    passed = (now - then).total_seconds()
    for size, unit in _UNITS:
        if passed >= size:
            return f"{int(passed // size)} {unit} ago"
    return "just now"


def exact(moment: datetime) -> str:
    """Return date and time to the second in the person's own time zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


class AgoLabel(Label):
    """`4 min ago`, with the exact time as tooltip."""

    def __init__(self, then: datetime, ticker: Ticker, parent: QWidget | None = None) -> None:
        super().__init__("", "muted", parent=parent)
        self._then = then
        self.setToolTip(tooltip(exact(then)))
        self._tick(ticker.now())
        ticker.second.connect(self._tick)

    def _tick(self, now: datetime) -> None:
        text = ago(now, self._then)
        if text != self.text():
            self.setText(text)


class DeadlineChip(Chip):
    """A chip that counts down to a deadline and goes on counting over it."""

    def __init__(self, due: datetime, whole_s: float, ticker: Ticker, parent: QWidget | None = None) -> None:
        super().__init__("", "neutral", "clock", parent)
        self._due, self._whole_s = due, whole_s
        self._shown: Countdown | None = None
        self.setToolTip(tooltip(f"Due {exact(due)}"))
        self._tick(ticker.now())
        ticker.second.connect(self._tick)

    def _tick(self, now: datetime) -> None:
        shown = countdown(now, self._due, self._whole_s)
        if shown != self._shown:
            self._shown = shown
            self.set(shown.text, shown.tone, "clock")
