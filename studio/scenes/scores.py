"""The scores beside a review in each state. They are made up for the pictures, and their method says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from server.content.rules import VideoState
from server.content.schemas import VideoView
from server.forensics.banks.rules import EntryState
from server.forensics.banks.schemas import EntryEvent
from server.forensics.opinion.rules import OpinionState
from server.forensics.rules import AnalysisKind, AnalysisState
from server.forensics.schemas import VideoAnalyses
from server.kit.wire import Page
from server.moderation.rules import ContentType
from studio import gallery_evidence as evidence
from studio import gallery_matches as matched
from studio import gallery_models as installed
from studio import gallery_scores as made
from studio.api.errors import Offline
from studio.scenes.camera import Camera, Strip
from studio.scenes.office import LEAD
from studio.scenes.queue import MODERATOR
from studio.scenes.review import claimed, left
from studio.stage import until
from studio.tabs.forensics.evidence_box import EvidenceBox
from studio.tabs.forensics.face_strip import FaceStrip
from studio.tabs.forensics.match_pane import MatchDialog
from studio.tabs.forensics.panel import ScoresPanel
from studio.tabs.forensics.tab import ScoresTab
from studio.tabs.moderation.review_page import ReviewPage

SOUNDS: Final = "Beat"
"""In the title of a clip of the demo that can be heard."""
STATES: Final[dict[str, Callable[[], VideoAnalyses]]] = {
    "review-scores": made.found,
    "review-scores-abstained": made.abstained,
    "review-scores-no-model": made.no_model,
    "review-scores-running": made.running,
    "review-scores-running-again": made.running_again,
    "review-scores-failed": made.failed,
    "review-scores-never": made.never,
}


async def _scores(camera: Camera) -> None:
    page = await claimed(camera, lambda row: row.content_type == ContentType.VIDEO and SOUNDS in row.title)
    page.proceed()
    player = page.content.player.player
    await until(lambda: player.head is not None and player.settled, "the frame")
    panel = page.findChild(ScoresPanel)
    assert panel is not None
    page.tabs.show_lent()
    await until(lambda: panel.settled, "the scores")
    for name, state in STATES.items():
        panel.show_known(state())
        await camera.take(name)
    panel.show_error(Offline())
    await camera.take("review-scores-offline")
    panel.show_known(made.found())
    panel.seek_wanted.emit(made.MOMENT_MS)
    await until(lambda: player.settled, "the moment")
    await camera.take("review-scores-moment")
    await _evidence(camera, page, panel)
    await _beside(camera, page, panel)
    await left(page)


async def _evidence(camera: Camera, page: ReviewPage, panel: ScoresPanel) -> None:
    """Each slot opened: faces with boxes on the frame, curves of the lips, the voice over its pitch."""
    player = page.content.player
    boxes = {box.title: box for box in panel.findChildren(EvidenceBox)}
    face, voice, lips = boxes["Face manipulation"], boxes["Voice synthesis"], boxes["Lip sync"]
    face.opener.setChecked(True)
    panel.view.scroll_to(face)
    (strip,) = face.findChildren(FaceStrip)
    strip.buttons[0].click()
    await until(lambda: player.player.settled, "the face")
    await until(lambda: panel.view.cutter.image(evidence.SECOND) is not None, "the cut faces")
    await camera.take("review-scores-faces")
    face.opener.setChecked(False)
    lips.opener.setChecked(True)
    panel.view.scroll_to(lips)
    panel.seek_wanted.emit(made.MOMENT_MS * 3)
    await until(lambda: player.player.settled, "the moment of the lips")
    await camera.take("review-scores-lips")
    lips.opener.setChecked(False)
    voice.opener.setChecked(True)
    panel.view.scroll_to(voice)
    player.toggle_spectrum()
    index = player.player.index
    assert index is not None
    if index.has_audio:
        await until(lambda: player.spectrogram.settled, "the spectrogram")
    await camera.take("review-scores-voice")
    player.toggle_spectrum()
    voice.opener.setChecked(False)


async def _beside(camera: Camera, page: ReviewPage, panel: ScoresPanel) -> None:
    """What the video was recognised as, the comparison with the original, and a model's opinion."""
    bundle = page.flow.bundle
    assert bundle is not None
    video = bundle.review.item.content_id
    other = await _another(camera, video)
    found = [each.model_copy(update={"video_id": video}) for each in matched.matches()]
    found[0] = found[0].model_copy(update={"original_video_id": other})
    panel.take_matches(tuple(found))
    panel.view.scroll_to(panel.view.matches)
    await camera.take("review-scores-recognised")
    panel.compare(found[0])
    (dialog,) = panel.findChildren(MatchDialog)
    sides = (dialog.pane.compare.left, dialog.pane.compare.right)
    await until(lambda: all(side.player.head is not None for side in sides), "both videos")
    await until(lambda: all(side.player.settled for side in sides), "both frames")
    await camera.take("review-scores-compare")
    dialog.close()
    panel.take_matches(())
    panel.view.opinion.show_opinion(matched.opinion())
    panel.view.scroll_to(panel.view.opinion)
    await camera.take("review-scores-opinion")
    panel.view.opinion.show_opinion(matched.opinion(OpinionState.NOT_ASKED))
    panel.view.scroll_to(panel.view.opinion)
    await camera.take("review-scores-not-asked")


