"""The sheet of small grey stills that the server makes of a video, fetched and cut into its cells."""

from __future__ import annotations

import asyncio
from uuid import UUID

from PySide6.QtGui import QImage

from server.content.rules import DerivativeKind
from server.content.schemas import StoryboardIndex
from studio.api.client import Api
from studio.tasks import off_thread
from studio.video.storyboard import Preview, pixels_of


async def read_stills(api: Api, video_id: UUID) -> tuple[Preview, ...]:
    """The stills of a video, in the order of time; those of a damaged sheet are left out. Raises ApiError."""
    path = f"/v1/content/videos/{video_id}/{DerivativeKind.STORYBOARD}"
    told, sheet = await asyncio.gather(api.get(f"{path}.json"), api.get(path))
    return await off_thread(_cut, told.model(StoryboardIndex), sheet.content)


def _cut(index: StoryboardIndex, sheet: bytes) -> tuple[Preview, ...]:
    image = QImage.fromData(sheet, "JPEG")  # type: ignore[arg-type]
    across, down = index.cell_width, index.cell_height
    found = []
    for number, ms in enumerate(index.t_ms):
        row, column = divmod(number, max(index.columns, 1))
        cell = image.copy(column * across, row * down, across, down)
        inside = (column + 1) * across <= image.width() and (row + 1) * down <= image.height()
        if inside and not cell.isNull():
            found.append(Preview(ms, pixels_of(cell)))
    return tuple(found)
