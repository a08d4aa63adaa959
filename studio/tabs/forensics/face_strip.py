"""The faces of a video beside each other: one is chosen, and shows what was measured on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QWidget

from studio.tabs.forensics.evidence import Face
from studio.tabs.forensics.face_cutter import FaceCutter
from studio.theme import style
from studio.theme.icons import pixmap
from studio.video.playhead import timecode
from studio.widgets.label import tooltip
from studio.widgets.painting import fill_rounded

SIDE: Final = 64
_CAPTION: Final = 20
_IN_A_ROW: Final = 4


class FaceStrip(QWidget):
    """`chosen` carries the `Face` that was pressed."""

    chosen = Signal(object)

    def __init__(self, faces: Sequence[Face], cutter: FaceCutter, worst: int | None) -> None:
        super().__init__()
        self.setAccessibleName("Faces")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(style.tokens().space_2)
        self.buttons: list[FaceButton] = []
        for place, face in enumerate(faces):
            button = FaceButton(face, cutter, worst=face.number == worst and len(faces) > 1)
            button.clicked.connect(partial(self._press, face))
            grid.addWidget(button, place // _IN_A_ROW, place % _IN_A_ROW)
            self.buttons.append(button)
        grid.setColumnStretch(_IN_A_ROW, 1)
        cutter.want()

    def mark(self, number: int) -> None:
        """Show which face is chosen."""
        for button in self.buttons:
            button.setChecked(button.face.number == number)

    def _press(self, face: Face, _checked: bool = False) -> None:
        self.mark(face.number)
        self.chosen.emit(face)


class FaceButton(QAbstractButton):
    """One face with its number below; a plain sign where there is no picture of it."""

    def __init__(self, face: Face, cutter: FaceCutter, *, worst: bool) -> None:
        super().__init__()
        self.face, self._cutter = face, cutter
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setText(f"{face.title} •" if worst else face.title)
        at = timecode(face.portrait.t_ms)
        said = " The score speaks of this one." if worst else ""
        self.setAccessibleName(f"{face.title}: go to {at}.{said}")
        self.setToolTip(tooltip(f"{face.title}, largest at {at}.{said}"))
        cutter.changed.connect(self.repaint)  # at once: what was revealed must not linger

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE + _CAPTION)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        worn = style.tokens()
        with QPainter(self) as painter:
            painter.setRenderHints(
                QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
            )
            box = QRectF(0, 0, SIDE, SIDE)
            fill_rounded(painter, box, "sunken", worn.radius_small, "border")
            image = self._cutter.image(self.face.track)
            if image is not None:
                path = QPainterPath()
                path.addRoundedRect(box.adjusted(1, 1, -1, -1), worn.radius_small, worn.radius_small)
                painter.save()
                painter.setClipPath(path)
                painter.drawImage(box, image)
                painter.restore()
            else:
                size = worn.icon_size
                plain = pixmap("person", "text_faint", size, self.devicePixelRatioF())
                painter.drawPixmap((SIDE - size) // 2, (SIDE - size) // 2, plain)
            ring = "focus" if self.hasFocus() else "accent" if self.isChecked() else ""
            if ring:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(worn.color(ring)), 2))
                painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), worn.radius_small, worn.radius_small)
            painter.setFont(style.font("caption"))
            painter.setPen(QColor(worn.text if self.isChecked() else worn.text_muted))
            caption = QRect(0, SIDE, SIDE, _CAPTION)
            painter.drawText(caption, Qt.AlignmentFlag.AlignCenter, self.text())
