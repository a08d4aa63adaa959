"""A reviewer in a process of their own for the kill -9 test: types until killed, or looks what is there.

python -m tests.studio.tabs.moderation.typist type|look FOLDER
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from benchmarks.coded_clips import Recipe, write_clip
from studio.tabs.moderation.review_bundle import decision_key, note_key
from studio.tasks import run
from studio.widgets.draft_edit import DraftLine
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.review_parts import world_of
from tests.studio.tabs.moderation.review_world import Reviewer

FACTS, NOTE, EVIDENCE = "a knife is shown", "ask Samir about this", "the knife"


async def type_all(me: Reviewer) -> None:
    """Type into the three places, and say so when all is on the disk; nothing is left or confirmed."""
    await me.picture()
    me.press(Qt.Key.Key_F)
    me.type(FACTS)
    me.page.tabs.setCurrentWidget(me.page.tabs.notes)
    me.page.tabs.notes.field.setFocus()
    me.type(NOTE)
    me.page.setFocus()
    me.press(Qt.Key.Key_Semicolon)
    me.type(EVIDENCE)
    assert me.page.flow.bundle is not None
    store, item = me.desk.context.store, me.page.flow.bundle.item_id
    await me.until(
        lambda: (
            f'"{EVIDENCE}"' in store.draft(decision_key(item))
            and FACTS in store.draft(decision_key(item))
            and store.draft(note_key(item)) == NOTE
        )
    )
    print("typed", flush=True)
    await asyncio.Event().wait()


async def look(me: Reviewer) -> None:
    """Print what the fields show."""
    await me.picture()
    notes = [field.text() for field in me.page.tabs.evidence.findChildren(DraftLine)]
    shown = [me.page.panel.facts.toPlainText(), me.page.tabs.notes.field.toPlainText(), *notes]
    print(json.dumps(shown), flush=True)


def main(mode: str, folder: Path) -> None:
    """Run until killed, or until all has been looked at."""
    app = QApplication([])
    clip = folder / "clip.mp4"
    if mode == "type":
        write_clip(clip, Recipe(), frames=30, width=160, height=90)
    world = world_of(clip.read_bytes(), 1)

    async def story() -> int:
        desk = Desk(world, folder)
        async with Reviewer(desk) as me:
            await me.open()
            await (type_all if mode == "type" else look)(me)
        await desk.close()
        return 0

    run(app, story)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
