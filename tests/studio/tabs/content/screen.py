"""The tab on screen, and what can be read and pressed there."""

from __future__ import annotations

from studio.messages import Message
from studio.tabs.content.tab import ContentTab
from tests.studio.tabs.content.content_server import video
from tests.studio.tabs.office import Office

FIRST = video(0).id


async def opened(office: Office) -> ContentTab:
    """The tab on screen, with its first video selected."""
    tab = ContentTab(office.context)
    await office.show(tab, 1240, 800)
    return tab


def cells(tab: ContentTab, column: str) -> list[str]:
    """What stands in a column."""
    model = tab.page.model
    return [model.cell(n, model.column_number(column)) for n in range(model.rowCount())]


def undo(office: Office) -> None:
    """Press the undo of the last notice that has one."""
    offers = [each.undo for each in office.reports if isinstance(each, Message) and each.undo]
    offers[-1]()
