"""Three uploads, one of them untouched: what is flagged, what a moderator sees of it, what is decided.

A creator uploads a clip of somebody who talks, the same with another's voice, and a cropped copy of what was
removed before. All are analysed; a moderator compares the copy with the banked original, follows evidence to
its frame, reads what a language model said (one of ours, on this machine), decides, adds to the bank, and
exports the evidence. Leaves numbered screenshots in `build/stories/THEME/deepfake`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from server.content.models import Video
from server.content.rules import VideoState
from server.forensics.banks.models import BankEntry, Match
from server.forensics.banks.rules import EntryState, MatchVerdict
from server.forensics.models import Analysis, Score
from server.forensics.opinion.rules import OpinionState
from server.forensics.rules import KEPT, AnalysisKind, Slot
from server.moderation.models import Decision, Flag
from server.moderation.rules import Outcome, Source
from server.runtime import existing
from server.settings import Settings
from studio.app import App
from studio.paths import Profile
from studio.stage import PASSWORD, play, until
from studio.tabs.content.tab import ContentTab
from studio.tabs.forensics.exporting import evidence
from studio.tabs.forensics.match_pane import MatchDialog
from studio.tabs.forensics.meter import MeterLine
from studio.tabs.forensics.panel import ScoresPanel
from studio.tabs.moderation.review_page import ReviewPage
from studio.tabs.moderation.review_state import Phase
from studio.tabs.moderation.tab import ModerationTab
from studio.widgets.button import Button
from tests.server.forensics.opinion.lab import Provider, message, spoken
from tests.stories.forgeries import BANK, CREATOR, MODERATOR, Uploads, furnish, uploads
from tests.stories.hands import STORIES, THEME, Hands

OUT = STORIES / "deepfake"
PATIENCE_S = 300
OPINION = "A person talks to the camera; the mouth does not seem to form what is heard."
SHIFT = Qt.KeyboardModifier.ShiftModifier

pytestmark = pytest.mark.story


class Uploader(Hands):
    """The creator at My videos."""

    story: ClassVar[str] = OUT.name

    async def send(self, paths: list[Path]) -> None:
        """Drop the files and send them."""
        self.app.window.open_tab("content")
        self.app.window.activateWindow()
        await until(self.app.window.isActiveWindow, "the window to have the keys")
        tab = self.app.window.tabs["content"]
        assert isinstance(tab, ContentTab)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(tab, QDragEnterEvent(QPoint(400, 300), *how))
        QApplication.sendEvent(tab, QDropEvent(QPointF(400, 300), *how))
        new = tab.page.new
        await until(lambda: new.filled and len(new.files) == len(paths), "the files to be looked at")
        self.shot("three-files")
        new.begin.click()
        model = tab.page.model
        await until(lambda: tab.page.count == len(paths), "the uploads")
        ready = lambda: all(model.row(n).state is VideoState.READY for n in range(len(paths)))  # noqa: E731
        await until(ready, "the files to be measured", seconds=PATIENCE_S)
        self.shot("uploaded")


class Moderator(Hands):
    """The moderator at the queue and in the review."""

    story: ClassVar[str] = OUT.name

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

    @property
    def panel(self) -> ScoresPanel:
        panel = self.page.findChild(ScoresPanel)
        assert panel is not None
        return panel

    def subject(self) -> UUID | None:
        """What is reviewed, once it can be judged."""
        bundle = self.page.flow.bundle
        ready = bundle is not None and self.page.phase in (Phase.OPEN, Phase.COVERED)
        return bundle.review.item.content_id if ready and bundle is not None else None

    async def claim(self) -> None:
        """Take the next item."""
        self.press(Qt.Key.Key_N)
        await until(lambda: self.tab.findChild(ReviewPage) and self.subject(), "the review")
        await self.open_scores()

    async def open_scores(self) -> None:
        """Take the cover off, and bring the scores to the front."""
        if self.page.phase is Phase.COVERED:
            self.press(Qt.Key.Key_V)
        await until(lambda: self.page.phase is Phase.OPEN, "the item")
        await until(lambda: self.page.content.player.player.head is not None, "the video")
        self.press(Qt.Key.Key_T, SHIFT)
        await until(lambda: self.panel.isVisible() and self.panel.settled, "the scores")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A provider of a language model on loopback, that the client's own server asks about every upload."""
    made = Provider()
    doubt = {"severity": "medium", "reason": "The lips seem to belong to other words.", "frames": [2]}
    made.says = lambda _: message(json.dumps(spoken(summary=OPINION, face_manipulation=doubt)))
    with made.listening() as url:
        monkeypatch.setenv("STUDIO_ANTHROPIC_KEY", "a-key-that-opens-nothing")
        monkeypatch.setenv("STUDIO_ANTHROPIC_URL", url)
        monkeypatch.setenv("STUDIO_OPINION_ON_UPLOAD", "true")
        yield made


