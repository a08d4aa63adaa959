"""What an administrator does to one spark: publish a version, retire it, bring it back, set its price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from server.sparks.engine.format.spark import CREDITS
from server.sparks.rules import NOTE_MAX, SparkState, VersionState, range_said
from server.sparks.schemas import JudgingView, SparkView, VersionView
from studio.tab import Context
from studio.tabs.sparks.deeds import Deeds
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.inline_confirm import InlineConfirm
from studio.widgets.label import Label
from studio.widgets.number_field import NumberField

MOST: Final = 10_000


class AdminSection(QFrame):
    """Its deeds tell what became of it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self.setAccessibleName("Publication and price")
        worn = style.tokens()
        self.deeds = Deeds(context, self)
        self._spark: SparkView | None = None
        self._versions: Sequence[VersionView] = ()
        self.version = QComboBox()
        self.version.setAccessibleName("Version to publish")
        self.version.currentIndexChanged.connect(lambda _n: self._allow())
        self.publish = Button("Publish", kind="primary")
        self.publish.clicked.connect(self._publish)
        self.standing = Label("", "muted", wrap=True)
        self.standing.hide()
        self.cost = NumberField("Price in credits", 1, MOST, 1)
        self.set_price = Button("Set price")
        self.set_price.clicked.connect(self._set_price)
        self.range = Label("", "caption", wrap=True)
        self.reason = QLineEdit()
        self.reason.setAccessibleName("Reason")
        self.reason.setPlaceholderText("Reason, for the log")
        self.reason.setMaxLength(NOTE_MAX)
        self.reason.textChanged.connect(lambda _text: self._allow())
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
        low, high = CREDITS[spark.tier]
        self.cost.setRange(low, high)
        if other or not self.cost.hasFocus():  # what is being typed stays
            self.cost.setValue(spark.credits or low)
        self.range.setText(range_said(spark.tier))
        if other:
            self.show_versions(())
            self.reason.clear()
            self.standing.hide()
        self.retire.setVisible(spark.state is SparkState.PUBLISHED)
        self.restore.setVisible(spark.state is SparkState.RETIRED)
        self.reason.setVisible(spark.state is not SparkState.DRAFT)
        self._allow()

    def show_versions(self, versions: Sequence[VersionView]) -> None:
        """Offer these for publication; the newest first."""
        before = self.version.currentData()
        self._versions = versions
        self.version.clear()
        for each in versions:
            published = self._spark is not None and each.number == self._spark.published_version
            self.version.addItem(f"Version {each.number}" + (", published" if published else ""), each.number)
        self.version.setCurrentIndex(max(0, self.version.findData(before)))
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
        has_reason = bool(self.reason.text().strip())
        number, spark = self.version.currentData(), self._spark
        is_out = spark is not None and spark.state is SparkState.PUBLISHED
        there_already = is_out and spark is not None and number == spark.published_version
        self.publish.setEnabled(number is not None and not there_already)
        for button in (self.retire.first, self.retire.yes, self.restore):
            button.setEnabled(has_reason)

    def _publish(self) -> None:
        number = self.version.currentData()
        chosen = next((each for each in self._versions if each.number == number), None)
        if self._spark is not None and chosen is not None:
            self.deeds.publish(self._spark, chosen.number, chosen.sha256)

    def _set_price(self) -> None:
        if self._spark is not None:
            self.deeds.set_price(self._spark, self.cost.value())

    def _retire(self) -> None:
        if self._spark is not None and (reason := self.reason.text().strip()):
            self.deeds.retire(self._spark, reason)

    def _restore(self) -> None:
        if self._spark is not None and (reason := self.reason.text().strip()):
            self.deeds.restore(self._spark, reason)
