"""What can be done about a video: round buttons beside the picture, over any ground."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QEasingCurve, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from server.content.schemas import FeedItem
from studio.key_hints import follow
from studio.keys import BY_ID, Keymap
from studio.tabs.feed.stage import RING
from studio.tabs.feed.state import short
from studio.theme import style
from studio.theme.icons import tinted
from studio.widgets.label import tooltip

DISC: Final = 44
WIDTH: Final = 64
INK: Final = "#ffffff"
LIKED: Final = "#ff5470"
SAVED: Final = "#ffc95c"
BEAT_MS: Final = 260


@lru_cache(maxsize=64)
def _plate(width: int, height: int, color: tuple[int, int, int, int], scale: float) -> QPixmap:
    """A ground with round ends. Drawn once: what lies on a picture is painted again with each of its frames,
    and smooth edges take longer than all the rest of that.
    """
    image = QPixmap(round(width * scale), round(height * scale))
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*color))
        painter.drawRoundedRect(0, 0, width, height, height / 2, height / 2)
    return image


class RoundButton(QAbstractButton):
    """An icon on a disc, with a word below it where there is one. Its colours suit any picture."""

    def __init__(
        self,
        icon: str,
        name: str,
        *,
        filled: str = "",
        lit: str = INK,
        labelled: bool = True,
        disc: bool = True,
    ) -> None:
        super().__init__()
        self._icon, self._filled, self._lit, self._labelled = icon, filled or icon, lit, labelled
        self._size = 1.0
        self._resting = 34 if disc else 0
        self.setCheckable(bool(filled))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setFixedSize(self.sizeHint())
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._beat = QVariantAnimation(self)
        self._beat.setDuration(BEAT_MS)
        self._beat.setKeyValueAt(0.0, 1.0)
        self._beat.setKeyValueAt(0.4, 1.32)
        self._beat.setKeyValueAt(1.0, 1.0)
        self._beat.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._beat.valueChanged.connect(self._set_size)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, DISC + 22) if self._labelled else QSize(DISC + 4, DISC + 4)

    def set_icon(self, icon: str) -> None:
        """Show another icon, as a toggle does."""
        self._icon = self._filled = icon
        self.update()

    def tell(self, text: str, *, checked: bool = False) -> None:
        """Show a count, and whether it is on."""
        self.setText(text)
        self.setChecked(checked)

    def nextCheckState(self) -> None:
        """Stay as it is: whoever acts on the click says what is so now."""

    def pulse(self) -> None:
        """Beat once, unless motion is not wanted."""
        if style.duration(BEAT_MS):
            self._beat.start()

    def _set_size(self, size: float) -> None:
        self._size = size
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)  # type: ignore[arg-type]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        disc = QRectF((self.width() - DISC) // 2, 1, DISC, DISC)
        with QPainter(self) as painter:
            light = 66 if self.underMouse() or self.isDown() else self._resting
            if light:
                ground = _plate(DISC, DISC, (255, 255, 255, light), self.devicePixelRatioF())
                painter.drawPixmap(disc.topLeft(), ground)
            side = round(22 * self._size)
            name, color = (self._filled, self._lit) if self.isChecked() else (self._icon, INK)
            at = disc.center()
            picture = tinted(name, color, side, self.devicePixelRatioF())
            painter.setOpacity(1.0 if self.isEnabled() else 0.4)
            painter.drawPixmap(round(at.x() - side / 2), round(at.y() - side / 2), picture)
            if self._labelled and self.text():
                painter.setPen(QColor(INK))
                painter.setFont(style.font("caption"))
                below = QRectF(0, DISC + 3, self.width(), 18)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.text())
            if self.hasFocus():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(RING), 2))
                painter.drawEllipse(disc)


def hinted(keymap: Keymap, button: RoundButton, action: str) -> RoundButton:
    """Give a button the name and key of its action for a tooltip, and keep it right."""
    follow(keymap, button, lambda: button.setToolTip(tooltip(keymap.tooltip(action))))
    return button


class Column(QWidget):
    """Like, comments, save, share, why, report. `wanted` carries the id of an action."""

    wanted = Signal(str)

    def __init__(self, keymap: Keymap, parent: QWidget) -> None:
        super().__init__(parent)
        self._keymap = keymap
        made = {
            "like": RoundButton("heart", "Like", filled="heart-filled", lit=LIKED),
            "comments": RoundButton("comment", "Comments"),
            "save": RoundButton("bookmark", "Save", filled="bookmark-filled", lit=SAVED),
            "share": RoundButton("link", "Copy link"),
            "why": RoundButton("help", "Why is this here?"),
            "report": RoundButton("flag", "Report"),
        }
        self.buttons = {f"feed.{name}": button for name, button in made.items()}
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(style.tokens().space_1)
        for action, button in self.buttons.items():
            rows.addWidget(hinted(keymap, button, action))
            button.clicked.connect(lambda _checked=False, name=action: self.wanted.emit(name))
        self.adjustSize()

    def lend(self, action: str, button: RoundButton, text: str) -> None:
        """Add a button of a feature that lends itself to the feed, first of all."""
        self.buttons = {action: button, **self.buttons}
        button.tell(text)
        rows = self.layout()
        assert isinstance(rows, QVBoxLayout)
        rows.insertWidget(0, hinted(self._keymap, button, action))
        button.clicked.connect(lambda _checked=False: self.wanted.emit(action))
        self.adjustSize()

    def show_item(self, item: FeedItem) -> None:
        """Show the counts of a video and what the viewer thinks of it."""
        counts, mine = item.counts, item.mine
        self._tell("like", short(counts.likes), "Liked" if mine.liked else "Like", counts.likes, mine.liked)
        self._tell("comments", short(counts.comments), "Comments", counts.comments)
        self._tell("save", short(counts.saves), "Saved" if mine.saved else "Save", counts.saves, mine.saved)
        self._tell("share", short(counts.shares), "Copy link", counts.shares)
        self._tell("why", "Why?", "Why is this here?")
        self._tell("report", "Report", "Report")

    def _tell(
        self, name: str, text: str, spoken: str, count: int | None = None, checked: bool = False
    ) -> None:
        button = self.buttons[f"feed.{name}"]
        button.tell(text, checked=checked)
        button.setAccessibleName(spoken if count is None else f"{spoken}, {count:,}")


class SoundBar(QWidget):
    """Sound on or off, and how loud; on a ground of its own, since it lies on the picture."""

    muted_wanted = Signal()
    volume_wanted = Signal(int)

    def __init__(self, keymap: Keymap, parent: QWidget) -> None:
        super().__init__(parent)
        self.button = hinted(keymap, RoundButton("mute", "Sound", labelled=False, disc=False), "feed.mute")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.slider.setFixedWidth(92)
        self.slider.setAccessibleName("Volume")
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.button)
        row.addWidget(self.slider)
        row.addStretch(1)
        self.button.clicked.connect(self.muted_wanted)
        self.slider.valueChanged.connect(self.volume_wanted)

    def tell(self, *, muted: bool, volume: int) -> None:
        """Show what is set; the slider only while there is something to be heard."""
        self.button.set_icon("mute" if muted else "volume")
        self.button.setAccessibleName("Sound is off" if muted else "Sound is on")
        self.slider.setToolTip(tooltip(f"Volume {volume} %"))
        self.slider.blockSignals(True)
        self.slider.setValue(volume)
        self.slider.blockSignals(False)
        self.slider.setVisible(not muted)
        self.setFixedSize(DISC + 4 if muted else DISC + 4 + 92 + style.tokens().space_3, DISC + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        ground = _plate(self.width(), self.height(), (12, 14, 18, 165), self.devicePixelRatioF())
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, ground)


class Steps(QWidget):
    """To the next page and back, for whoever has no wheel."""

    wanted = Signal(str)

    def __init__(self, keymap: Keymap, parent: QWidget) -> None:
        super().__init__(parent)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(style.tokens().space_1)
        self.buttons: dict[str, RoundButton] = {}
        for action, icon in (("feed.previous", "chevron-up"), ("feed.next", "chevron-down")):
            button = hinted(keymap, RoundButton(icon, BY_ID[action].text, labelled=False), action)
            button.clicked.connect(lambda _checked=False, name=action: self.wanted.emit(name))
            rows.addWidget(button)
            self.buttons[action] = button
        self.adjustSize()

    def tell(self, *, back: bool, on: bool) -> None:
        """Say which ways there are."""
        self.buttons["feed.previous"].setEnabled(back)
        self.buttons["feed.next"].setEnabled(on)
