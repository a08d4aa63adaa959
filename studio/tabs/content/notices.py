"""Tells what became of uploads, wherever in the window one is."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from studio.messages import Action, Level
from studio.offline.changes import Changes
from studio.offline.uploads import ARRIVED, KIND, Phase
from studio.tab import Context


class UploadNotices:
    """Tells of each upload that has arrived, and once of each that stopped."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._titles: dict[UUID, str] = {}
        self._stopped: set[UUID] = set()
        context.changes.subscribe(self.on_changes)

    def on_changes(self, changes: Changes) -> None:
        """Take a broadcast of the queue of uploads."""
        if KIND not in changes.kinds:
            return
        for name in map(UUID, changes.ids):
            if ARRIVED in changes.kinds:
                self._tell(name, Level.SUCCESS, "has arrived", "It is being processed now.")
            else:
                self._follow(name)

    def _follow(self, name: UUID) -> None:
        upload, progress = self._context.uploads.get(name), self._context.uploads.progress(name)
        if upload is None or progress is None:
            return
        self._titles[name] = upload.title
        if progress.phase is not Phase.REFUSED:
            self._stopped.discard(name)
        elif name not in self._stopped:
            self._stopped.add(name)
            self._tell(name, Level.WARNING, "was not sent", progress.reason)

    def _tell(self, name: UUID, level: Level, word: str, detail: str) -> None:
        title = self._titles.get(name)
        text = f"“{title}” {word}" if title else f"An upload {word}"
        show = Action("Show", partial(self._context.go, "content", video=name))
        self._context.messages.notify(level, text, detail, action=show)
