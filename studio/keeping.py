"""What was typed and not saved, kept on this computer until it is."""

from __future__ import annotations

import asyncio
from functools import partial

from PySide6.QtCore import QObject, QTimer

from studio.tab import Context
from studio.widgets.draft_edit import PAUSE_MS


class Keeping(QObject):
    """Writes drafts to the client's own database when typing pauses; an empty text forgets one.

    All keys begin with `prefix`.
    """

    def __init__(self, context: Context, parent: QObject, prefix: str) -> None:
        super().__init__(parent)
        self._prefix = prefix
        self._context = context
        self._waiting: dict[str, str] = {}
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.keep_now)

    def kept(self) -> dict[str, str]:
        """Every draft with the prefix, by its key."""
        found = self._context.store.drafts()
        return {key: text for key, text in found.items() if key.startswith(self._prefix)}

    def keep(self, key: str, text: str) -> None:
        """Keep `text` under `key` when typing pauses."""
        self._waiting[key] = text
        self._pause.start()

    def keep_now(self) -> list[asyncio.Task[None]]:
        """Keep at once what still waits; answers the writes."""
        self._pause.stop()
        waiting, self._waiting = self._waiting, {}
        save = self._context.store.save_draft
        return [self._context.tasks.write(partial(save, key, text)) for key, text in waiting.items()]

    async def finish(self) -> None:
        """Keep what still waits and see it on the disk."""
        if writes := self.keep_now():
            await asyncio.wait(writes)
