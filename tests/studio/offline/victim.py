"""A client process for the kill -9 tests: adds edits for ever, sends what is there, or watches and sends.

python -m tests.studio.offline.victim add DATABASE | send DATABASE URL | watch DATABASE URL
"""

from __future__ import annotations

import asyncio
import sys
import threading
from itertools import count
from pathlib import Path
from uuid import uuid4

from studio.api.client import Api
from studio.offline.changes import Broadcast
from studio.offline.edits import Edit, EditKind
from studio.offline.outbox import Outbox
from studio.offline.sender import Sender
from studio.offline.store import Store
from studio.tabs.feed.events import PATH, SUBJECT, together


def add(outbox: Outbox) -> None:
    """Add edits; an id is printed when, as far as a person is told, the edit is saved."""
    for number in count():
        body = {"text": "x" * (number * 37 % 5000)}
        edit = Edit(EditKind.NOTE, "POST", "/v1/moderation/notes", body, f"item:{number % 3}")
        outbox.add(edit)
        print(edit.id, flush=True)


def watch(outbox: Outbox) -> None:
    """Tell one fact after the other, as the feed does; an id is printed when the fact is stored."""
    while True:
        fact = str(uuid4())
        outbox.join(Edit(EditKind.FEED_EVENT, "POST", PATH, {"events": [{"id": fact}]}, SUBJECT), together)
        print(fact, flush=True)


def main(mode: str, database: str, url: str = "") -> None:
    """Run until killed."""
    outbox = Outbox(Store(Path(database)))
    if mode == "add":
        add(outbox)
    if mode == "watch":
        threading.Thread(target=watch, args=(outbox,), daemon=True).start()
    sender = Sender(outbox, Api(url, lambda: "t"), Broadcast(), on_signed_out=lambda: None)
    asyncio.run(sender.run())


if __name__ == "__main__":
    main(*sys.argv[1:])
