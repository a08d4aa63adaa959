"""Follows faces from picture to picture: which face is the same person's as a moment ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from server.forensics.faces import mesh
from server.forensics.faces.finder import Found, find, overlap

_SAME = 0.2
_LOST_MS = 2_000


@dataclass(frozen=True)
class Face:
    """A face in one picture: the track it belongs to and its mesh, (468, 2) in pixels of the picture."""

    track: int
    points: mesh.Points

    @property
    def size(self) -> float:
        """The longer side in pixels."""
        return mesh.size_of(self.points)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width, height in pixels."""
        return box_of(self.points)


@dataclass
class Tracker:
    """Gives every face the number of its track; faces must come in the order of time."""

    tracks: int = 0
    _last: dict[int, tuple[int, mesh.Points]] = field(default_factory=dict)

    def resume(self, faces: Sequence[Face], t_ms: int, tracks: int) -> None:
        """Go on from `faces` as if they were seen at `t_ms`; new tracks are numbered from `tracks`."""
        self.tracks = tracks
        self._last = {face.track: (t_ms, face.points) for face in faces}

    def look(self, picture: NDArray[np.uint8], t_ms: int) -> list[Face]:
        """The faces in a BGR picture, found anew."""
        return self.name([p for f in find(picture) if (p := _laid(picture, f)) is not None], t_ms)

    def follow(self, picture: NDArray[np.uint8], t_ms: int) -> list[Face]:
        """The faces of the picture before, where they moved to: half the cost of `look`, no new ones."""
        faces = []
        for track, (seen, points) in sorted(self._last.items()):
            if t_ms - seen > _LOST_MS // 4:
                continue
            laid = mesh.lay(picture, mesh.around_mesh(points))
            if laid is not None:
                faces.append(Face(track, laid))
                self._last[track] = (t_ms, laid)
        return faces

    def name(self, meshes: list[mesh.Points], t_ms: int) -> list[Face]:
        """Each mesh with its track: the last one that it overlaps most, else a new one."""
        alive = {track: points for track, (seen, points) in self._last.items() if t_ms - seen <= _LOST_MS}
        pairs = sorted(
            (
                (overlap(box_of(p), box_of(alive[track])), -i, -track)
                for i, p in enumerate(meshes)
                for track in alive
            ),
            reverse=True,
        )
        named: dict[int, int] = {}
        for share, i, track in pairs:
            if share >= _SAME and -i not in named and -track not in named.values():
                named[-i] = -track
        faces = []
        for i, points in enumerate(meshes):
            if i not in named:
                named[i] = self.tracks
                self.tracks += 1
            self._last[named[i]] = (t_ms, points)
            faces.append(Face(named[i], points))
        return faces


def _laid(picture: NDArray[np.uint8], found: Found) -> mesh.Points | None:
    return mesh.lay(picture, mesh.around_found(found))


def box_of(points: mesh.Points) -> tuple[float, float, float, float]:
    """Left, top, width, height of what the points span."""
    low, high = points.min(axis=0), points.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
