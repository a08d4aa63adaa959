"""A panel of another feature beside a review: it hears of the item, seeks, and draws on the time bar."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from studio.tabs.moderation.review_state import Phase
from studio.video.panel import ReviewPlayer
from studio.video.playhead import Lane, Range, Region
from studio.widgets.panel import Subject
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import world_of
from tests.studio.tabs.moderation.review_world import Reviewer

LANES = (Lane("Face", (Range(1_000, 1_500, "Face", 8_000),)),)


class Lent(QWidget):
    """Remembers what it was told."""

    seek_wanted = Signal(int)
    lanes_changed = Signal(object)
    regions_changed = Signal(object)
    blank_wanted = Signal()
    title = "Scores"
    icon = "shield"

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[Subject | None] = []
        self.watched: list[ReviewPlayer] = []

    def widget(self) -> QWidget:
        return self

    def watch(self, player: ReviewPlayer) -> None:
        self.watched.append(player)

    def show_subject(self, subject: Subject | None) -> None:
        self.subjects.append(subject)


def lanes(me: Reviewer) -> list[str]:
    head = me.page.content.player.player.head
    return [lane.name for lane in head.lanes] if head is not None else []


def test_a_panel_blanks_the_whole_screen(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        lent = Lent()
        me.page.lend(lent)
        await me.open()
        lent.blank_wanted.emit()
        assert me.page.on_break

    review(world_of(clip), story)


def test_the_panel_follows_the_item_and_is_a_tab_of_its_own(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        lent = Lent()
        me.page.lend(lent)
        await me.open()
        row = next(iter(me.world.items.values()))
        assert lent.subjects[-1] == Subject("video", row.content_id)
        tabs = me.page.tabs
        assert [tabs.tabText(n).split()[0] for n in range(3)] == ["Flags", "Scores", "Creator"]
        QTest.keyClick(me.page, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
        assert tabs.currentWidget() is lent
        tabs.setCurrentWidget(tabs.flags)
        me.press(Qt.Key.Key_T)
        assert tabs.currentWidget() is lent
        assert "Text" not in [tabs.tabText(n) for n in range(tabs.count())]
        await me.page.leave()
        assert lent.subjects[-1] is None

    review(world_of(clip, 1), story)


def test_its_stretches_join_those_that_were_flagged(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        lent = Lent()
        me.page.lend(lent)
        await me.open()
        await me.picture()
        flagged = lanes(me)
        assert "Face" not in flagged
        lent.lanes_changed.emit(LANES)
        assert lanes(me) == [*flagged, "Face"]
        lent.seek_wanted.emit(1_000)
        head = me.page.content.player.player.head
        assert head is not None
        assert head.ms == head.table.ms_of(head.table.at_ms(1_000))
        lent.lanes_changed.emit(())
        assert lanes(me) == flagged

    review(world_of(clip, 1), story)


def test_its_boxes_are_drawn_on_the_frame_until_esc(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        lent = Lent()
        me.page.lend(lent)
        await me.open()
        await me.picture()
        player = me.page.content.player
        assert lent.watched[-1] is player
        lent.regions_changed.emit((Region(0, 2_000, 1_000, 1_000, 2_000, 2_000, "Face 1"),))
        head = player.player.head
        assert head is not None
        assert [region.label for region in head.regions_here()] == ["Face 1"]
        drawn = player.view.grab().toImage()
        QTest.keyClick(me.page, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
        assert not player.view.regions_seen
        assert player.view.grab().toImage() != drawn
        lent.regions_changed.emit((Region(0, 2_000, 1_000, 1_000, 2_000, 2_000, "Face 1"),))
        assert player.view.regions_seen
        me.press(Qt.Key.Key_Escape)
        assert player.player.head is not None
        assert player.player.head.regions == ()
        QTest.keyClick(me.page, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
        assert player.view.regions_seen  # nothing to hide: it says so instead

    review(world_of(clip, 1), story)


def test_nothing_is_cut_from_a_video_before_its_cover_is_off(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        lent = Lent()
        me.page.lend(lent)
        await me.open(uncover=False)
        player = me.page.content.player
        await me.until(lambda: player.player.head is not None)
        assert me.phase() is Phase.COVERED
        assert lent.watched == []
        me.press(Qt.Key.Key_V)
        assert lent.watched == [player]

    review(world_of(clip, 1, severity="critical"), story)


def test_stretches_that_come_before_the_video_wait_for_it(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        lent = Lent()
        me.page.lend(lent)
        await me.open()
        lent.lanes_changed.emit(LANES)
        await me.picture()
        assert lanes(me)[-1] == "Face"

    review(world_of(clip, 1), story)


def test_without_a_panel_its_key_does_nothing(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        shown = me.page.tabs.currentWidget()
        QTest.keyClick(me.page, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
        assert me.page.tabs.currentWidget() is shown

    review(world_of(clip, 1), story)
