"""A moderator's shift: from a cold start through 50 items, by keyboard, with the real client and server.

Leaves numbered screenshots and `shift.json` (decisions an hour, keys a decision, time to the next item) in
`build/stories/moderator`. Figures are reported, never asserted: machines are noisy.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from server.moderation.rules import Outcome, Severity
from studio.app import App
from studio.paths import Profile
from studio.stage import StageError, play, until
from studio.tabs.moderation.review_page import ReviewPage
from studio.tabs.moderation.review_state import Phase
from studio.tabs.moderation.tab import ModerationTab

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build/stories/moderator"
ITEMS = 50
ROUTINE_KEYS = 3

pytestmark = pytest.mark.story


@dataclass
class Shift:
    """What the moderator did and saw."""

    app: App
    decided: list[str] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    next_ms: list[float] = field(default_factory=list)
    shots: int = 0

    @property
    def tab(self) -> ModerationTab:
        tab = self.app.window.tabs["moderation"]
        assert isinstance(tab, ModerationTab)
        return tab

    @property
    def page(self) -> ReviewPage:
        page = self.tab.findChild(ReviewPage)
        assert page is not None
        return page

    def shot(self, name: str) -> None:
        self.shots += 1
        self.app.window.grab().save(str(OUT / f"{self.shots:02}-{name}.png"))

    def press(self, key: Qt.Key, text: str = "") -> None:
        """A key, or words, to whatever has the focus."""
        focus = QApplication.focusWidget() or self.app.window
        assert isinstance(focus, QWidget)
        if text:
            QTest.keyClicks(focus, text)
        else:
            QTest.keyClick(focus, key)

    def item(self) -> str:
        """The item that can be judged now, "" while there is none."""
        bundle = self.page.flow.bundle
        ready = bundle is not None and self.page.phase in (Phase.OPEN, Phase.COVERED)
        return str(bundle.item_id) if ready and bundle is not None else ""


def test_a_shift_of_fifty_items(qapp: QApplication, tmp_path: Path) -> None:
    profile = Profile(tmp_path / "demo").create()
    subprocess.run(
        [sys.executable, "-m", "server", "seed-demo", "--data", str(profile.server_data)],
        check=True,
        cwd=ROOT,
    )
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)

    async def scene(app: App) -> None:
        await work(Shift(app))

    play(qapp, profile.root, scene, email="moderator@demo.local", size=QSize(1440, 900))
    verdict = subprocess.run(
        [sys.executable, "-m", "server", "audit", "verify", "--data", str(profile.server_data)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert verdict.returncode == 0, verdict.stderr
    assert "Whole:" in verdict.stderr


async def work(shift: Shift) -> None:
    """The whole shift."""
    queue = shift.tab.queue
    await until(lambda: queue.table.model().rowCount() > 1000, "the queue")
    shift.app.window.activateWindow()
    await until(queue.table.hasFocus, "the focus in the queue")
    shift.shot("queue")
    began = time.monotonic()
    shift.press(Qt.Key.Key_N)
    await until(lambda: shift.tab.findChild(ReviewPage) and shift.item(), "the first review")
    shift.shot("first-item")
    while len(shift.decided) < ITEMS:
        await decide_one(shift)
        if len(shift.decided) == 10:
            await undo_the_last(shift)
        if len(shift.decided) == 20:
            await leave_a_note(shift)
    hours = (time.monotonic() - began) / 3600
    shift.shot("after-fifty")
    await search(shift)
    await check_the_record(shift, hours)


async def decide_one(shift: Shift) -> None:
    """Decide what is on the screen: every third by policy 1 as a violation, the others by allowing."""
    page, before, count = shift.page, shift.item(), len(shift.decided)
    bundle, case = page.flow.bundle, page.flow.case
    assert bundle is not None
    assert case is not None
    critical = bundle.review.item.severity is Severity.CRITICAL
    # A person looks at an item for longer than it takes to prepare the next one.
    with suppress(StageError):
        await until(lambda: page.flow.prefetch.prepared, "the next item, prepared", seconds=5)
    pressed, wrote_facts = 0, False

    def press(key: Qt.Key) -> None:
        nonlocal pressed
        pressed += 1
        shift.press(key)

    if count % 3 == 0:
        press(Qt.Key.Key_1)
        for key, outcome in ((Qt.Key.Key_R, Outcome.RESTRICT), (Qt.Key.Key_D, Outcome.REMOVE)):
            chosen = page.panel.draft.outcome in (Outcome.RESTRICT, Outcome.REMOVE)
            if not chosen and not case.barred(page.panel.draft, outcome):
                press(key)
    if page.panel.draft.outcome not in (Outcome.RESTRICT, Outcome.REMOVE):
        press(Qt.Key.Key_A)
    elif critical:
        wrote_facts = True
        page.panel.focus_facts()
        shift.press(Qt.Key.Key_F, "At the flagged moment the clip shows what the policy names.")
        page.setFocus()
    if count < 3:
        shift.shot(f"decision-{count + 1}")
    sent = time.perf_counter()
    for _ in range(case.presses(page.panel.draft)):
        press(Qt.Key.Key_Return)
    await until(lambda: shift.item() not in ("", before), f"the item after number {count + 1}")
    shift.next_ms.append((time.perf_counter() - sent) * 1000)
    shift.decided.append(before)
    if not wrote_facts:
        assert pressed <= ROUTINE_KEYS
        shift.keys.append(pressed)


async def undo_the_last(shift: Shift) -> None:
    """Z within the grace brings the item back, as it was; it is then decided otherwise."""
    last = shift.decided.pop()
    shift.press(Qt.Key.Key_Z)
    await until(lambda: shift.item() == last, "the undone item")
    shift.shot("undone")
    shift.press(Qt.Key.Key_A)
    shift.press(Qt.Key.Key_Return)
    await until(lambda: shift.item() not in ("", last), "the item after the second decision")
    shift.decided.append(last)


async def leave_a_note(shift: Shift) -> None:
    """A note for colleagues is on the item, and stays."""
    page = shift.page
    item = shift.item()
    notes = page.tabs.notes
    page.tabs.setCurrentWidget(notes)
    notes.field.setFocus()
    shift.press(Qt.Key.Key_N, "Same wording as the case of this morning.")
    notes.add.click()
    context = shift.app.context
    assert context is not None
    await until(lambda: not context.outbox.entries(), "the note to be accepted")
    review = (await context.api.get(f"/v1/moderation/items/{item}")).json()
    assert [note["body"] for note in review["notes"]] == ["Same wording as the case of this morning."]
    shift.shot("note")
    page.setFocus()


async def search(shift: Shift) -> None:
    """Ctrl+K finds a creator by handle and opens the account page."""
    bundle = shift.page.flow.bundle
    assert bundle is not None
    assert bundle.review.creator is not None
    handle = bundle.review.creator.handle
    window = shift.app.window
    window.open_palette()
    QTest.keyClicks(window.palette_overlay.field, handle)
    model = window.palette_overlay.list.model()

    def found() -> bool:
        rows = (model.index(row, 0).data() for row in range(model.rowCount()))
        return any(handle in str(text) for text in rows)

    await until(found, "the creator to be found")
    shift.shot("search")
    window.palette_overlay.close_now()


async def check_the_record(shift: Shift, hours: float) -> None:
    """Every decision is there, by this moderator; none twice."""
    context = shift.app.context
    assert context is not None
    await until(lambda: not context.outbox.entries(), "every decision to be accepted", seconds=60)
    mine = (await context.api.get("/v1/moderation/stats/me")).json()
    assert len(set(shift.decided)) == ITEMS
    assert mine["decided_today"] == ITEMS
    report = {
        "items": ITEMS,
        "decisions_per_hour": round(ITEMS / hours),
        "keys_median": median(shift.keys),
        "keys_max": max(shift.keys),
        "next_item_p50_ms": round(median(shift.next_ms), 1),
        "next_item_p95_ms": round(quantiles(shift.next_ms, n=20)[-1], 1),
    }
    (OUT / "shift.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report))
