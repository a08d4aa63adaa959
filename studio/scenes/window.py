"""What lies over any tab: palette, keys, settings, waiting edits, notices, the error sheet."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QApplication

from studio.messages import Level, Problem
from studio.scenes.camera import Camera, Strip
from studio.scenes.queue import MODERATOR, opened
from studio.settings_dialog import SettingsDialog
from studio.stage import until


async def _palette(camera: Camera) -> None:
    tab = await opened(camera)
    window = camera.app.window
    row = tab.queue.current()
    assert row is not None
    window.open_palette()
    await camera.take("queue-palette-open")
    palette = window.palette_overlay
    palette.field.setText(row.title)
    await until(lambda: palette.list.model().rowCount() > 1, "the search")
    await camera.take("queue-palette")
    await camera.clear()
    window.show_keys()
    await camera.take("queue-keys")


async def _settings(camera: Camera) -> None:
    await opened(camera)
    camera.app.window.settings_wanted.emit()
    dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, SettingsDialog))
    for number in range(dialog.pages.count()):
        dialog.pages.setCurrentRow(number)
        name = dialog.pages.item(number).text().lower()
        await camera.take(f"settings-{name}")


async def _notices(camera: Camera) -> None:
    await opened(camera)
    camera.app.window.waiting_wanted.emit()
    await camera.take("waiting-none")
    await camera.clear()
    tell = camera.context.messages
    problem = Problem(
        what_happened="The decision was not accepted: the lease of this item was lost.",
        what_was_kept="Your outcome, facts and notes are kept as a draft of this item.",
        what_to_do="Claim it again to go on with the draft, or leave it to the colleague who has it now.",
        detail="409 lease_lost",
    )
    tell.fail(problem)
    await camera.take("error-sheet")
    await camera.clear()
    tell.notify(Level.INFO, "2,015 items exported", "queue.csv")
    tell.notify(
        Level.WARNING, "Items cannot be claimed while the server is out of reach.", "The queue stays here."
    )
    tell.notify(Level.SUCCESS, "Removed “Answering your questions”", undo=lambda: None, seconds=10)
    await camera.take("toasts")


STRIPS: Final = (
    Strip(
        tab="",
        email=MODERATOR,
        pictures=("queue-palette-open", "queue-palette", "queue-keys"),
        act=_palette,
    ),
    Strip(
        tab="",
        email=MODERATOR,
        pictures=(
            "settings-appearance",
            "settings-review",
            "settings-feed",
            "settings-connection",
            "settings-storage",
            "settings-keys",
        ),
        act=_settings,
    ),
    Strip(tab="", email=MODERATOR, pictures=("waiting-none", "toasts", "error-sheet"), act=_notices),
)
