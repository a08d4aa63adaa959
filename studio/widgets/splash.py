"""The first window: what start-up is doing, how far it is, and a way on when it fails."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtSvgWidgets import QSvgWidget
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

import resources
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.label import Label
from studio.widgets.painting import fill_rounded

if TYPE_CHECKING:
    from studio.messages import Problem  # with all of logging, which no splash needs

_SIZE: Final = QSize(460, 300)
FADE_MS: Final = 180


class Splash(QWidget):
    """Progress is the weighted share of the steps that are really done; it never runs back."""

    retried = Signal()
    continued_offline = Signal()
    left = Signal()

    def __init__(self, title: str, steps: Mapping[str, float], *, version: str = "") -> None:
        """`steps` gives each step's share of the usual start-up time, in any unit.

        Raises ValueError when there is no step, or one without a positive weight.
        """
        super().__init__(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Window)
        if not steps or min(steps.values()) <= 0:
            raise ValueError("every step needs a positive weight")
        self._weights = dict(steps)
        self._done = dict.fromkeys(steps, 0.0)
        self._ended: dict[str, float] = {}
        self._began = time.monotonic()
        self._failed = False
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setFixedSize(_SIZE)
        self.setWindowTitle(title)
        self.setAccessibleName(f"{title} is starting")
        self._lay_out(title, version)
        self._glide = QVariantAnimation(self)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(lambda value: self._bar.set_fraction(float(value)))

    def _lay_out(self, title: str, version: str) -> None:
        worn = style.tokens()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(36, 36, 36, 28)
        layout.setSpacing(worn.space_2)
        mark = QSvgWidget(str(resources.path("brand.svg")))
        mark.setFixedSize(56, 56)
        layout.addWidget(mark)
        layout.addSpacing(worn.space_2)
        layout.addWidget(Label(title, "display"))
        self._version = Label(version, "faint")
        layout.addWidget(self._version)
        layout.addStretch(1)
        self._step = Label("Starting", "muted", wrap=True)
        layout.addWidget(self._step)
        self._bar = _Bar()
        layout.addWidget(self._bar)
        self._ways = QWidget()
        row = QHBoxLayout(self._ways)
        row.setContentsMargins(0, 0, 0, 0)
        self._offline = Button("Continue offline", kind="primary")
        retry, leave = Button("Try again"), Button("Quit", kind="quiet")
        self._offline.clicked.connect(self.continued_offline)
        retry.clicked.connect(self.retried)
        leave.clicked.connect(self.left)
        for button in (self._offline, retry):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(leave)
        layout.addWidget(self._ways)
        self._ways.hide()

    def progress(self, step: str, fraction: float, text: str = "") -> None:
        """Report that `step` is done to `fraction` (0..1); raises KeyError for an unknown step."""
        self._done[step] = max(self._done[step], min(1.0, fraction))
        if self._done[step] == 1.0:
            self._ended.setdefault(step, time.monotonic())
        self._step.setText(text or step)
        self._step.set_tone("muted")
        self._bar.show()
        self._ways.hide()
        goal = self.fraction()
        self._bar.setAccessibleName(f"{round(goal * 100)} % started")
        self._glide.stop()
        self._glide.setDuration(style.duration(style.tokens().duration_slow_ms))
        self._glide.setStartValue(self._bar.fraction)
        self._glide.setEndValue(goal)
        self._glide.start()

    def fraction(self) -> float:
        """Return how much of start-up is done, 0..1."""
        whole = sum(self._weights.values())
        return sum(weight * self._done[step] for step, weight in self._weights.items()) / whole

    def took_ms(self) -> dict[str, int]:
        """How long each step took that is done, from the end of the one before it; 1 ms at least.

        Nothing of a start that failed: how long a person read what went wrong says nothing about the next.
        """
        if self._failed:
            return {}
        took, before = {}, self._began
        for step, ended in sorted(self._ended.items(), key=lambda each: each[1]):
            took[step] = max(1, round((ended - before) * 1_000))
            before = ended
        return took

    def fail(self, problem: Problem, *, offline_possible: bool) -> None:
        """Say what went wrong and offer the ways on."""
        self._failed = True
        self._step.setText(f"{problem.what_happened} {problem.what_to_do}")
        self._step.set_tone("danger")
        self._bar.hide()
        self._offline.setVisible(offline_possible)
        self._ways.show()
        (self._offline if offline_possible else self._ways.findChildren(Button)[1]).setFocus()

    def open(self) -> None:
        """Show in the middle of the screen."""
        screen = QGuiApplication.primaryScreen().availableGeometry()
        self.move(screen.center() - self.rect().center())
        self.show()

    def give_way(self) -> None:
        """Fade into the window that is shown below it; at once where motion is not wanted."""
        fade = style.duration(FADE_MS)
        if not fade:
            self.close()
            return
        self.raise_()
        self._fade = QPropertyAnimation(self, b"windowOpacity", self)
        self._fade.setDuration(fade)
        self._fade.setEndValue(0.0)
        self._fade.finished.connect(self.close)
        self._fade.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._ways.isVisible():
            self.left.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = style.tokens()
        painter.setBrush(QColor(worn.surface))
        painter.setPen(QPen(QColor(worn.border), 1))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 16, 16)


class _Bar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.fraction = 0.0
        self.setFixedHeight(6)

    def set_fraction(self, fraction: float) -> None:
        self.fraction = fraction
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill_rounded(painter, self.rect().toRectF(), "raised", 3)
        if self.fraction > 0:
            fill_rounded(painter, QRectF(0, 0, max(6.0, self.width() * self.fraction), 6), "accent", 3)
