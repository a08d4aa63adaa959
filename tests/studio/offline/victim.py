"""A client process for the kill -9 tests: adds edits for ever, or sends what is there.

python -m tests.studio.offline.victim add DATABASE | send DATABASE URL
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

from studio.api.client import Api
from studio.offline.changes import Broadcast
from studio.offline.edits import Edit, EditKind
from studio.offline.outbox import Outbox
from studio.offline.sender import Sender
from studio.offline.store import Store


def add(outbox: Outbox) -> None:
    """Add edits; an id is printed when, as far as a person is told, the edit is saved."""
    for number in count():
        body = {"text": "x" * (number * 37 % 5000)}
        edit = Edit(EditKind.NOTE, "POST", "/v1/moderation/notes", body, f"item:{number % 3}")
        outbox.add(edit)
        print(edit.id, flush=True)


def main(mode: str, database: str, url: str = "") -> None:
    """Run until killed."""
    outbox = Outbox(Store(Path(database)))
    if mode == "add":
        add(outbox)
    sender = Sender(outbox, Api(url, lambda: "t"), Broadcast(), on_signed_out=lambda: None)
    asyncio.run(sender.run())


if __name__ == "__main__":
    main(*sys.argv[1:])
