"""Gallery pages of single widgets: controls, data, states."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QSlider,
    QWidget,
)

import resources
from studio.gallery_samples import PROBLEM
from studio.theme import style
from studio.theme.icons import pixmap
from studio.widgets.button import Button, IconButton, Kind
from studio.widgets.card import Card
from studio.widgets.chip import TONES, Chip
from studio.widgets.draft_edit import DraftEdit
from studio.widgets.empty_state import EmptyState, ErrorState
from studio.widgets.form import FormRow
from studio.widgets.inline_confirm import InlineConfirm
from studio.widgets.label import ElidedLabel, Label, Tone
from studio.widgets.number_field import NumberField
from studio.widgets.progress_row import ProgressRow
from studio.widgets.score_bar import ScoreBar
from studio.widgets.skeleton import Skeleton
from studio.widgets.ticker import Ticker
from studio.widgets.time_label import AgoLabel, DeadlineChip


def row(*widgets: QWidget, stretch: bool = True) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(style.tokens().space_2)
    for widget in widgets:
        row.addWidget(widget)
    if stretch:
        row.addStretch(1)
    return row


def page_of(*cards: QWidget, columns: int = 2) -> QWidget:
    page = QWidget()
    page.setProperty("surface", "window")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    grid = QGridLayout(page)
    grid.setContentsMargins(24, 20, 24, 24)
    grid.setSpacing(style.tokens().space_4)
    for number, card in enumerate(cards):
        grid.addWidget(card, number // columns, number % columns)
        grid.setColumnStretch(number % columns, 1)
    grid.setRowStretch((len(cards) - 1) // columns + 1, 1)
    return page


def controls_page() -> QWidget:
    """Buttons, fields and choices, at rest, off and wrong."""
    kinds: tuple[Kind, ...] = ("", "primary", "success", "danger", "quiet", "link")
    buttons = Card("Buttons", "rest, with icon, checked, off")
    buttons.body.addLayout(row(*(Button(kind.capitalize() or "Plain", kind=kind) for kind in kinds)))
    buttons.body.addLayout(
        row(
            Button("Allow", kind="success", icon="allow"),
            Button("Restrict", icon="restrict"),
            Button("Remove", kind="danger", icon="remove"),
            Button("Claim", kind="primary", icon="review"),
        )
    )
    off = [Button(kind.capitalize() or "Plain", kind=kind, icon="flag") for kind in kinds[:4]]
    for button in off:
        button.setEnabled(False)
    on = Button("Checked")
    on.setCheckable(True)
    on.setChecked(True)
    buttons.body.addLayout(row(on, *off))
    buttons.body.addLayout(
        row(
            *(
                IconButton(name, name)
                for name in ("step-back", "play", "step-forward", "mark-in", "mark-out", "blur", "mute")
            )
        )
    )
    buttons.body.addWidget(InlineConfirm("Reset all keys", "Every key goes back.", "Reset", icon="refresh"))
    asking = InlineConfirm("Reset all keys", "Every key goes back.", "Reset", icon="refresh")
    asking._ask()
    buttons.body.addWidget(asking)

    fields = Card("Fields")
    fields.body.setSpacing(style.tokens().space_3)
    fields.body.addWidget(FormRow("Email", QLineEdit("noor@example.org")))
    password = QLineEdit("wrong")
    password.setEchoMode(QLineEdit.EchoMode.Password)
    wrong = FormRow("Password", password, "At least 12 characters.")
    wrong.set_fault("Email or password is wrong. Two tries are left.")
    fields.body.addWidget(wrong)
    combo = QComboBox()
    combo.addItems(["Graphic violence", "Adult nudity", "Spam"])
    fields.body.addWidget(FormRow("Policy", combo))
    locked = QLineEdit("cannot be changed")
    locked.setEnabled(False)
    fields.body.addWidget(FormRow("Off", locked))
    note = DraftEdit(
        "Facts", lambda text: None, text="The face was replaced between 00:12 and 00:15.", lines=3
    )
    fields.body.addWidget(FormRow("Facts", note, "Kept as you type. The person concerned will read this."))

    choices = Card("Choices")
    for text, checked, enabled in (("Blur", True, True), ("Greyscale", False, True), ("Off", True, False)):
        box = QCheckBox(text)
        box.setChecked(checked)
        box.setEnabled(enabled)
        choices.body.addWidget(box)
    radios = [QRadioButton("This item"), QRadioButton("Whole account")]
    radios[0].setChecked(True)
    choices.body.addLayout(row(*radios))
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setAccessibleName("Blur strength")
    slider.setValue(40)
    choices.body.addWidget(slider)
    choices.body.addWidget(FormRow("Duration", NumberField("Duration", 1, 365, 30, unit="days")))

    tones: tuple[Tone, ...] = (
        "display",
        "heading",
        "title",
        "strong",
        "",
        "muted",
        "faint",
        "caption",
        "section",
        "key",
        "danger",
        "success",
        "warning",
    )
    texts = Card("Text", "the same line in each tone; figures have one width")
    for tone in tones:
        texts.body.addLayout(row(Label(f"{tone or 'body'}: 1,111 of 8,888 items", tone)))
    texts.body.addWidget(ElidedLabel("A line that is far too long for the room it has " * 6))
    for card in (buttons, choices, texts):
        card.body.addStretch(1)
    return page_of(buttons, fields, choices, texts)


def data_page() -> QWidget:
    """Chips, scores, times, icons, progress."""
    ticker = Ticker()
    now = ticker.now()
    chips = Card("Chips")
    for part in (TONES[:4], TONES[4:9], TONES[9:]):
        chips.body.addLayout(row(*(Chip(tone.capitalize(), tone) for tone in part)))
    chips.body.addLayout(
        row(
            Chip("Escalated", "warning", "escalate"),
            Chip("Removed", "danger", "remove"),
            Chip("With noor", "accent", "person"),
        )
    )
    chips.body.addLayout(
        row(
            DeadlineChip(now + timedelta(hours=23), 86_400, ticker),
            DeadlineChip(now + timedelta(minutes=9), 3_600, ticker),
            DeadlineChip(now - timedelta(minutes=12), 3_600, ticker),
            AgoLabel(now - timedelta(minutes=4), ticker),
        )
    )
    scores = Card("Deepfake score", "96 frames")
    for name, score in (
        ("Face boundary", 9_140),
        ("Temporal flicker", 7_400),
        ("Lip-sync offset", 4_800),
        ("Compression", 2_200),
        ("A name that is too long for its room", 0),
        ("Voice", None),
    ):
        scores.body.addWidget(ScoreBar(name, score))
    progress = Card("Running")
    upload = ProgressRow("Uploading holiday_2026_final_cut.mp4")
    upload.set_progress(0.64, "64 % · 12 s left")
    done = ProgressRow("Exporting the audit log")
    done.finish("1,204 rows")
    unknown = ProgressRow("Verifying the chain")
    unknown.set_progress(None, "seq 88,120")
    for task in (upload, done, unknown):
        progress.body.addWidget(task)
    icons = Card("Icons")
    grid = QGridLayout()
    grid.setSpacing(10)
    for number, file in enumerate(sorted(resources.path("icons").glob("*.svg"))):
        picture = Label()
        picture.setPixmap(pixmap(file.stem, "text", 20, QApplication.primaryScreen().devicePixelRatio()))
        picture.setToolTip(file.stem)
        grid.addWidget(picture, number // 16, number % 16)
    icons.body.addLayout(grid)
    for card in (chips, scores, progress, icons):
        card.body.addStretch(1)
    page = page_of(chips, scores, progress, icons)
    ticker.setParent(page)
    return page


def states_page() -> QWidget:
    """What stands where content would be, and a table of few rows."""
    loading, empty, nothing, failed = Card(), Card(), Card(), Card()
    loading.body.addWidget(Skeleton())
    empty.body.addWidget(
        EmptyState(
            "check", "The queue is empty", "Everything that was flagged has been decided.", "Look at appeals"
        )
    )
    nothing.body.addWidget(
        EmptyState("search", "Nothing matches “deepfake mara”", "Try fewer words.", "Clear the filter")
    )
    failed.body.addWidget(ErrorState(PROBLEM))
    for card in (loading, empty, nothing, failed):
        card.setMinimumHeight(340)
    return page_of(loading, empty, nothing, failed)