def test_of_three_uploads_the_forged_ones_are_seen(
    qapp: QApplication, tmp_path: Path, provider: Provider
) -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    profile = Profile(tmp_path / "profile").create()
    settings = Settings(data=profile.server_data)
    original = furnish(settings, tmp_path)
    files = uploads(tmp_path)
    paths = [path for path in (files.untouched, files.swapped, files.cropped) if path is not None]
    bundle = tmp_path / "evidence.zip"

    async def scene(app: App) -> None:
        creator = Uploader(app)
        await creator.send(paths)
        await until(lambda: analysed(settings) >= len(paths), "the analyses", seconds=PATIENCE_S)
        await app.sign_out()
        await app.sign_in(MODERATOR, PASSWORD)
        moderator = Moderator(app, shots=creator.shots)
        await until(lambda: "moderation" in app.window.tabs, "the queue")
        app.window.open_tab("moderation")
        app.window.activateWindow()
        expected = 1 + (files.swapped is not None)
        rows = moderator.tab.queue.table.model()
        await until(lambda: rows.rowCount() == expected, "what was flagged", seconds=PATIENCE_S)
        await until(moderator.tab.queue.table.hasFocus, "the focus in the queue")
        moderator.shot("queue")
        await judge_the_copy(moderator, original, bundle)
        if files.swapped is not None:
            await judge_the_voice(moderator)
        context = app.context
        assert context is not None
        await until(lambda: not context.outbox.entries(), "every decision to be accepted", seconds=60)
        await until(lambda: bool(provider.sent), "the model to be asked", seconds=PATIENCE_S)

    play(qapp, profile.root, scene, email=CREATOR, size=QSize(1440, 900), theme=THEME)
    check_the_record(settings, files)
    check_the_bundle(bundle)
    check_what_left(provider)


def analysed(settings: Settings) -> int:
    """How many videos have been looked at, and searched for in the banks."""
    with existing(settings) as (db, _keys), db.read() as s:
        core = (Analysis.kind == AnalysisKind.CORE, Analysis.state.in_(KEPT))
        titled = sa.select(Video.id).where(Video.title != "First time").scalar_subquery()
        return s.scalar(sa.select(sa.func.count()).where(*core, Analysis.video_id.in_(titled))) or 0


async def judge_the_copy(moderator: Moderator, original: UUID, bundle: Path) -> None:
    """The copy comes first: compared with its original, confirmed, removed, banked, and exported."""
    await moderator.claim()
    view, page = moderator.panel.view, moderator.page
    await until(lambda: view.matches._shown, "what was recognised")
    (match,) = view.matches._shown
    assert match.original_video_id == original
    assert match.bank_name == BANK
    assert match.crop_bp > 0
    moderator.shot("recognised")
    moderator.panel.compare(match)
    dialog = moderator.panel.findChild(MatchDialog)
    assert dialog is not None
    pane = dialog.pane
    sides = (pane.compare.left.player, pane.compare.right.player)
    await until(lambda: all(side.head is not None and side.settled for side in sides), "both videos")
    moderator.shot("compared", dialog)
    pane.confirm.click()
    dialog.reject()
    await until(lambda: verdict(moderator) is MatchVerdict.CONFIRMED, "the verdict")
    video = moderator.subject()
    assert video is not None
    moderator.panel.exporting.begin(evidence(video), bundle)
    await until(lambda: not moderator.panel.exporting.running, "the bundle", seconds=PATIENCE_S)
    moderator.app.window.activateWindow()
    await until(moderator.app.window.isActiveWindow, "the review to have the keys")
    page.setFocus()
    moderator.press(Qt.Key.Key_1)
    moderator.press(Qt.Key.Key_D)
    assert page.panel.draft.outcome is Outcome.REMOVE
    page.panel.bank.box.click()
    assert page.panel.draft.bank is not None
    moderator.press(Qt.Key.Key_F)
    moderator.type("A cropped copy of what was removed last week.")
    moderator.press(Qt.Key.Key_Escape)
    moderator.shot("removed-and-banked")
    await decide(moderator, video)


