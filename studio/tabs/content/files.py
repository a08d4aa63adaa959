"""Looks at files before they are sent; it touches the disk, so never on the Qt thread. Free of Qt."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from server.content.schemas import Arrived, VideoView
from studio.offline.upload import FileUnfit, Upload, upload_of
from studio.tabs.content.state import mismatch

PIECE: Final = 1 << 20
Fault = tuple[str, str]
"""What is told of files that were not taken, and the detail of it."""


def looked_at(paths: Sequence[Path], under_way: Collection[Path]) -> tuple[list[Upload], list[Fault]]:
    """The uploads that can be made of `paths`, and what to say of the others."""
    found: list[Upload] = []
    unfit: list[str] = []
    for path in dict.fromkeys(paths):
        if path in under_way:
            unfit.append(f"“{path.name}” is on its way already.")
            continue
        try:
            found.append(upload_of(path))
        except FileUnfit as error:
            unfit.append(str(error))
    if not unfit:
        return found, []
    title = "A file was left out" if len(unfit) == 1 else f"{len(unfit)} files were left out"
    more = f" And {len(unfit) - 3} more." if len(unfit) > 3 else ""
    return found, [(title, " ".join(unfit[:3]) + more)]


def begins_with(path: Path, arrived: Arrived) -> bool:
    """Whether what has arrived is how the file at `path` begins; one that cannot be read does not."""
    digest, left = hashlib.sha256(), arrived.offset
    try:
        with path.open("rb") as file:
            while left and (piece := file.read(min(PIECE, left))):
                digest.update(piece)
                left -= len(piece)
    except OSError:
        return False
    return not left and digest.hexdigest() == arrived.sha256


def remainder_of(video: VideoView, path: Path) -> tuple[Upload | None, str]:
    """The upload that goes on with an unfinished video, or why `path` is not its file."""
    try:
        upload = upload_of(path)
    except FileUnfit as error:
        return None, str(error)
    if fault := mismatch(video, path.name, upload.size):
        return None, fault
    return replace(upload, id=video.id, title=video.title, announced=True), ""
