"""What stands where the content would be: the warning before it, the break from it, the loss of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.moderation.schemas import Review
from studio.key_hints import hint
from studio.keys import Keymap
from studio.tabs.moderation.claims import Loss
from studio.theme import style
from studio.widgets.button import Button
from studio.widgets.card import Card
from studio.widgets.empty_state import Disc
from studio.widgets.label import Label, Tone

WIDTH: Final = 420


class Screen(Card):
    """An icon, a title, sentences and buttons in the middle of a card."""

    def __init__(self, name: str, icon: str, tone: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        worn = style.tokens()
        middle = QWidget()
        middle.setMaximumWidth(WIDTH)
        outer = QHBoxLayout()
        outer.addStretch(1)
        outer.addWidget(middle, 100)
        outer.addStretch(1)
        self.body.addLayout(outer, 1)
        column = QVBoxLayout(middle)
        column.setSpacing(worn.space_2)
        column.addStretch(3)
        column.addWidget(Disc(icon, tone), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(worn.space_2)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(worn.space_2)
        column.addLayout(self._lines)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(worn.space_2)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addLayout(self._buttons)
        row.addStretch(1)
        column.addSpacing(worn.space_2)
        column.addLayout(row)
        column.addStretch(4)

    def say(self, lines: Sequence[tuple[str, Tone]]) -> None:
        """Show these lines in place of the earlier ones."""
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for text, tone in lines:
            label = Label(text, tone, wrap=True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._lines.addWidget(label)
        self.setAccessibleDescription(" ".join(text for text, _ in lines))

    def add_button(self, button: Button) -> Button:
        """Put a button below the lines."""
        self._buttons.addWidget(button)
        return button


class Cover(Screen):
    """Names what is to be expected before anything of it is shown."""

    proceeded = Signal()

    def __init__(self, keymap: Keymap) -> None:
        super().__init__("Covered content", "shield", "warning")
        self.proceed = self.add_button(Button("Show it, shielded", kind="primary", icon="eye"))
        hint(keymap, self.proceed, "review.proceed")
        self.proceed.clicked.connect(self.proceeded)

    def show_review(self, review: Review, titles: Callable[[str], str], *, restricted: bool) -> None:
        """Warn of what an item was flagged for."""
        policies = Counter(titles(flag.policy) for flag in review.flags) or Counter(
            [titles(review.item.policy)]
        )
        named = ", ".join(policy for policy, _ in policies.most_common(3))
        count = len(review.flags)
        flags = f"{count} flag{'s' if count != 1 else ''}" if count else "Raised by a rule"
        more = " Nothing of it is kept on this computer." if restricted else ""
        self.say(
            [
                (named, "title"),
                (f"{review.item.severity.capitalize()} severity · {review.item.content_type} · {flags}", ""),
                (
                    "It is covered until you go on. What is known of it stands at the right, and you can"
                    f" decide without looking.{more}",
                    "muted",
                ),
            ]
        )


class LostScreen(Screen):
    """The claim is gone; what was typed is not."""

    again_wanted = Signal()
    next_wanted = Signal()

    def __init__(self, keymap: Keymap) -> None:
        super().__init__("The claim was lost", "unlock", "danger")
        self.again = self.add_button(Button("Claim it again", kind="primary", icon="lock"))
        self.again.clicked.connect(self.again_wanted)
        self.show_loss(None)
        following = self.add_button(Button("Next item", icon="chevron-right"))
        hint(keymap, following, "review.next")
        following.clicked.connect(self.next_wanted)

    def show_loss(self, loss: Loss | None) -> None:
        """Say who has the item now and how it came to them, as far as that is known."""
        by = loss.by if loss is not None else ""
        how = loss.how if loss is not None else ""
        titles = {"taken": f"@{by} took this item over", "handed": f"You handed this item to @{by}"}
        lines: list[tuple[str, Tone]] = [
            (
                titles.get(how) or (f"@{by} has this item now" if by else "This item is not yours any more"),
                "title",
            )
        ]
        if loss is not None and loss.why:
            lines.append((f"“{loss.why}”", ""))
        ran_out = (
            ""
            if how
            else "Its lease has run out. "
            if by
            else "Its lease has run out, or it was taken over. "
        )
        kept = (
            "What you chose, wrote and marked is kept on this computer and is there again when you claim it."
        )
        self.say([*lines, (f"{ran_out}{kept}", "muted")])
        self.again.setVisible(not by)


class BreakScreen(Screen):
    """A blank screen for as long as it is needed."""

    resumed = Signal()

    def __init__(self, keymap: Keymap) -> None:
        super().__init__("Break", "moon", "neutral")
        resume = self.add_button(Button("Go on", kind="primary"))
        hint(keymap, resume, "review.panic")
        resume.clicked.connect(self.resumed)

    def show_kept(self, until: str) -> None:
        """Say what is kept; `until` is when the claim runs out, empty = there is none."""
        claim = f" The item stays yours until {until}; after that it goes back to the queue." if until else ""
        self.say(
            [
                ("Nothing is shown, nothing sounds", "title"),
                (f"Take the time that you need. What you chose, wrote and marked is kept.{claim}", "muted"),
            ]
        )


class WaitScreen(Screen):
    """Something is on its way, or did not come."""

    acted = Signal()
    back_wanted = Signal()

    def __init__(self, icon: str, tone: str, *, action: str, back: str = "Back to the queue") -> None:
        super().__init__("Waiting", icon, tone)
        if action:
            act = self.add_button(Button(action, kind="primary", icon="refresh"))
            act.clicked.connect(self.acted)
        leave = self.add_button(Button(back))
        leave.clicked.connect(self.back_wanted)
