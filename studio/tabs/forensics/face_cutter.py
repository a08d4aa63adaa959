"""Small pictures of faces, cut from the video that is played and shielded as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from studio.tabs.forensics.evidence import Face
from studio.video.background import Background
from studio.video.cuttings import Cutting, Wanted, cuttings
from studio.video.index import MediaError
from studio.video.panel import ReviewPlayer
from studio.video.shield import Pixels, Shield
from studio.video.view import image_over


class FaceCutter(QObject):
    """Decodes the faces of one video at a time, once somebody wants to see them.

    `image` gives a face treated as the player requires it at that moment, and `changed` is told at once, so
    that nothing raw is left of a reveal. The video's end ends the pictures.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._faces: tuple[Face, ...] = ()
        self._wanted = False
        self._watched: ReviewPlayer | None = None
        self._cut: dict[int, Cutting] = {}
        self._images: dict[int, tuple[Pixels, QImage]] = {}
        self._required = Shield()
        self._blank = False
        self._worker = Background(self)
        self._worker.item.connect(self._take)

    def watch(self, watched: ReviewPlayer) -> None:
        """Cut from the video of this player from now on, which has just opened one."""
        if watched is not self._watched:
            self._leave()
            self._watched = watched
            player = watched.player
            player.required_changed.connect(self._require)
            player.blank_changed.connect(self._set_blank)
            player.closed.connect(self._closed)
        self._required, self._blank = watched.player.required, watched.player.blank
        self._begin()

    def show_faces(self, faces: Sequence[Face]) -> None:
        """These are the faces of the video; none where its pictures may not be shown."""
        if tuple(faces) != self._faces:
            self._faces = tuple(faces)
            self._begin()

    def want(self) -> None:
        """Somebody looks at the faces."""
        if not self._wanted:
            self._wanted = True
            self._begin()

    def forget(self) -> None:
        """Another video comes; the player may go on to one that is none of ours, until `watch` names it."""
        self._faces, self._wanted = (), False
        self._leave()
        self._closed()

    def image(self, track: int) -> QImage | None:
        """The face of a track as it may be shown now; None where there is no picture of it."""
        made = self._images.get(track)
        return made[1] if made is not None and not self._blank else None

    # Inside

    def _begin(self) -> None:
        self._closed()
        watched = self._watched
        if watched is None or not self._wanted or not self._faces:
            return
        source, index = watched.source, watched.player.index
        if source is None or index is None:
            return
        boxes = [face.portrait for face in self._faces]
        parts = [Wanted(b.t_ms, b.x_bp, b.y_bp, b.width_bp, b.height_bp) for b in boxes]

        def work() -> Iterator[object]:
            try:
                yield from cuttings(source, index, parts)
            except MediaError:
                return  # the player tells about a file that does not open

        self._worker.start("faces", work)

    def _take(self, cutting: Cutting) -> None:
        track = self._faces[cutting.number].track
        self._cut[track] = cutting
        self._images[track] = self._treated(cutting)
        self.changed.emit()

    def _treated(self, cutting: Cutting) -> tuple[Pixels, QImage]:
        pixels = cutting.treated(self._required)
        return pixels, image_over(pixels)

    def _require(self, required: Shield) -> None:
        self._required = required
        self._images = {track: self._treated(cutting) for track, cutting in self._cut.items()}
        self.changed.emit()

    def _set_blank(self, blank: bool) -> None:
        self._blank = blank
        self.changed.emit()

    def _closed(self) -> None:
        self._worker.stop()
        self._cut, self._images = {}, {}
        self.changed.emit()

    def _leave(self) -> None:
        if self._watched is not None:
            player = self._watched.player
            player.required_changed.disconnect(self._require)
            player.blank_changed.disconnect(self._set_blank)
            player.closed.disconnect(self._closed)
            self._watched = None
