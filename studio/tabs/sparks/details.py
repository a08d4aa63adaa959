"""What is known of one spark: its facts, what stands in the way of it, its versions and its prices."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.kit.wire import Page
from server.sparks.rules import SparkState, VersionState
from server.sparks.schemas import JudgingView, PriceView, SparkView, VersionView
from studio.api.errors import ApiError
from studio.sparks.given import Known
from studio.sparks.look import TONES, WORDS
from studio.tab import Context
from studio.tabs.sparks.admin import AdminSection
from studio.tabs.sparks.faults import FaultList
from studio.tabs.sparks.notice import Notice
from studio.tabs.sparks.reading import PATH
from studio.tabs.sparks.state import Fault, family_words, faults, known, price
from studio.tabs.sparks.topics import EDIT, PUBLISH
from studio.theme import style
from studio.widgets.chip import Chip
from studio.widgets.label import Label
from studio.widgets.scroll_pane import ScrollPane

MOST: Final = 20
"""Versions and prices that are listed."""
STATE_LOOKS: Final = {
    SparkState.DRAFT: ("Draft", "info"),
    SparkState.PUBLISHED: ("Published", "success"),
    SparkState.RETIRED: ("Retired", "neutral"),
}
VERSION_WORDS: Final = {
    VersionState.ADDED: "added",
    VersionState.JUDGING: "being judged",
    VersionState.PASSED: "passed",
    VersionState.REFUSED: "refused",
    VersionState.PARKED: "could not be judged",
}


class Details(QWidget):
    """`fault_wanted` carries a `Fault` that is to be shown on the preview, or None; `version_wanted`: another
    version is to be played there."""

    fault_wanted = Signal(object)
    version_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setAccessibleName("Details of the spark")
        self._context = context
        self._spark: SparkView | None = None
        self._reading: list[asyncio.Task[None]] = []
        self.judging: JudgingView | None = None
        self._measured: list[Fault] = []
        worn = style.tokens()
        permissions = context.me.permissions
        self._may_edit = EDIT in permissions
        self._versions: list[VersionView] = []
        self.name = Label("", "heading", wrap=True)
        self.tier, self.state = Chip(""), Chip("")
        self.facts = Label("", "muted", wrap=True)
        self.about = Label("", wrap=True)
        self.fault = Label("", "danger", wrap=True)
        self.fault.hide()
        self.faults = FaultList()
        self.faults.chosen.connect(self.fault_wanted)
        self.admin = AdminSection(context) if PUBLISH in permissions else None
        self.refused = Notice()
        self.versions = Label("", wrap=True)
        self.prices = Label("", wrap=True)
        chips = QHBoxLayout()
        chips.setSpacing(worn.space_2)
        chips.addWidget(self.tier)
        chips.addWidget(self.state)
        chips.addStretch(1)
        inside = QWidget()
        inside.setProperty("surface", "clear")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, worn.space_3, worn.space_3)
        column.setSpacing(worn.space_2)
        column.addWidget(self.name)
        column.addLayout(chips)
        column.addWidget(self.facts)
        column.addWidget(self.about)
        column.addWidget(self.fault)
        column.addWidget(self.faults)
        if self.admin is not None:
            column.addWidget(self.admin)
            column.addWidget(self.refused)
            self.admin.picked_another.connect(self.version_wanted)
            self.admin.deeds.changed.connect(self.show_spark)
            self.admin.deeds.asked.connect(self._judged)
            self.admin.deeds.refused.connect(self.refused.say)
        self._titles = (Label("Versions", "section"), Label("Prices", "section"))
        for title, text in zip(self._titles, (self.versions, self.prices), strict=True):
            column.addSpacing(worn.space_2)
            column.addWidget(title)
            column.addWidget(text)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._pane = ScrollPane("Details of the spark", inside, ground="window")
        outer.addWidget(self._pane)
        self.show_spark(None)

    @property
    def spark(self) -> SparkView | None:
        """The one that is shown."""
        return self._spark

    @property
    def to_play(self) -> Known | None:
        """The version of it that is to be looked at."""
        if self._spark is None:
            return None
        picked = self.admin.picked if self.admin is not None else None
        return known(self._spark, picked.number, picked.sha256) if picked is not None else known(self._spark)

    @property
    def settled(self) -> bool:
        """Whether nothing is being read."""
        return all(each.done() for each in self._reading)

    def show_spark(self, spark: SparkView | None) -> None:
        """Show one; of another one than before everything is read anew."""
        before, self._spark = self._spark, spark
        self._pane.setVisible(spark is not None)
        if spark is None:
            self._stop()
            return
        title, tone = STATE_LOOKS[spark.state]
        self.name.setText(spark.name)
        self.tier.set(WORDS[spark.tier], TONES[spark.tier], "spark")
        self.state.set(title, tone)
        self.state.setVisible(self._may_edit or spark.state is not SparkState.PUBLISHED)
        self.facts.setText(
            f"{family_words(spark.family)} · {price(spark.credits)} · {spark.duration_ms / 1000:.1f} s"
        )
        if before is None or before.id != spark.id:
            self._forget()
        if self.admin is not None:
            self.admin.show_spark(spark)
        self.read()

    def read(self) -> None:
        """Read what is beside the catalogue: the words of its maker, versions, prices, the last verdict."""
        spark = self._spark
        self._stop()
        if spark is None:
            return
        api, films = self._context.api, self._context.films
        path = f"{PATH}/{spark.id}"

        async def content() -> dict[str, Any]:
            found = json.loads(await films.content(known(spark)))
            return found if isinstance(found, dict) else {}

        async def versions() -> list[VersionView]:
            answer = await api.get(f"{path}/versions", params={"limit": MOST})
            return answer.model(Page[VersionView]).items

        async def prices() -> list[PriceView]:
            return (await api.get(f"{path}/prices", params={"limit": MOST})).model(Page[PriceView]).items

        async def judging() -> JudgingView:
            return (await api.get(f"{path}/versions/{spark.current_version}/judging")).model(JudgingView)

        read = self._context.tasks.read
        self._reading = [
            read(content, self._show_content, self._unread, owner=self),
            read(versions, self._show_versions, self._unread, owner=self),
            read(prices, self._show_prices, self._unread, owner=self),
        ]
        if self._may_edit:
            self._reading.append(read(judging, self._judged, self._unread, owner=self))

    def show_measured(self, found: list[Fault]) -> None:
        """What would be refused by what this computer measured: shown until the server has judged it."""
        self._measured = found
        self._show_faults()

    # Inside

    def _forget(self) -> None:
        self.judging, self._versions = None, []
        self._say("")
        for label in (self.about, self.versions, self.prices):
            label.setText("")
        self.about.hide()
        self.refused.hide()
        self.show_measured([])

    def _stop(self) -> None:
        for task in self._reading:
            task.cancel()
        self._reading = []

    def _show_content(self, content: dict[str, Any]) -> None:
        author, about = str(content.get("author") or ""), str(content.get("about") or "")
        said = [about, f"By {author}" if author else ""]
        self.about.setText("\n".join(part for part in said if part))
        self.about.setVisible(any(said))

    def _show_versions(self, found: list[VersionView]) -> None:
        self._versions, lines = found, []
        for each in found:
            beside = f", {each.note}" if each.note else ""
            current = self._spark is not None and each.number == self._spark.published_version
            mark = " (published)" if current else f" ({VERSION_WORDS[each.state]})"
            lines.append(f"{each.number}{mark} · {each.at:%d %b %Y} · {-(-each.bytes // 1024)} KB{beside}")
        self.versions.setText("\n".join(lines) or "None yet.")
        if self.admin is not None:
            self.admin.show_versions(found)

    def _show_prices(self, found: list[PriceView]) -> None:
        lines = []
        for each in found:
            until = f" to {each.valid_to:%d %b %Y}" if each.valid_to else ""
            lines.append(f"{price(each.credits)} · from {each.valid_from:%d %b %Y}{until}")
        self.prices.setText("\n".join(lines) or "None yet.")

    def _judged(self, judging: JudgingView) -> None:
        self.judging = judging
        if judging.state is not VersionState.JUDGING:
            self._settle(judging)
        if judging.state is VersionState.PARKED:
            self._say(f"It could not be judged. {judging.reason or ''}".strip())
        else:
            self._say("")
        self._show_faults()
        if self.admin is not None:
            self.admin.show_judging(judging)

    def _settle(self, judging: JudgingView) -> None:
        """Both are read at the same time: what the list says may be from before the verdict."""
        found = [
            each.model_copy(update={"state": judging.state})
            if each.number == judging.number and each.state is VersionState.JUDGING
            else each
            for each in self._versions
        ]
        if found != self._versions:
            self._show_versions(found)

    def _show_faults(self) -> None:
        if self.judging is not None and self.judging.judged_at is not None:
            self.faults.show_faults(faults(self.judging.refusals), here=False)
        else:
            self.faults.show_faults(self._measured, here=True)

    def _say(self, what: str) -> None:
        self.fault.setText(what)
        self.fault.setVisible(bool(what))

    def _unread(self, error: ApiError) -> None:
        self._say(f"Not everything could be read. {error.what_happened}")
