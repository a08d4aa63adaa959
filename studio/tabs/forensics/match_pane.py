"""A match looked at: the upload beside its original at the same moment, and what a person says of it."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from server.forensics.banks.rules import MatchVerdict
from server.forensics.schemas import MatchView
from studio.api.errors import ApiError, NotFound
from studio.key_binding import bind
from studio.offline.media_window import MediaWindow
from studio.settings import BLUR, GREYSCALE
from studio.tab import Context
from studio.tabs.forensics import matches
from studio.tabs.forensics.footage import NotShown, footage
from studio.tabs.forensics.judging import Judging
from studio.theme import style
from studio.video.along import Along
from studio.video.compare import Compare, Side
from studio.video.playhead import Lane
from studio.video.shield import Shield
from studio.widgets.button import Button
from studio.widgets.chip import Chip
from studio.widgets.label import ElidedLabel, Label

UPLOAD, ORIGINAL = "The upload", "The banked original"


class MatchPane(QWidget):
    """Shows one match at a time, or any two videos without a verdict."""

    def __init__(self, context: Context, judging: Judging) -> None:
        super().__init__()
        self._context, self._judging = context, judging
        self.match: MatchView | None = None
        self._windows: list[MediaWindow] = []
        self._serial = 0
        worn = style.tokens()
        self.grade, self.bank, self.verdict = Chip(""), ElidedLabel("", "strong"), Chip("")
        self.facts = Label("", "muted", wrap=True)
        self.confirm = Button("Confirm", kind="danger", icon="check", tip="It is the same material")
        self.wrong = Button("False positive", icon="x", tip="It is something else: the bank is told")
        self.undo = Button("Undo", kind="link", icon="undo", tip="Take the verdict back before it is sent")
        self.undo.hide()
        self.compare = Compare(context.keymap, UPLOAD, ORIGINAL)
        head = QHBoxLayout()
        head.setSpacing(worn.space_2)
        head.addWidget(self.grade)
        head.addWidget(self.bank, 1)
        head.addWidget(self.verdict)
        self._head = QWidget()
        self._head.setLayout(head)
        head.setContentsMargins(0, 0, 0, 0)
        acts = QHBoxLayout()
        acts.setContentsMargins(0, 0, 0, 0)
        acts.setSpacing(worn.space_2)
        acts.addWidget(self.facts, 1)
        acts.addWidget(self.undo)
        acts.addWidget(self.wrong)
        acts.addWidget(self.confirm)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(worn.space_2)
        column.addWidget(self._head)
        column.addWidget(self.compare, 1)
        column.addLayout(acts)
        self.confirm.clicked.connect(partial(self._judge, MatchVerdict.CONFIRMED))
        self.wrong.clicked.connect(partial(self._judge, MatchVerdict.FALSE_POSITIVE))
        self.undo.clicked.connect(self._undo)
        judging.changed.connect(self._tell)
        self.setFocusProxy(self.compare)
        self.destroyed.connect(partial(_close, self._windows))

    def show_match(self, match: MatchView) -> None:
        """Show a match; the videos are opened unless they are here already."""
        same = self.match is not None and self.match.id == match.id
        self.match = match
        word, tone, icon = matches.look(match)
        self.grade.set(word, tone, icon)
        self.bank.setText(f"{match.bank_name} · {matches.KINDS[match.bank_kind]}")
        parts = [matches.distance(match), matches.changes(match), matches.where(match)]
        self.facts.setText(". ".join(part[:1].upper() + part[1:] for part in parts if part) + ".")
        self._tell(match.id)
        if not same:
            lanes = matches.lane([match.model_copy(update={"verdict": MatchVerdict.PENDING})])
            self._show(match.video_id, match.original_video_id, matches.along(match), lanes)

    def show_pair(self, left: UUID, right: UUID) -> None:
        """Compare any two videos from their beginning."""
        self.match = None
        for part in (self._head, self.undo, self.confirm, self.wrong):
            part.hide()
        self.compare.left.title.setText("First video")
        self.compare.right.title.setText("Second video")
        self.facts.setText("Both from the beginning. The first one leads.")
        self._show(left, right, Along(), ())

    def leave(self) -> None:
        """Show nothing any more. What was said of the match waits in the outbox."""
        self.match = None
        self._serial += 1
        self.compare.close_videos()
        _close(self._windows)

    # Inside

    def _show(self, left: UUID, right: UUID | None, along: Along, lanes: tuple[Lane, ...]) -> None:
        self._serial += 1
        _close(self._windows)
        get = self._context.settings.get
        self.compare.set_shield(Shield(blur=True, strength=get(BLUR), grey=get(GREYSCALE)))
        self.compare.begin(along)
        self._fetch(self.compare.left, left, lanes)
        if right is None:
            why = "It came as a list of hashes, was deleted, or may not be seen by you."
            self.compare.right.say("The original is not here", why)
        else:
            self._fetch(self.compare.right, right, ())

    def _fetch(self, side: Side, video_id: UUID, lanes: tuple[Lane, ...]) -> None:
        serial, api = self._serial, self._context.api

        async def fetch() -> MediaWindow | str:
            try:
                return await footage(api, video_id)
            except NotShown as why:
                return str(why)

        def took(got: MediaWindow | str) -> None:
            if isinstance(got, str):
                if serial == self._serial:
                    side.say("No picture", got)
            elif serial != self._serial:
                got.close()
            else:
                self._windows.append(got)
                side.open(got, lanes)

        def failed(error: ApiError) -> None:
            if serial == self._serial:
                gone = isinstance(error, NotFound)
                said = "It was deleted, or may not be seen by you." if gone else error.to_do_oneself
                side.say("The video is not there" if gone else error.what_happened, said)

        self._context.tasks.read(fetch, took, failed, owner=self)

    def _judge(self, verdict: MatchVerdict, _checked: bool = False) -> None:
        if self.match is not None:
            self._judging.judge(self.match, verdict)

    def _undo(self) -> None:
        if self.match is not None:
            self._judging.take_back(self.match.id)

    def _tell(self, match_id: UUID) -> None:
        match = self.match
        if match is None or match.id != match_id:
            return
        verdict = self._judging.verdict_of(match)
        self.verdict.set(*matches.VERDICTS[verdict])
        self.undo.setVisible(self._judging.holds(match.id))
        may = matches.may_judge(match)
        self.confirm.setEnabled(may and verdict is not MatchVerdict.CONFIRMED)
        self.wrong.setEnabled(may and verdict is not MatchVerdict.FALSE_POSITIVE)


class MatchDialog(QDialog):
    """The pane over a review, which goes on below it; `blank_wanted`: that is to be blanked, too."""

    blank_wanted = Signal()

    def __init__(self, context: Context, judging: Judging, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare with the original")
        self.setAccessibleName("Compare with the original")
        self.pane = MatchPane(context, judging)
        worn = style.tokens()
        close = Button("Close", tip="Back to the review (Esc)")
        close.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(worn.space_4, worn.space_4, worn.space_4, worn.space_4)
        layout.setSpacing(worn.space_2)
        layout.addWidget(self.pane, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        layout.addLayout(row)
        over = parent.window().size()
        self.resize(min(1_280, over.width() - 80), min(760, over.height() - 80))
        bind(context.keymap, self, "review", {"review.panic": self._blank})
        self.pane.compare.blank_wanted.connect(self._blank)
        self.finished.connect(lambda _result: self.pane.leave())

    def _blank(self) -> None:
        """Nothing is seen at once; what is below would be, if only this went."""
        self.pane.compare.set_blank(True)
        self.blank_wanted.emit()
        self.reject()


def _close(windows: list[MediaWindow]) -> None:
    while windows:
        windows.pop().close()