def verdict(moderator: Moderator) -> MatchVerdict | None:
    """What was said of the match, as the panel shows it."""
    shown = moderator.panel.view.matches._shown
    return shown[0].verdict if shown else None


async def judge_the_voice(moderator: Moderator) -> None:
    """Lips that another voice moves: the evidence leads to the moment; the video is allowed with a look."""
    await moderator.open_scores()
    lips = [
        line for line in moderator.panel.findChildren(MeterLine) if line.accessibleName().startswith("Lip")
    ]
    moderator.shot("scores")
    (jump, *_) = [button for button in lips[0].findChildren(Button) if "go to" in button.accessibleName()]
    player = moderator.page.content.player.player
    jump.click()
    await until(lambda: player.head is not None and player.head.regions, "the regions on the frame")
    moderator.shot("evidence-on-the-frame")
    opinion = moderator.panel.view.opinion
    answered = lambda: opinion._known is not None and opinion._known.state is OpinionState.DONE  # noqa: E731
    await until(answered, "the model's opinion", seconds=PATIENCE_S)
    assert opinion._known is not None
    assert opinion._known.summary == OPINION
    moderator.panel.view._pane.ensureWidgetVisible(opinion)
    moderator.shot("opinion")
    moderator.page.setFocus()
    moderator.press(Qt.Key.Key_A)
    video = moderator.subject()
    assert video is not None
    await decide(moderator, video)


async def decide(moderator: Moderator, video: UUID) -> None:
    """Confirm, and wait until something else is here."""
    page = moderator.page
    case = page.flow.case
    assert case is not None
    for _ in range(case.presses(page.panel.draft)):
        moderator.press(Qt.Key.Key_Return)
    await until(lambda: moderator.subject() != video, "the next item")


def check_the_record(settings: Settings, files: Uploads) -> None:
    """Flags where they belong, none for what was untouched; the entry of the decision stands."""
    with existing(settings) as (db, _keys), db.read() as s:
        names = {video.id: video.filename for video in s.scalars(sa.select(Video))}
        flags = {(names[flag.content_id], flag.source) for flag in s.scalars(sa.select(Flag))}
        expected = {(files.cropped.name, Source.HASH_MATCH)}
        if files.swapped is not None:
            expected.add((files.swapped.name, Source.CLASSIFIER))
        assert flags == expected
        assert s.scalars(sa.select(Match.verdict)).all() == [MatchVerdict.CONFIRMED]
        removed = s.scalars(sa.select(Decision).where(Decision.outcome == Outcome.REMOVE)).one()
        entry = s.scalars(sa.select(BankEntry).where(BankEntry.decision_id == removed.id)).one()
        assert entry.state in (EntryState.ACTIVE, EntryState.PROPOSED)
        assert entry.source_video_id is not None
        assert names[entry.source_video_id] == files.cropped.name
        # Nothing without a face gets a number of one.
        faces = sa.select(Score.score_bp).join(Analysis, Analysis.id == Score.analysis_id)
        shown = faces.where(Analysis.video_id == removed.content_id, Score.slot == Slot.FACE_MANIPULATION)
        assert set(s.scalars(shown)) == {None}


def check_the_bundle(path: Path) -> None:
    """The zip is whole: every member has the digest that its manifest names."""
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        manifest = json.loads(bundle.read("manifest.json"))
        named = {name: member["sha256"] for name, member in manifest["members"].items()}
        assert set(bundle.namelist()) == {*named, "manifest.json", "signature.json"}
        for name, digest in named.items():
            assert hashlib.sha256(bundle.read(name)).hexdigest() == digest
        assert {"scores.json", "summary.pdf", "matches.json"} <= set(named)


def check_what_left(provider: Provider) -> None:
    """Stills and words were sent, and nothing that says whose they are."""
    assert provider.sent
    for sent in provider.sent:
        blocks = sent["messages"][0]["content"]
        assert "image" in {block["type"] for block in blocks}
        told = json.dumps([block for block in blocks if block["type"] == "text"])
        for name in ("Tiana", "tiana", "Uma", "Amara"):
            assert name not in told
