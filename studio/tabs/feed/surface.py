"""What lies over the picture and moves with it: words, actions, sound, and what is to be told."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from PySide6.QtCore import QEasingCurve, QObject, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from server.content.schemas import FeedItem
from studio.keys import Keymap
from studio.tabs.feed.caption import Caption
from studio.tabs.feed.column import LIKED, Column, SoundBar, Steps
from studio.tabs.feed.stage import Stage
from studio.tabs.feed.state import Opinion
from studio.theme import style
from studio.theme.icons import tinted
from studio.widgets.empty_state import EmptyState
from studio.widgets.icon_label import IconLabel
from studio.widgets.label import Label

EDGE: Final = 16
MOST_WIDE: Final = 620
BURST_MS: Final = 620
BURST: Final = 112
OFFLINE: Final = "Offline: what you have seen lately still plays."


class End(Enum):
    """Why there is no video behind the last one."""

    SEEN = auto()
    COMING = auto()
    AWAY = auto()


_ENDS: Final[dict[End, tuple[str, ...]]] = {
    End.SEEN: ("check", "You have seen everything", "What is new appears here by itself.", "Look again"),
    End.COMING: ("refresh", "More videos are on their way"),
    End.AWAY: (
        "offline",
        "No more videos on this computer",
        "The next ones come when the server is in reach again. You can go back to those that you have seen.",
        "Try again",
    ),
}


class Surface(QObject):
    """Places its parts on the stage. `wanted` carries the id of an action, `again_wanted` asks for more."""

    wanted = Signal(str)
    again_wanted = Signal()

    def __init__(self, keymap: Keymap, stage: Stage) -> None:
        super().__init__(stage)
        self.stage = stage
        self.caption = Caption(keymap, stage)
        self.column = Column(keymap, stage)
        self.sound = SoundBar(keymap, stage)
        self.steps = Steps(keymap, stage)
        self.notice = _Plate("offline", OFFLINE, stage)
        self.waiting = _Waiting(stage)
        self.burst = Burst(stage)
        self.ending = _Ending(stage)
        self.ending.acted.connect(self.again_wanted)
        self._with_item: tuple[QWidget, ...] = (self.caption, self.column, self.sound)
        for part in (*self._with_item, self.steps, self.notice, self.waiting, self.ending):
            part.hide()
        self.caption.follow_wanted.connect(lambda: self.wanted.emit("feed.follow"))
        self.caption.profile_wanted.connect(lambda: self.wanted.emit("feed.profile"))
        self.sound.muted_wanted.connect(lambda: self.wanted.emit("feed.mute"))
        for source in (self.column.wanted, self.steps.wanted):
            source.connect(self.wanted)
        stage.moved.connect(self.place)
        self._shown: tuple[object, ...] = ()

    def show_item(
        self, item: FeedItem | None, *, ways: tuple[bool, bool], notice: str, own: bool, end: End | None
    ) -> None:
        """Show what belongs to a video; None = there is none, and `end` says why not."""
        shown = item, ways, notice, own, end
        if shown != self._shown:  # most of what is told of a video changes nothing here
            self._shown = shown
            self._tell(item, ways=ways, notice=notice, own=own, end=end)
        self.stage.describe(f"{item.video.title}, by {item.video.owner.name}" if item is not None else "")
        self.place()

    def _tell(
        self, item: FeedItem | None, *, ways: tuple[bool, bool], notice: str, own: bool, end: End | None
    ) -> None:
        for part in self._with_item:
            part.setVisible(item is not None)
        self.ending.setVisible(end is not None)
        if end is not None:
            self.ending.tell(end)
        self.steps.setVisible(item is not None or end is not None)
        self.steps.tell(back=ways[0], on=ways[1])
        if item is not None:
            self.column.show_item(item)
            self.caption.show_item(item, own=own, notice=notice)

    def say_loading(self, loading: bool) -> None:
        """Whether the feed itself is on its way."""
        self.waiting.setVisible(loading)
        self.stage.loading = loading
        self.stage.update()
        self.place()

    def say_offline(self, offline: bool) -> None:
        """Whether the server is out of reach."""
        self.notice.setVisible(offline)
        self.place()

    def tell_sound(self, *, muted: bool, volume: int) -> None:
        """Show what is set."""
        self.sound.tell(muted=muted, volume=volume)
        self.place()

    def celebrate(self, opinion: Opinion) -> None:
        """A small sign that it was heard."""
        name = {Opinion.LIKE: "feed.like", Opinion.SAVE: "feed.save"}.get(opinion)
        if name is not None:
            self.column.buttons[name].pulse()
        if opinion is Opinion.LIKE:
            self.burst.fly()

    def place(self) -> None:
        """Put each part where it belongs; those of the video move with it."""
        stage, top = self.stage, round(self.stage.offset)
        picture = stage.picture_rect()
        low = min(picture.bottom(), stage.height() - EDGE)
        wide = min(picture.width() - 2 * EDGE, MOST_WIDE)
        self.caption.fit(wide)
        if stage.has_room_below(picture):
            self.caption.move(picture.left(), top + picture.bottom() + EDGE)
        else:
            self.caption.move(picture.left() + EDGE, top + picture.bottom() - EDGE - self.caption.height())
        beside = min(picture.right() + 14, stage.width() - self.column.width() - EDGE)
        # Where both stand at the right edge, it begins below the steps.
        highest = 2 * EDGE + self.steps.height()
        self.column.move(beside, top + max(highest, low - self.column.height()))
        self.sound.move(picture.left() + 12, top + picture.top() + 12)
        self.steps.move(stage.width() - self.steps.width() - EDGE, EDGE)
        self.notice.adjustSize()
        self.notice.move((stage.width() - self.notice.width()) // 2, EDGE)
        self.waiting.setGeometry(stage.rect())
        self.ending.setGeometry(stage.rect().translated(0, top))
        self.burst.move(picture.center().x() - BURST // 2, picture.center().y() - BURST // 2)
        self.steps.raise_()


class _Ending(QWidget):
    """The page behind the last video."""

    acted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("End of the feed")
        self._told: End | None = None
        self._rows = QVBoxLayout(self)

    def tell(self, end: End) -> None:
        """Say why there is no video here."""
        if end is self._told:
            return
        self._told = end
        while (before := self._rows.takeAt(0)) is not None:
            widget = before.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        state = EmptyState(*_ENDS[end])
        state.acted.connect(self.acted)
        self._rows.addWidget(state)
        state.show()


class _Plate(QFrame):
    """A line that stays for as long as it is true."""

    def __init__(self, icon: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "plate")
        self.setAccessibleName(text)
        worn = style.tokens()
        row = QHBoxLayout(self)
        row.setContentsMargins(worn.space_3, worn.space_2, worn.space_4, worn.space_2)
        row.setSpacing(worn.space_2)
        row.addWidget(IconLabel(icon, "warning"))
        row.addWidget(Label(text))


class _Waiting(QWidget):
    """The feed is on its way."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Loading the feed")
        rows = QVBoxLayout(self)
        told = Label("Loading the feed", "muted")
        told.setAlignment(Qt.AlignmentFlag.AlignCenter)
        rows.addWidget(told)


class Burst(QWidget):
    """A heart that grows and fades over the picture; nothing where motion is not wanted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(BURST, BURST)
        self._share = 0.0
        self._run = QVariantAnimation(self)
        self._run.setDuration(BURST_MS)
        self._run.setStartValue(0.0)
        self._run.setEndValue(1.0)
        self._run.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._run.valueChanged.connect(self._set_share)
        self._run.finished.connect(self.hide)
        self.hide()

    def fly(self) -> None:
        """Show it once."""
        if style.duration(BURST_MS):
            self.show()
            self.raise_()
            self._run.start()

    def _set_share(self, share: float) -> None:
        self._share = share
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(1.0 - self._share**2)
        side = round(BURST * (0.45 + 0.55 * self._share))
        at = (BURST - side) // 2
        painter.drawPixmap(at, at, tinted("heart-filled", LIKED, side, self.devicePixelRatioF()))
