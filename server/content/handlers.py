"""How content reacts to what happens to people."""

from __future__ import annotations

from uuid import UUID

from server.accounts import service as accounts
from server.accounts.schemas import PersonState
from server.content.service import delete_videos_of
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.events import Event


def person_changed(s: WriteSession, event: Event) -> None:
    """The videos of a closed account go with it. Events may come late: what counts is how it stands now."""
    person_id = UUID(event.subject)
    if accounts.lock(s, person_id=person_id).state is PersonState.CLOSED:
        delete_videos_of(s, actor=SYSTEM, owner_id=person_id)
