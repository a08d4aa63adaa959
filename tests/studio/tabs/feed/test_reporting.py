"""Reports from the feed: of a video and of a comment, with the server and without it."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.api.live import Connection
from studio.tabs.feed.report import ReportSheet
from tests.studio.tabs.feed.conftest import Watch
from tests.studio.tabs.feed.test_profile import comment
from tests.studio.tabs.feed.test_talking import opened, rows
from tests.studio.tabs.feed.viewer import Viewer
from tests.studio.tabs.feed.world import MY_ID, FeedWorld, item, policy
from tests.studio.tabs.office import until, words


def test_reports_through_the_ordinary_intake(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_R)
        sheet = viewer.page.deeds.report
        assert sheet is not None
        await until(sheet.list.count)
        assert not sheet.send.isEnabled()
        sheet.search.setText("threat")
        sheet.choose("violence.threat")
        QTest.keyClicks(sheet.note, "At the end")
        sheet.send.click()
        await until(lambda: "moderators get your report" in viewer.office.told())
        await viewer.send()

    world = watch(story)
    (flag,) = world.flags
    assert (flag["content_type"], flag["policy"], flag["note"]) == ("video", "violence.threat", "At the end")


def test_reports_what_another_wrote_and_nothing_of_ones_own(watch: Watch) -> None:
    rude, mine = comment(UUID(int=100), "Maker 0", "Rude " * 60), comment(MY_ID, "Kemi", "Mine")

    async def story(viewer: Viewer) -> None:
        viewer.world.comments = [rude, mine]
        await opened(viewer)
        shown = {row.comment.id: row for row in rows(viewer)}
        assert not hasattr(shown[UUID(mine["id"])], "report")
        shown[UUID(rude["id"])].report.click()
        sheet = viewer.page.deeds.report
        assert sheet is not None
        await until(sheet.list.count)
        assert "What Maker 0 wrote: “Rude Rude" in words(sheet)
        sheet.choose("spam")
        sheet.send.click()
        await until(lambda: "moderators get your report" in viewer.office.told())
        await viewer.send()

    (flag,) = watch(story).flags
    assert (flag["content_type"], flag["content_id"], flag["policy"]) == ("comment", rude["id"], "spam")


@pytest.mark.parametrize("started_offline", [False, True])
def test_reports_without_the_server_and_it_goes_out_later(
    watch: Watch, clip: bytes, started_offline: bool
) -> None:
    world = FeedWorld([item(n) for n in range(6)], clip)

    async def seen_before(viewer: Viewer) -> None:
        await viewer.sit_down()
        await until(lambda: viewer.playing)
        store = viewer.office.context.store
        await until(lambda: store.get("policies") and store.get("feed"))

    async def story(viewer: Viewer) -> None:
        if not started_offline:
            await seen_before(viewer)
        world.offline, viewer.office.connection = True, Connection.OFFLINE
        await viewer.sit_down()
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_R)
        sheet = viewer.page.deeds.report
        assert sheet is not None
        await until(sheet.list.count)
        sheet.choose("violence.threat")
        await viewer.office.settle()  # the server was asked for newer rules, in vain
        assert "cannot be read" not in words(sheet)
        assert "What violence.threat covers." in words(sheet)
        sheet.send.click()
        await until(lambda: "It goes out when the server is in reach" in viewer.office.told())
        assert world.flags == []
        world.offline = False
        await viewer.send()

    if started_offline:
        watch(seen_before, world)
    watch(story, world)
    (flag,) = world.flags
    assert flag["policy"] == "violence.threat"


def test_newer_rules_take_the_place_of_the_kept_ones_and_keep_the_choice(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        kept = {"version": 0, "items": [policy("old"), policy("violence.threat")]}
        await viewer.sit_down()
        await viewer.office.settle()
        store = viewer.office.context.store
        store.put("policies", json.dumps(kept).encode())
        viewer.world.offline = True
        QTest.keyClick(viewer.page.stage, Qt.Key.Key_R)
        sheet = viewer.page.deeds.report
        assert sheet is not None
        await until(sheet.list.count)
        assert "old" in sheet._nodes
        sheet.choose("violence.threat")
        viewer.world.offline = False
        sheet.read()
        await until(lambda: "spam" in sheet._nodes)
        assert sheet.send.isEnabled()
        assert "What violence.threat covers." in words(sheet)
        sheet.close_now()

    watch(story)


def test_the_note_of_a_report_outlives_its_sheet_until_it_is_sent(watch: Watch) -> None:
    async def story(viewer: Viewer) -> None:
        await viewer.sit_down()

        async def opened() -> ReportSheet:
            QTest.keyClick(viewer.page.stage, Qt.Key.Key_R)
            sheet = viewer.page.deeds.report
            assert sheet is not None
            await until(sheet.list.count)
            return sheet

        sheet = await opened()
        QTest.keyClicks(sheet.note, "At the end")
        sheet.close_now()
        sheet = await opened()
        await until(lambda: sheet.note.toPlainText() == "At the end")
        sheet.choose("violence.threat")
        QTest.keyClick(sheet.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: "moderators get your report" in viewer.office.told())
        again = await opened()
        assert again.note.toPlainText() == ""
        again.close_now()
        await viewer.send()

    (flag,) = watch(story).flags
    assert flag["note"] == "At the end"
