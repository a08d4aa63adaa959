"""What an administrator does to one spark: publish a version, retire it, bring it back, set its price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from server.sparks.engine.format.spark import CREDITS
from server.sparks.rules import NOTE_MAX, SparkState, VersionState, range_said
from server.sparks.schemas import JudgingView, SparkView, VersionView
from studio.tab import Context
from studio.tabs.sparks.deeds import Answered, Deeds
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.inline_confirm import InlineConfirm
from studio.widgets.label import Label
from studio.widgets.number_field import NumberField

MOST: Final = 10_000


@dataclass(slots=True)
class _Typed:
    """What was typed of one spark and is not sent yet; None = its price is as it was."""

    credits: int | None = None
    reason: str = ""


class AdminSection(QFrame):
    """Its deeds tell what became of it. `picked_another`: there is another version to look at."""

    picked_another = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.setAccessibleName("Publication and price")
        worn = style.tokens()
        self.deeds = Deeds(context, self)
        self._spark: SparkView | None = None
        self._versions: Sequence[VersionView] = ()
        self._typed: defaultdict[UUID, _Typed] = defaultdict(_Typed)
        self._under_way: set[UUID] = set()
        """Sparks of which the server has not answered yet: asked once more, it would be done twice."""
        self.picked: VersionView | None = None
        """The version that the person picked, to look at it and to publish it."""
        self.version = QComboBox()
        self.version.setAccessibleName("Version to publish")
        self.version.setPlaceholderText("Choose a version")
        self.version.currentIndexChanged.connect(self._pick)
        self.publish = Button("Publish", kind="primary")
        self.publish.clicked.connect(self._publish)
        self.standing = Label("", "muted", wrap=True)
        self.standing.hide()
        self.cost = NumberField("Price in credits", 1, MOST, 1)
        self.cost.valueChanged.connect(self._type_cost)
        self.set_price = Button("Set price")
        self.set_price.clicked.connect(self._set_price)
        self.range = Label("", "caption", wrap=True)
        self.reason = QLineEdit()
        self.reason.setAccessibleName("Reason")
        self.reason.setPlaceholderText("Reason, for the log")
        self.reason.setMaxLength(NOTE_MAX)
        self.reason.textChanged.connect(self._type_reason)
        self.retire = InlineConfirm("Retire", "Take it out?", "Retire", icon="remove")
        self.retire.confirmed.connect(self._retire)
        self.restore = Button("Bring back", icon="undo")
        self.restore.clicked.connect(self._restore)
        publishing, pricing = QHBoxLayout(), QHBoxLayout()
        for row in (publishing, pricing):
            row.setSpacing(worn.space_2)
        publishing.addWidget(self.version, 1)
        publishing.addWidget(self.publish)
        pricing.addWidget(self.cost, 1)
        pricing.addWidget(self.set_price)
        column = QVBoxLayout(self)
        column.setContentsMargins(worn.space_3, worn.space_3, worn.space_3, worn.space_3)
        column.setSpacing(worn.space_2)
        column.addLayout(publishing)
        column.addWidget(self.standing)
        column.addLayout(pricing)
        column.addWidget(self.range)
        column.addWidget(self.reason)
        column.addWidget(self.retire)
        column.addWidget(self.restore)

    def show_spark(self, spark: SparkView) -> None:
        """Offer what may be done to it now."""
        other = self._spark is None or self._spark.id != spark.id
        self._spark = spark
        typed = self._typed[spark.id]
        if typed.credits == spark.credits:
            typed.credits = None
        low, high = CREDITS[spark.tier]
        self.cost.blockSignals(True)
        self.cost.setRange(low, high)
        if other or (typed.credits is None and not self.cost.hasFocus()):
            self.cost.setValue(typed.credits or spark.credits or low)
        self.cost.blockSignals(False)
        self.range.setText(range_said(spark.tier))
        if other:
            self.picked = None
            self.show_versions(())
            self.reason.setText(typed.reason)
            self.standing.hide()
        self.retire.setVisible(spark.state is SparkState.PUBLISHED)
        self.restore.setVisible(spark.state is SparkState.RETIRED)
        self.reason.setVisible(spark.state is not SparkState.DRAFT)
        self._allow()

    def show_versions(self, versions: Sequence[VersionView]) -> None:
        """Offer these for publication, the newest first. Unless another one is picked it is the one that is
        played."""
        self._versions = versions
        self.version.blockSignals(True)
        self.version.clear()
        for each in versions:
            published = self._spark is not None and each.number == self._spark.published_version
            self.version.addItem(f"Version {each.number}" + (", published" if published else ""), each.number)
        shown = self.picked or self._spark
        self.version.setCurrentIndex(self.version.findData(shown.number) if shown is not None else -1)
        self.version.blockSignals(False)
        self._allow()

    def show_judging(self, judging: JudgingView) -> None:
        """Say how it stands."""
        words = {
            VersionState.JUDGING: f"Version {judging.number} is being judged. This can take a minute.",
            VersionState.REFUSED: f"Version {judging.number} was refused: see what stands in the way.",
            VersionState.PARKED: f"Version {judging.number} could not be judged; it may be asked for again.",
        }
        said = words.get(judging.state, "")
        self.standing.setText(said)
        self.standing.setVisible(bool(said))
        self._allow()

    def _allow(self) -> None:
        number, spark = self.version.currentData(), self._spark
        is_out = spark is not None and spark.state is SparkState.PUBLISHED
        there_already = is_out and spark is not None and number == spark.published_version
        free = spark is not None and spark.id not in self._under_way
        self.publish.setEnabled(free and number is not None and not there_already)
        self.set_price.setEnabled(free)
        for button in (self.retire.first, self.retire.yes, self.restore):
            button.setEnabled(free and bool(self.reason.text().strip()))

    def _pick(self, place: int) -> None:
        self.picked = self._versions[place] if 0 <= place < len(self._versions) else None
        self._allow()
        self.picked_another.emit()

    def _type_cost(self, value: int) -> None:
        if self._spark is not None:
            self._typed[self._spark.id].credits = value if value != self._spark.credits else None

    def _type_reason(self, text: str) -> None:
        if self._spark is not None:
            self._typed[self._spark.id].reason = text
        self._allow()

    def _ask(self, spark: SparkView, *, reasoned: bool = False) -> Answered:
        """Nothing more is asked of a spark until there is an answer; a reason that was given is used up."""

        def answered(done: bool) -> None:
            self._under_way.discard(spark.id)
            if done and reasoned:
                self._typed[spark.id].reason = ""
                if self._spark is not None and self._spark.id == spark.id:
                    self.reason.clear()
            self._allow()

        self._under_way.add(spark.id)
        self._allow()
        return answered

    def _publish(self) -> None:
        number, spark = self.version.currentData(), self._spark
        chosen = next((each for each in self._versions if each.number == number), None)
        if spark is not None and chosen is not None:
            self.deeds.publish(spark, chosen.number, chosen.sha256, self._ask(spark))

    def _set_price(self) -> None:
        if (spark := self._spark) is not None:
            self.deeds.set_price(spark, self.cost.value(), self._ask(spark))

    def _retire(self) -> None:
        if (spark := self._spark) is not None and (reason := self.reason.text().strip()):
            self.deeds.retire(spark, reason, self._ask(spark, reasoned=True))

    def _restore(self) -> None:
        if (spark := self._spark) is not None and (reason := self.reason.text().strip()):
            self.deeds.restore(spark, reason, self._ask(spark, reasoned=True))