async def _another(camera: Camera, video: UUID) -> UUID:
    """A video that can be played, and is not this one."""
    api = camera.context.api
    owner = (await api.get(f"/v1/content/videos/{video}")).model(VideoView).owner.id
    page = (await api.get("/v1/content/videos", params={"owner": str(owner)})).model(Page[VideoView])
    return next(row.id for row in page.items if row.id != video and row.state is VideoState.READY)


async def _tab(camera: Camera) -> None:
    """The tab of scores, as a lead has it."""
    tab = camera.tab(ScoresTab)
    matches, analyses, banks = tab.matches, tab.analyses, tab.banks
    assert matches is not None
    assert analyses is not None
    assert banks is not None
    tab.pages.setCurrentWidget(matches)
    await until(lambda: matches.pane.match is not None, "the match of the demo")
    sides = (matches.pane.compare.left, matches.pane.compare.right)
    await until(lambda: all(side.player.head is not None for side in sides), "both videos")
    await until(lambda: all(side.player.settled for side in sides), "both frames")
    await camera.take("scores-matches")
    matches.model.set_rows([])
    matches.list.emptied.emit()
    await camera.take("scores-matches-empty")
    matches.leave()
    tab.pages.setCurrentWidget(analyses)
    await until(lambda: not analyses.list.busy, "the analyses")
    core, text = AnalysisKind.CORE, AnalysisKind.TEXT
    analyses.model.set_rows(
        [
            made.analysis(core, AnalysisState.RUNNING, progress_bp=4_300, id=UUID(int=91)),
            made.analysis(text, AnalysisState.QUEUED, coverage_bp=None, id=UUID(int=92)),
            made.analysis(
                core, AnalysisState.PARKED, reason="Reading it stopped the reader.", id=UUID(int=93)
            ),
            made.analysis(core, AnalysisState.DONE, missing=["violence: no model"], id=UUID(int=94)),
        ]
    )
    analyses.list.states.content()
    analyses.select(UUID(int=91))
    await camera.take("scores-analyses")
    tab.pages.setCurrentWidget(banks)
    await until(lambda: banks.settled, "the banks")
    banks.show_banks([])
    await camera.take("scores-banks-empty")
    banks.show_banks([matched.bank(), matched.bank(1, name="Harmless", kind="negative", policy=None)])
    await until(lambda: not banks.list.busy, "the entries")
    banks.entries.set_rows(
        [
            matched.entry(),
            matched.entry(1, state=EntryState.PROPOSED, hashes=0, reason="Reported by a partner"),
            matched.entry(2, state=EntryState.QUARANTINED, severity="low", source_video_id=None),
            matched.entry(3, state=EntryState.QUARANTINED, stopped="12 matches within an hour"),
        ]
    )
    banks.list.states.content()
    banks.entry_table.selectRow(0)
    await camera.take("scores-banks")
    banks.stopped.tell([matched.entry(3, state=EntryState.QUARANTINED, stopped="12 matches within an hour")])
    banks.entry_table.selectAll()
    await camera.take("scores-banks-stopped")
    banks.moving.ask(EntryEvent.ACTIVATE)
    await camera.take("scores-banks-several")
    await camera.clear()
    banks.stopped.tell([])
    banks.add.click()
    await camera.take("scores-banks-add")
    await camera.clear()
    await _models(camera, tab)


async def _models(camera: Camera, tab: ScoresTab) -> None:
    """What is installed and how the scores did: the figures are those that ship."""
    page = tab.models
    assert page is not None
    tab.pages.setCurrentWidget(page)
    await until(lambda: page.evaluation.model.rowCount() > 0 and page.settled, "the figures")
    await camera.take("scores-models-none")
    page.checkpoints.show_models(installed.some())
    page.checkpoints.table.selectRow(0)
    await camera.take("scores-models")
    page.evaluation.slots.setCurrentIndex(3)
    await camera.take("scores-models-slot")
    page.checkpoints.due.hide()
    page.checkpoints.show_error(Offline())
    await camera.take("scores-models-offline")


STRIPS: Final = (
    Strip(
        tab="moderation",
        email=MODERATOR,
        pictures=(
            *STATES,
            "review-scores-offline",
            "review-scores-moment",
            "review-scores-faces",
            "review-scores-lips",
            "review-scores-voice",
            "review-scores-recognised",
            "review-scores-compare",
            "review-scores-opinion",
            "review-scores-not-asked",
        ),
        act=_scores,
    ),
    Strip(
        tab="forensics",
        email=LEAD,
        pictures=(
            "scores-matches-empty",
            "scores-matches",
            "scores-analyses",
            "scores-banks-empty",
            "scores-banks",
            "scores-banks-stopped",
            "scores-banks-several",
            "scores-banks-add",
            "scores-models-none",
            "scores-models",
            "scores-models-slot",
            "scores-models-offline",
        ),
        act=_tab,
    ),
)
