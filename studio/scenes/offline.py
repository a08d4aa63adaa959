"""Work while the server is away: its process is killed, and the client starts another one by itself."""

from __future__ import annotations

import json
import os
import signal
from typing import Final

from PySide6.QtWidgets import QApplication

from server.moderation.rules import ContentType, Outcome
from studio.api.live import Connection
from studio.offline.edits import Edit, EditKind
from studio.scenes.camera import Camera, Strip
from studio.scenes.queue import MODERATOR, opened
from studio.scenes.review import claimed
from studio.stage import until
from studio.tabs.moderation.tab import ModerationTab
from studio.waiting import WaitingDialog
from studio.widgets.card import Card


async def _refused(camera: Camera) -> None:
    await opened(camera)
    outbox = camera.context.outbox
    path = "/v1/moderation/reasons"
    edit = Edit(kind=EditKind.NOTE, method="POST", path=path, body={"title": ""}, subject="reasons")
    camera.context.tasks.write(lambda: outbox.add(edit))
    await until(lambda: any(entry.refusal for entry in outbox.entries()), "the refusal")
    await _open_waiting(camera)
    await camera.take("waiting-refused")
    camera.context.tasks.write(lambda: outbox.discard(edit.id))
    await until(lambda: not outbox.entries(), "the edit to be gone")


async def _away(camera: Camera) -> None:
    context = camera.context
    page = await claimed(camera, lambda row: row.content_type == ContentType.COMMENT)
    page.proceed()
    _kill_server(camera)
    await until(lambda: context.connection() is Connection.OFFLINE, "the loss to be seen")
    page.panel.choose_outcome(Outcome.ALLOW)
    page.flow.add_note("Seen twice; the thread above it is a quarrel of friends.", page.tabs.notes.stored)
    await until(context.outbox.entries, "the note to wait")
    await camera.take("review-offline")
    await _open_waiting(camera)
    await camera.take("waiting")
    await camera.clear()
    tab = camera.tab(ModerationTab)
    tab.show_queue()
    await camera.take("queue-offline")
    await until(lambda: context.connection() is Connection.ONLINE, "the return")
    await until(lambda: not context.outbox.entries(), "the note to arrive")
    await page.leave()


async def _open_waiting(camera: Camera) -> None:
    camera.app.window.waiting_wanted.emit()
    dialogs = [each for each in QApplication.topLevelWidgets() if isinstance(each, WaitingDialog)]
    await until(lambda: any(each.findChildren(Card) for each in dialogs), "the list of what waits")


def _kill_server(camera: Camera) -> None:
    written = camera.app.profile.server_data / "server.json"
    os.kill(int(json.loads(written.read_text(encoding="utf-8"))["pid"]), signal.SIGKILL)


STRIPS: Final = (
    Strip(tab="", email=MODERATOR, pictures=("waiting-refused",), act=_refused),
    Strip(
        tab="moderation",
        email=MODERATOR,
        pictures=("review-offline", "waiting", "queue-offline"),
        act=_away,
    ),
)
