"""Reactions to what happens below: what is deleted is not judged, what is restored is judged after all.

Events may come late and in any order, so each handler acts on how things stand now, not on what it was told.
"""

from __future__ import annotations

import logging
from uuid import UUID

from server.content.service import COPY_OF_RESTRICTED
from server.forensics import queries as forensics
from server.forensics.banks import queries as banks
from server.forensics.banks.record import MATCHED
from server.forensics.service import ANALYSED
from server.kit.access import SYSTEM
from server.kit.db import WriteSession
from server.kit.errors import NotFound
from server.kit.events import Bus, Event
from server.moderation import policy as policies
from server.moderation import scores
from server.moderation.rules import ContentType, Severity, Source
from server.moderation.service.banking import restrict_item
from server.moderation.service.cancel import follow_subject
from server.moderation.service.flags import receive_flag
from server.moderation.sweeps import end_claims_of

log = logging.getLogger(__name__)


def register(bus: Bus) -> None:
    """Hear of deletions and what comes back, of people who may do less now, of scores and of matches."""
    bus.on("content.video_deleted", video_deleted)
    bus.on("content.video_restored", video_restored)
    bus.on("content.comment_deleted", comment_deleted)
    bus.on("accounts.person_changed", person_changed)
    bus.on(COPY_OF_RESTRICTED, copy_of_restricted)
    bus.on(ANALYSED, video_analysed)
    bus.on(MATCHED, video_matched)


def video_deleted(s: WriteSession, event: Event) -> None:
    """Cancel the open items of a deleted video and of its caption."""
    _follow_video(s, event)


def video_restored(s: WriteSession, event: Event) -> None:
    """Reopen what the deletion had cancelled, and flag what was found meanwhile: deleting and restoring is no
    way around a judgement."""
    _follow_video(s, event)
    video_id = UUID(event.subject)
    for analysis_id in forensics.current_ids(s, video_id):
        _flag_scores(s, analysis_id)
    for entry_id in banks.entries_met(s, video_id):
        _flag_match(s, video_id, entry_id)


def _follow_video(s: WriteSession, event: Event) -> None:
    for content_type in (ContentType.VIDEO, ContentType.CAPTION):
        follow_subject(s, actor=SYSTEM, content_type=content_type, content_id=UUID(event.subject))


def comment_deleted(s: WriteSession, event: Event) -> None:
    """Cancel the open items of a deleted comment."""
    follow_subject(s, actor=SYSTEM, content_type=ContentType.COMMENT, content_id=UUID(event.subject))


def person_changed(s: WriteSession, event: Event) -> None:
    """Let others go on with what someone has who was suspended, or lost the role or the clearance for it."""
    end_claims_of(s, UUID(event.subject))


def copy_of_restricted(s: WriteSession, event: Event) -> None:
    """Let cleared people judge a video whose file is of the restricted class, even where it is deleted."""
    restricted = next(node.code for node in policies.current(s).nodes.values() if node.restricted)
    receive_flag(
        s,
        actor=SYSTEM,
        content_type=ContentType.VIDEO,
        content_id=UUID(event.subject),
        policy=restricted,
        source=Source.HASH_MATCH,
        source_ref="the same file",
    )


def video_analysed(s: WriteSession, event: Event) -> None:
    """Flag what the scores of a video say that the analysis before did not say, each slot by itself."""
    _flag_scores(s, UUID(event.subject))


def _flag_scores(s: WriteSession, analysis_id: UUID) -> None:
    video_id, news = forensics.news(s, analysis_id)
    table = scores.current(s)
    nodes = policies.current(s).nodes if news else {}
    for said in news:
        row = table.flag(said.slot, likely=said.likely)
        if row is None:
            continue
        if not scores.may_be_flagged(nodes.get(row.policy)):
            log.warning("scores-%s flags %s under no policy that it may: ignored", table.version, said.slot)
            continue
        try:
            receive_flag(
                s,
                actor=SYSTEM,
                content_type=ContentType.VIDEO,
                content_id=video_id,
                policy=row.policy,
                severity=row.severity,
                source=Source.CLASSIFIER,
                source_ref=f"analysis {analysis_id} {said.slot} scores-{table.version}",
                confidence_bp=said.score_bp,
                ranges=said.spans,
            )
        except NotFound:
            return  # deleted by now; brought back, it is flagged


def video_matched(s: WriteSession, event: Event) -> None:
    """Flag a video that looks like something in a hash bank, once for each entry; restrict it in the
    meantime where the bank may do that. It is never removed by this.

    A bank whose policy is of the restricted class hides what matches, like any flag of that class.
    """
    _flag_match(s, UUID(event.subject), UUID(event.payload["entry"]))


def _flag_match(s: WriteSession, video_id: UUID, entry_id: UUID) -> None:
    said = banks.news(s, video_id, entry_id)
    if said is None:
        return
    try:
        receipt = receive_flag(
            s,
            actor=SYSTEM,
            content_type=ContentType.VIDEO,
            content_id=video_id,
            policy=policies.current(s).nearest(said.policy).code,
            severity=Severity(said.severity),
            source=Source.HASH_MATCH,
            source_ref=f"hash entry {entry_id}",
            ranges=said.ranges,
        )
    except NotFound:
        return  # deleted by now; brought back, it is flagged
    if said.restricts:
        restrict_item(s, actor=SYSTEM, item_id=receipt.item_id, why=f"hash entry {entry_id}")
