"""The tabs beside a review: flags, creator, notes, policy, evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtWidgets import QTabWidget, QWidget

from server.moderation.schemas import PolicyNode, Review
from studio.keys import Keymap
from studio.tabs.moderation.context_creator import CreatorTab, Read
from studio.tabs.moderation.context_evidence import EvidenceTab
from studio.tabs.moderation.context_flags import FlagsTab
from studio.tabs.moderation.context_list import ContextList
from studio.tabs.moderation.context_notes import NotesTab
from studio.tabs.moderation.context_policy import PolicyTab
from studio.tabs.moderation.review_bundle import Bundle
from studio.widgets.label import Label, tooltip
from studio.widgets.panel import Panel, Subject

NAME: Final = "What is known of the item"


class ContextTabs(QTabWidget):
    """One tab for each kind of thing that is known of an item."""

    def __init__(self, keymap: Keymap, *, read: Read, keep_note: Callable[[str], object]) -> None:
        super().__init__()
        self._keymap = keymap
        self.setDocumentMode(True)
        self.setAccessibleName(NAME)
        self.tabBar().setAccessibleName(NAME)
        self.tabBar().setExpanding(False)
        self.tabBar().setDrawBase(False)
        self.tabBar().setUsesScrollButtons(False)
        self.tabBar().setProperty("kind", "tight")
        self.flags = FlagsTab()
        self.creator = CreatorTab(keymap, read)
        self.notes = NotesTab(keep_note)
        self.policy = PolicyTab()
        self.evidence = EvidenceTab(keymap)
        self.transcript = ContextList("Transcript")
        self.transcript.add(Label("No transcript: nothing has analysed the sound yet.", "muted", wrap=True))
        self._named: tuple[tuple[QWidget, str], ...] = (
            (self.flags, "Flags"),
            (self.creator, "Creator"),
            (self.notes, "Notes"),
            (self.policy, "Policy"),
            (self.evidence, "Evidence"),
            (self.transcript, "Text"),
        )
        self._lent: list[Panel] = []
        for widget, name in self._named:
            self.addTab(widget, name)
        self.setTabToolTip(self.indexOf(self.transcript), tooltip(keymap.tooltip("review.transcript")))

    def lend(self, panel: Panel) -> None:
        """Put a panel of another feature behind the flags. What is said in a video is known to such a panel
        alone, so the tab that says that nobody knows it makes room."""
        self._lent.append(panel)
        if (at := self.indexOf(self.transcript)) >= 0:
            self.removeTab(at)
        at = self.insertTab(len(self._lent), panel.widget(), panel.title.replace("&", "&&"))
        self.setTabToolTip(at, tooltip(self._keymap.tooltip("review.scores")))

    def show_transcript(self) -> None:
        """Bring to the front where it is told what is said."""
        if self.indexOf(self.transcript) >= 0:
            self.setCurrentWidget(self.transcript)
        else:
            self.show_lent()

    def show_lent(self) -> None:
        """Bring the first lent panel to the front, if there is one."""
        if self._lent:
            self.setCurrentWidget(self._lent[0].widget())

    def show_subject(self, subject: Subject | None) -> None:
        """Tell the lent panels what is reviewed."""
        for panel in self._lent:
            panel.show_subject(subject)

    def show_bundle(self, bundle: Bundle, titles: Callable[[str], str]) -> None:
        """Show what is known of another item, beginning with its flags."""
        self.notes.begin(bundle.note)
        self.show_review(bundle.review, titles)
        self.setCurrentWidget(self.flags)

    def show_review(self, review: Review, titles: Callable[[str], str]) -> None:
        """Show what is known of the same item now; what is being typed stays."""
        self.flags.show_flags(review.flags, titles)
        self.creator.show_creator(review.creator, review.decisions, titles)
        self.notes.show_notes(review.notes)
        self.show_count(self.flags, len(review.flags))
        self.show_count(self.notes, len(review.notes))

    def show_policy(self, node: PolicyNode | None) -> None:
        """Show the text of a policy."""
        self.policy.show_policy(node)

    def show_count(self, widget: QWidget, count: int) -> None:
        """Write how much there is into the title of a tab."""
        name = next(name for each, name in self._named if each is widget)
        self.setTabText(self.indexOf(widget), f"{name} {count}" if count else name)
