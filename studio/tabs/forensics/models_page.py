"""What looks at videos, and what that is worth: the checkpoints of the server, and the evaluation."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.tab import Context
from studio.tabs.forensics.checkpoints_card import CheckpointsCard
from studio.tabs.forensics.evaluation_card import EvaluationCard
from studio.theme import style


class ModelsPage(QWidget):
    """Checkpoints above, figures below; each is read, and may fail, by itself."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        worn = style.tokens()
        self.checkpoints = CheckpointsCard(context)
        self.evaluation = EvaluationCard(context)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, worn.space_3, 0, 0)
        column.setSpacing(worn.space_3)
        column.addWidget(self.checkpoints, 2)
        column.addWidget(self.evaluation, 3)
        self.setFocusProxy(self.checkpoints)

    @property
    def settled(self) -> bool:
        """Whether nothing is being read."""
        return self.checkpoints.settled and self.evaluation.settled

    def refresh(self) -> None:
        """Read both anew."""
        self.checkpoints.refresh()
        self.evaluation.refresh()
