"""The flags of the demo: some days of decided history, then a live queue whose clocks are running."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from server.demo import cast
from server.demo.told import Made, Placed, Written
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.db import Database, WriteSession
from server.kit.errors import NotFound
from server.moderation import policy as policies
from server.moderation import service as moderation
from server.moderation import sweeps
from server.moderation.rules import ContentType, FlagState, Outcome, SlaClass, Source
from server.moderation.schemas import FlagReceipt, NewDecision, PolicyNode, SavedReasonBody

HISTORY = 240
OPEN = {
    ContentType.VIDEO: 1290,
    ContentType.COMMENT: 420,
    ContentType.CAPTION: 170,
    ContentType.PROFILE: 45,
    ContentType.SPARK: 25,
}
OLDEST = {
    SlaClass.CRITICAL: timedelta(minutes=66),
    SlaClass.NCII: timedelta(hours=4, minutes=10),
    SlaClass.HIGH: timedelta(hours=24, minutes=40),
    SlaClass.MEDIUM: timedelta(hours=73),
    SlaClass.LOW: timedelta(days=5),
}
"""How long ago the oldest open item of each class was flagged: a few are over their time, most are not."""
BATCH = 40
UNDER_DUAL_CONTROL = "terrorism.propaganda"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Case:
    """What is going to be flagged: the subject, the policy, and where in the video it is to be seen."""

    content_type: ContentType
    content_id: UUID
    policy: str
    ranges: tuple[tuple[int, int], ...] = ()
    note: str = ""
    """What the first who flags it says."""


@dataclass(frozen=True)
class Voice:
    """One flag of a case, at its time."""

    at: datetime
    case: Case
    by: Actor
    source: Source
    source_ref: str | None
    note: str | None
    confidence_bp: int | None


def raise_flags(
    db: Database,
    rng: random.Random,
    made: Made,
    videos: Sequence[Placed],
    comments: Sequence[Written],
    time: clock.Held,
    say: Say,
) -> None:
    """Flag, and for the oldest cases decide, up to the present."""
    now = datetime.now(time.at.tzinfo)
    with db.write() as s:
        for title, body in cast.REASONS:
            reason = SavedReasonBody(title=title, body=body, shared=True)
            moderation.save_reason(s, actor=made.lead, body=reason)
        tree = policies.current(s).nodes
    cases = list(_cases(rng, made, videos, comments))
    rng.shuffle(cases)
    say(f"Step 4 of 5, history: {HISTORY} decided cases")
    _decide_history(db, rng, made, tree, cases[:HISTORY], time, until=now - timedelta(days=6))
    voices: list[Voice] = []
    for case in cases[HISTORY:]:
        oldest = OLDEST[tree[case.policy].sla_class]
        voices += _voices(rng, made, case, now - oldest * rng.random() ** 1.4, now)
    voices.sort(key=lambda voice: voice.at)
    say(f"Step 5 of 5, queue: {len(voices)} flags on {len(cases) - HISTORY} subjects")
    for batch in range(0, len(voices), BATCH):
        with db.write() as s:
            for voice in voices[batch : batch + BATCH]:
                time.at = voice.at
                _raise(s, voice)
    _give_first_opinions(db, rng, made, videos, comments, time, now)
    time.at = now


def _give_first_opinions(
    db: Database,
    rng: random.Random,
    made: Made,
    videos: Sequence[Placed],
    comments: Sequence[Written],
    time: clock.Held,
    now: datetime,
) -> None:
    """A few cases under dual control of which one half is done: both people have some to confirm."""
    cases = [Case(ContentType.VIDEO, video.id, UNDER_DUAL_CONTROL) for video in rng.sample(videos, 3)]
    cases += [Case(ContentType.COMMENT, each.id, UNDER_DUAL_CONTROL) for each in rng.sample(comments, 3)]
    for n, case in enumerate(cases):
        time.at = now - timedelta(minutes=45 - 5 * n)
        voice = _voices(rng, made, case, time.at, time.at)[0]
        decider = made.moderator if n % 3 == 2 else made.lead
        with db.write() as s:
            flag = _raise(s, voice)
        if flag is None or flag.state is FlagState.DUPLICATE:
            continue
        with db.write() as s:
            claim = moderation.claim_item(s, actor=decider, item_id=flag.item_id, lease_s=600)
            time.advance(timedelta(seconds=rng.uniform(40, 150)))
            body = NewDecision(
                claim_token=claim.claim_token,
                outcome=Outcome.REMOVE,
                policy=UNDER_DUAL_CONTROL,
                facts="Recruits for a listed organisation: its name and a contact are to be seen.",
            )
            moderation.decide(s, actor=decider, item_id=flag.item_id, body=body, grace_s=10)


def _cases(
    rng: random.Random, made: Made, videos: Sequence[Placed], comments: Sequence[Written]
) -> Iterator[Case]:
    for n in range(OPEN[ContentType.VIDEO] + HISTORY):
        video = videos[n % len(videos)]
        yield _video_case(rng, video)
    bad_comments = [c for c in comments if c.policy]
    for comment in rng.sample(bad_comments, min(OPEN[ContentType.COMMENT], len(bad_comments))):
        yield Case(ContentType.COMMENT, comment.id, comment.policy)
    bad_captions = [v for v in videos if v.caption_policy]
    for video in bad_captions[: OPEN[ContentType.CAPTION]]:
        yield Case(ContentType.CAPTION, video.id, video.caption_policy)
    for bio in made.bad_bios[: OPEN[ContentType.PROFILE]]:
        yield Case(ContentType.PROFILE, bio.id, bio.policy)
    for _ in range(OPEN[ContentType.SPARK]):
        yield Case(ContentType.SPARK, uuid4(), rng.choice(("ip", "sexual.suggestive", "quality")))
    for comment in rng.sample(comments, 4):
        yield Case(ContentType.COMMENT, comment.id, "child_safety.grooming")


def _video_case(rng: random.Random, video: Placed) -> Case:
    """Most flags point at something that is really to be seen at that moment."""
    if video.clip.moments and rng.random() < 0.8:
        moment = rng.choice(video.clip.moments)
        policy = rng.choice(cast.POLICY_OF_MOMENT.get(moment.kind, cast.OTHER_POLICIES))
        # What a generated clip shows there can be seen; in a file of the user's own it has to be said.
        note = moment.label if video.clip.own else ""
        return Case(ContentType.VIDEO, video.id, policy, ((moment.start_ms, moment.end_ms),), note)
    return Case(ContentType.VIDEO, video.id, rng.choice(cast.OTHER_POLICIES))


def _voices(rng: random.Random, made: Made, case: Case, first: datetime, until: datetime) -> list[Voice]:
    """One to six people, sometimes a classifier or a trusted flagger, some time after one another."""
    spread = until - first
    count = min(6, 1 + int(rng.expovariate(1.3)))
    voices: list[Voice] = []
    for by in rng.sample(made.fans, count):
        source, ref, confidence = Source.USER, None, None
        kind = rng.random()
        by_program = case.content_type is ContentType.SPARK  # nobody else names a spark yet
        if by_program or (kind < 0.18 and case.content_type is ContentType.VIDEO):
            by, source, ref = (
                Actor(kind="classifier", handle="frame-rules"),
                Source.CLASSIFIER,
                "frame-rules 1",
            )
            confidence = rng.randrange(4200, 9900)
        elif kind < 0.22:
            by, source, ref = SYSTEM, Source.TRUSTED_FLAGGER, "Civic Watch"
        at = first if not voices else first + spread * rng.random() * 0.6
        note = rng.choice(cast.NOTES) if source is Source.USER else None
        if case.note and not voices:
            note = case.note
        voices.append(Voice(at, case, by, source, ref, note, confidence))
    return voices


def _raise(s: WriteSession, voice: Voice) -> FlagReceipt | None:
    """Raise a flag; None when its subject has been removed meanwhile and can be seen by nobody."""
    try:
        return _receive(s, voice)
    except NotFound:
        return None


def _receive(s: WriteSession, voice: Voice) -> FlagReceipt:
    return moderation.receive_flag(
        s,
        actor=voice.by,
        content_type=voice.case.content_type,
        content_id=voice.case.content_id,
        policy=voice.case.policy,
        note=voice.note,
        ranges=voice.case.ranges,
        source=voice.source,
        source_ref=voice.source_ref,
        confidence_bp=voice.confidence_bp,
    )


def _decide_history(
    db: Database,
    rng: random.Random,
    made: Made,
    tree: dict[str, PolicyNode],
    cases: Sequence[Case],
    time: clock.Held,
    *,
    until: datetime,
) -> None:
    """Flag and decide each case before the next, as a shift some days ago did."""
    step = (until - time.at) / max(1, len(cases))
    for case in cases:
        time.advance(step)
        node = tree[case.policy]
        if node.restricted:
            continue
        voice = _voices(rng, made, case, time.at, time.at)[0]
        with db.write() as s:
            flag = _raise(s, voice)
        if flag is None or flag.state is FlagState.DUPLICATE:
            continue
        with db.write() as s:
            claim = moderation.claim_item(s, actor=made.lead, item_id=flag.item_id, lease_s=600)
        time.advance(timedelta(seconds=rng.uniform(12, 90)))
        body = _judgement(rng, node, claim.claim_token)
        with db.write() as s:
            moderation.decide(s, actor=made.lead, item_id=flag.item_id, body=body, grace_s=10)
    time.advance(timedelta(seconds=30))
    with db.write() as s:
        while sweeps.make_final(s):
            pass


def _judgement(rng: random.Random, node: PolicyNode, token: int) -> NewDecision:
    harmful = [outcome for outcome in node.outcomes if outcome in (Outcome.RESTRICT, Outcome.REMOVE)]
    viewed = rng.randrange(4_000, 40_000)
    if not harmful or rng.random() < 0.45:
        return NewDecision(claim_token=token, outcome=Outcome.ALLOW, ms_viewed=viewed)
    facts = f"Seen in full. {node.title}: the flagged moment shows what the policy names."
    return NewDecision(
        claim_token=token,
        outcome=rng.choice(harmful),
        policy=node.code,
        facts=facts,
        ms_viewed=viewed,
        ms_revealed=viewed // 3,
    )
