"""The words of the policy that is chosen, or was flagged: what it covers, what it does not, what follows."""

from __future__ import annotations

from server.moderation.rules import Outcome
from server.moderation.schemas import PolicyNode
from studio.tabs.moderation.context_list import ContextList, Entry
from studio.widgets.label import Label
from studio.widgets.time_label import span


class PolicyTab(ContextList):
    """Shows one policy."""

    def __init__(self) -> None:
        super().__init__("Text of the policy")

    def show_policy(self, node: PolicyNode | None) -> None:
        """Show the text of a policy."""
        self.clear()
        if node is None:
            self.add(Label("Choose a policy to read it here.", "muted", wrap=True))
            return
        self.add(Entry(node.title, f"{node.severity.capitalize()} severity · {node.code}"))
        sections = (("Covers", node.covers), ("Does not cover", node.excludes), ("Follows", _follows(node)))
        for title, text in sections:
            if text:
                entry = Entry(title, said=text)
                self.add(entry)


def _follows(node: PolicyNode) -> str:
    # Allowed is what violates no policy: no policy names it among its outcomes.
    outcomes = ", ".join(["allow", *(each.value for each in node.outcomes if each is not Outcome.ALLOW)])
    lasting = f" for {span(node.default_duration_s)}" if node.default_duration_s else ""
    usual = f"usually {node.default_action.value}{lasting}"
    second = " Two people decide, each without knowing what the other found." if node.dual_control else ""
    return f"Possible: {outcomes}; {usual}.{second}"
