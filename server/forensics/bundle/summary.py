"""The summary of a bundle on one to three pages. Every text in it may be hostile: it is drawn, never read."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

import resources
from server.forensics.bundle.case import Case
from server.forensics.opinion.rules import OpinionState
from server.forensics.pictures import Still
from server.forensics.rules import Abstained
from server.forensics.schemas import KindView, ScoreView
from server.kit.ai.fence import plain

FONT, BOLD = "Inter", "Inter-SemiBold"
MARGIN: Final = 54.0
LINE: Final = 1.45
"""Height of a line, in heights of its letters."""
SIZE, SMALL, HEAD = 9.5, 8.0, 12.5
LONGEST: Final = 900
"""Characters of one text."""
PAGES: Final = 3
PICTURES: Final = 4
_fonts = threading.Lock()


def pdf(case: Case, stills: Sequence[Still]) -> bytes:
    """The document. Characters that the font lacks are shown as ?; the other files have them."""
    page = Page()
    page.text("Evidence summary", HEAD + 4, BOLD)
    for line in _about(case):
        page.text(line)
    page.heading("What was found")
    for line in _verdict(case):
        page.text(line)
    for kind in (case.known.core, case.known.text):
        _scores(page, kind)
    page.heading("Opinion of a language model")
    for line in _opinion(case):
        page.text(line)
    if stills:
        page.heading("Frames")
        page.pictures(stills[:PICTURES])
    page.heading("How far this can be trusted")
    page.text(
        "A score is an indicator, in basis points of 10,000: it says where a person should look, never what "
        "is so. A slot without a number was not analysed, which is not an all-clear."
    )
    page.text(
        "manifest.json has the SHA-256 of every file of this bundle, signature.json signs it, and audit.json "
        "has the entries of the audit chain about this video."
    )
    return page.done()


def _about(case: Case) -> Iterator[str]:
    video = case.video
    yield f"Video {video['id']}"
    if case.restricted:
        yield "Restricted class: this bundle has numbers and hashes only."
    else:
        yield f"Title: {video['title']}"
        if video["caption"]:
            yield f"Caption: {video['caption']}"
    yield f"File SHA-256 {video['sha256']}"
    if video["duration_ms"] is not None:
        shape = f"{video['width']} x {video['height']}"
        yield f"{video['duration_ms'] / 1000:.1f} s, {shape}, {video['size']} bytes"
    yield f"Made at {case.at.isoformat(timespec='seconds')} by {case.by}"


def _verdict(case: Case) -> Iterator[str]:
    result = case.known.core.result
    if result is None:
        yield "The picture and the sound of this video were not analysed."
        return
    verdict = result.verdict
    words = {True: "likely manipulated", False: "no sign of it", None: "undetermined"}
    score = "no score" if verdict.score_bp is None else f"score {verdict.score_bp}"
    sure = "" if verdict.confidence_bp is None else f", confidence at most {verdict.confidence_bp}"
    yield f"Deepfake: {words[verdict.is_deepfake]} ({score}{sure})."
    analysis = result.analysis
    looked_at = f"{analysis.frames or 0} frames, {analysis.coverage_bp or 0} of 10,000 of the length"
    yield f"Method {analysis.method or 'none'}, {looked_at}."


def _scores(page: Page, kind: KindView) -> None:
    if kind.result is None:
        page.text(f"Analysis {kind.kind}: none.", SMALL)
        return
    analysis = kind.result.analysis
    page.text(f"Analysis {kind.kind} {analysis.id}, {analysis.state}", SMALL)
    for score in kind.result.scores:
        page.text(f"{score.slot.replace('_', ' ')}: {_score(score)}")
    detectors = ", ".join(f"{name} {version}" for name, version in sorted(analysis.detectors.items()))
    page.text(f"Detectors: {detectors or 'none'}", SMALL)


def _score(score: ScoreView) -> str:
    if score.score_bp is None:
        why = (score.abstained or Abstained.NO_MODEL).replace("_", " ")
        return f"not analysed ({why})"
    within = (
        "" if score.low_bp is None or score.high_bp is None else f" within {score.low_bp} to {score.high_bp}"
    )
    word = "likely" if score.likely else "look closer" if score.look_closer else "nothing stands out"
    return f"{score.score_bp}{within}, {word}"


def _opinion(case: Case) -> Iterator[str]:
    opinion = case.opinion
    if opinion.state is not OpinionState.DONE:
        yield f"None: {opinion.reason or opinion.state.replace('_', ' ')}"
        return
    yield f"Model {opinion.model}, question {opinion.prompt}, {opinion.frames} stills."
    yield opinion.summary or ""
    for each in opinion.categories:
        raised = "" if each.said is each.severity else f" (it said {each.said}; scores or flags say more)"
        yield f"{each.slot.replace('_', ' ')}: {each.severity}{raised}. {each.reason}"


class Page:
    """Draws down a page, and goes on to the next one, `PAGES` at most."""

    def __init__(self) -> None:
        from reportlab.lib.pagesizes import A4
        from reportlab.pdfgen.canvas import Canvas

        self._glyphs = _register()
        self._out = io.BytesIO()
        self._canvas: Any = Canvas(self._out, pagesize=A4, invariant=1)
        self._canvas.setTitle("Evidence summary")
        self._width, self._height = A4
        self._y = self._height - MARGIN
        self._page = 1
        self._full = False

    def heading(self, words: str) -> None:
        """A heading with some room above it."""
        self._y -= HEAD * 0.8
        self.text(words, HEAD, BOLD)

    def text(self, words: str, size: float = SIZE, font: str = FONT) -> None:
        """A paragraph, broken where it must be."""
        for line in self._lines(words, size, font):
            if not self._room(size * LINE):
                return
            self._canvas.setFont(font, size)
            self._canvas.drawString(MARGIN, self._y - size, line)
            self._y -= size * LINE

    def pictures(self, stills: Sequence[Still]) -> None:
        """Frames two by two, as they are beside with their boxes where there are any."""
        from reportlab.lib.utils import ImageReader

        wide = (self._width - 2 * MARGIN - 12) / 2
        shown = [data for still in stills for data in (still.jpeg, still.boxed) if data][:PICTURES]
        sizes = [
            (still.width, still.height) for still in stills for data in (still.jpeg, still.boxed) if data
        ]
        for first in range(0, len(shown), 2):
            row = list(zip(shown, sizes, strict=False))[first : first + 2]
            high = min(180.0, max(wide * size[1] / size[0] for _, size in row))
            if not self._room(high + 6):
                return
            for column, (data, size) in enumerate(row):
                scale = min(wide / size[0], high / size[1])
                self._canvas.drawImage(
                    ImageReader(io.BytesIO(data)),
                    MARGIN + column * (wide + 12),
                    self._y - size[1] * scale,
                    size[0] * scale,
                    size[1] * scale,
                )
            self._y -= high + 6

    def done(self) -> bytes:
        """The bytes of the document."""
        self._canvas.save()
        return self._out.getvalue()

    def _room(self, high: float) -> bool:
        if self._full or self._y - high >= MARGIN:
            return not self._full
        if self._page == PAGES:
            self._full = True
            return False
        self._canvas.showPage()
        self._page, self._y = self._page + 1, self._height - MARGIN
        return True

    def _lines(self, words: str, size: float, font: str) -> list[str]:
        from reportlab.lib.utils import simpleSplit

        known = "".join(self._known(c) for c in plain(words)[:LONGEST])
        return list(simpleSplit(" ".join(known.split()), font, size, self._width - 2 * MARGIN))

    def _known(self, character: str) -> str:
        return character if character.isspace() or ord(character) in self._glyphs else "?"


def _register() -> set[int]:
    """Make the fonts known; answers the characters that both have."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    with _fonts:
        for name, file in ((FONT, "Inter-Regular"), (BOLD, "Inter-SemiBold")):
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, str(resources.path(f"fonts/{file}.ttf"))))
        faces = [pdfmetrics.getFont(name).face for name in (FONT, BOLD)]
        return set(faces[0].charToGlyph) & set(faces[1].charToGlyph)
