"""One video on its way to the server: what is remembered of it, and whether its file is still the same."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID, uuid4

from server.content.rules import TITLE_MAX, Visibility, clean
from server.content.schemas import NewVideo

SUFFIXES: Final = (
    "mp4 m4v mov mkv webm avi mpg mpeg ts mts m2ts ogv wmv flv 3gp".split()  # noqa: SIM905
)
"""Of the names of files that are offered; what is in them the server alone finds out."""


class FileUnfit(Exception):
    """The file cannot be sent; its text says why, to a person."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A video whose file is on its way. `announced`: the server knows of it; `paused` by the person."""

    id: UUID
    path: Path
    size: int
    mtime_ns: int
    title: str
    caption: str = ""
    visibility: Visibility = Visibility.PUBLIC
    publish_at: datetime | None = None
    announced: bool = False
    paused: bool = False

    def body(self) -> NewVideo:
        """The request that announces it."""
        return NewVideo(
            id=self.id,
            filename=self.path.name,
            size=self.size,
            title=self.title,
            caption=self.caption,
            visibility=self.visibility,
            publish_at=self.publish_at,
        )


def upload_of(path: Path) -> Upload:
    """A new upload of the file at `path`, which is looked at: not for the Qt thread. Raises FileUnfit."""
    if path.suffix.lower().removeprefix(".") not in SUFFIXES:
        raise FileUnfit(f"“{path.name}” is not a video file.")
    found = _stat(path)
    if not found.st_size:
        raise FileUnfit(f"“{path.name}” is empty.")
    return Upload(
        id=uuid4(),
        path=path,
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
        title=proposed_title(path.name),
    )


def proposed_title(filename: str) -> str:
    """What a video is called after its file, until somebody says better."""
    stem = clean(Path(filename).stem.replace("_", " ").replace("-", " "), lines=False).text
    words = " ".join(stem.split())[:TITLE_MAX].strip()
    return words[:1].upper() + words[1:] or "Video"


class CheckedFile:
    """The file of an upload, open for reading; each block is of the same file or not read at all."""

    def __init__(self, upload: Upload) -> None:
        """Open it. Raises FileUnfit, OSError."""
        self._upload = upload
        _check(upload, _stat(upload.path))
        self._file: BinaryIO = upload.path.open("rb")

    def seek(self, offset: int, /) -> object:
        """Go to a byte offset from the start."""
        return self._file.seek(offset)

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes. Raises FileUnfit when somebody has written to the file since."""
        data = self._file.read(size)
        _check(self._upload, os.fstat(self._file.fileno()))
        return data

    def close(self) -> None:
        """Close it."""
        self._file.close()


def _stat(path: Path) -> os.stat_result:
    try:
        found = path.stat()
    except OSError as error:
        raise FileUnfit(
            f"“{path.name}” cannot be read where it was: {path.parent}. Put it back, then go on."
        ) from error
    if not path.is_file():
        raise FileUnfit(f"“{path.name}” is not a file.")
    return found


def _check(upload: Upload, found: os.stat_result) -> None:
    if (found.st_size, found.st_mtime_ns) != (upload.size, upload.mtime_ns):
        raise FileUnfit(
            f"“{upload.path.name}” has changed since its upload began. "
            "Stop this upload and send the file as it is now."
        )


# As text, in the person's own database


def kept_text(upload: Upload) -> str:
    """An upload as text."""
    told: dict[str, Any] = {
        **vars(upload),
        "id": str(upload.id),
        "path": str(upload.path),
        "publish_at": upload.publish_at.isoformat() if upload.publish_at else None,
    }
    return json.dumps(told)


def kept_of(text: str) -> Upload | None:
    """The upload of a kept text, None for any other text."""
    try:
        told = json.loads(text)
        at = told["publish_at"]
        upload = Upload(
            **told
            | {
                "id": UUID(told["id"]),
                "path": Path(told["path"]),
                "size": int(told["size"]),
                "mtime_ns": int(told["mtime_ns"]),
                "visibility": Visibility(told["visibility"]),
                "publish_at": datetime.fromisoformat(at) if at else None,
            }
        )
        upload.body()
    except (ValueError, KeyError, TypeError):
        return None
    return replace(upload, announced=upload.announced is True, paused=upload.paused is True)
