"""Push buttons in the kinds of the style sheet; icon-only ones cannot be made without a name."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from studio.theme import style
from studio.theme.icons import icon as themed_icon
from studio.widgets.label import tooltip

Kind = Literal["", "primary", "success", "danger", "quiet", "link"]
_INK = {"primary": "on_accent", "success": "on_success", "danger": "on_danger", "link": "accent"}


class Button(QPushButton):
    """A button with text and perhaps an icon. Reached by Tab; a click leaves the focus alone."""

    def __init__(
        self,
        text: str,
        *,
        kind: Kind = "",
        icon: str = "",
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text.replace("&", "&&"), parent)
        self.setProperty("kind", kind)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setAccessibleName(text)
        self.setToolTip(tooltip(tip))
        self._set_icon(kind, icon)

    def set_look(self, kind: Kind, icon: str = "") -> None:
        """Change the kind and the icon, as a toggle does; nothing is polished anew when it is the same."""
        if self.property("kind") != kind:
            self.setProperty("kind", kind)
            self.style().unpolish(self)
            self.style().polish(self)
            self._set_icon(kind, icon)

    def _set_icon(self, kind: Kind, icon: str) -> None:
        if icon:
            self.setIcon(themed_icon(icon, _INK.get(kind, "text_muted")))
            self.setIconSize(QSize(20, 16))


class IconButton(QToolButton):
    """A square button with an icon only; `name` is what a screen reader says and the tooltip."""

    def __init__(
        self, icon: str, name: str, *, tip: str = "", role: str = "text_muted", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "quiet")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(style.tokens().icon_size, style.tokens().icon_size))
        self.set_icon(icon, role)
        self.set_name(name, tip)

    def set_icon(self, icon: str, role: str = "text_muted") -> None:
        """Show another icon, as a toggle does."""
        self.setIcon(themed_icon(icon, role))

    def set_name(self, name: str, tip: str = "") -> None:
        """Say what the button does now; `tip` names its key too."""
        self.setAccessibleName(name)
        self.setToolTip(tooltip(tip or name))
