"""Nothing that was typed is lost or cut: too long is said, and a kill -9 leaves it on the disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from server.moderation.rules import FACTS_MAX, NOTE_MAX
from studio.tabs.moderation.decision_state import Draft, from_plain, to_plain
from studio.widgets.draft_edit import DraftLine
from tests.studio.tabs.moderation.conftest import PlayReview
from tests.studio.tabs.moderation.review_parts import (
    ENTER,
    ONE,
    D,
    entries,
    world_of,
)
from tests.studio.tabs.moderation.review_world import Reviewer
from tests.studio.tabs.moderation.typist import EVIDENCE, FACTS, NOTE


def test_facts_that_are_too_long_are_kept_whole_and_not_sent(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        panel = me.page.panel
        panel.facts.setPlainText("x" * 10)
        assert not panel.length.isVisible()
        panel.facts.setPlainText("x" * (FACTS_MAX + 3))
        assert panel.length.isVisible()
        assert "3 too many" in panel.length.text()
        me.press(ONE, D, ENTER)
        assert not entries(me.desk)
        assert not panel.confirm.isEnabled()
        assert "3 characters too long" in panel._told.text()
        assert len(panel.draft.facts) == FACTS_MAX + 3
        panel.facts.setPlainText("x" * FACTS_MAX)
        me.page.setFocus()
        me.press(ENTER)
        await me.until(lambda: entries(me.desk))
        assert len(me.desk.context.outbox.entries()[0].edit.body["facts"]) == FACTS_MAX

    review(world_of(clip, 1), story)


def test_a_note_that_is_too_long_is_kept_and_not_sent(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        notes = me.page.tabs.notes
        notes.field.setPlainText("x" * (NOTE_MAX + 1))
        assert not notes.add.isEnabled()
        notes.submit()
        assert not entries(me.desk)
        assert len(notes.field.toPlainText()) == NOTE_MAX + 1
        assert "1 too many" in notes.length.text()

    review(world_of(clip, 1), story)


def test_a_note_on_a_mark_counts_as_it_is_typed_and_is_never_cut(review: PlayReview, clip: bytes) -> None:
    async def story(me: Reviewer) -> None:
        await me.open()
        await me.picture()
        me.press(Qt.Key.Key_Semicolon)
        field = QApplication.focusWidget()
        assert isinstance(field, DraftLine)
        me.type("seen")
        await me.until(lambda: me.page.panel.draft.marks[0].note == "seen")
        assert QApplication.focusWidget() is field
        field.setText("y" * (NOTE_MAX + 1))
        me.page.setFocus()
        me.press(ONE, D, ENTER)
        assert not entries(me.desk)
        assert "note on a mark" in me.page.panel._told.text()
        draft = me.page.panel.draft
        assert len(draft.marks[0].note or "") == NOTE_MAX + 1
        assert from_plain(to_plain(draft)) == draft

    review(world_of(clip, 1), story)


def test_a_draft_that_makes_no_sense_is_an_empty_one() -> None:
    for plain in (None, [], {}, {**to_plain(Draft()), "marks": [3]}, {**to_plain(Draft()), "marks": "x"}):
        assert from_plain(plain) == Draft()


@pytest.mark.crash
def test_what_was_typed_is_there_after_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.studio.tabs.moderation.typist"]
    victim = subprocess.Popen([*command, "type", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    assert victim.stdout.readline().strip() == "typed"
    victim.kill()
    victim.communicate()
    seen = subprocess.run([*command, "look", str(tmp_path)], capture_output=True, text=True, check=True)
    assert json.loads(seen.stdout.strip().splitlines()[-1]) == [FACTS, NOTE, EVIDENCE]
