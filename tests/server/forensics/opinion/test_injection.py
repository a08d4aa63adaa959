"""What strangers write stays data, whatever it says.

Whether a model heeds it cannot be tested without a model. What is tested is what does not depend on one: the
words stand inside the fence and nowhere else, they cannot close it, they change neither the question nor the
form of the answer, and an answer that was talked into calm lowers nothing.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from server.forensics.opinion import prompt, views, workflow
from server.forensics.opinion.models import Opinion
from server.forensics.opinion.queries import Work
from server.forensics.opinion.rules import ASKED_OF, ORDER, Severity
from server.forensics.rules import Slot
from server.kit import clock
from server.kit.ai.anthropic_model import AnthropicModel
from server.kit.ai.fence import plain
from server.kit.ai.model import Attempt
from server.kit.db import Database
from tests.server.forensics.lab import Lab
from tests.server.forensics.opinion.lab import STILLS, Opinions, Provider, Sent, message

CORPUS = json.loads((Path(__file__).parent / "injections.json").read_text(encoding="utf-8"))
TEXTS = [each["text"] for each in CORPUS]
FENCE = re.compile(r"<(/?)untrusted-([0-9a-f]{16})>")


class Free:
    """A bill that is never refused."""

    def open(self, number: int, model: str) -> bool:
        return True

    def close(self, attempt: Attempt) -> None:
        pass


@pytest.fixture(scope="module")
def asked() -> dict[str, Sent]:
    """What is sent to the provider for each text, written in each place that strangers can write in."""
    provider = Provider()
    model = AnthropicModel(key="k", model="m", base_url="http://mock.invalid", transport=provider.transport())
    for text in ["", *TEXTS]:
        words = dict.fromkeys(prompt.WORDS, text)
        model.ask(prompt.question(job="j", stills=STILLS, words=words), Free())
    model.close()
    return dict(zip(["", *TEXTS], provider.sent, strict=True))


def test_the_corpus_is_what_it_says() -> None:
    assert len(TEXTS) >= 50
    assert len({each["language"] for each in CORPUS}) >= 10


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_words_stand_inside_the_fence_alone(asked: dict[str, Sent], text: str) -> None:
    sent, empty = asked[text], asked[""]
    assert _but_the_words(sent) == _but_the_words(empty)
    block = _words(sent)
    marks = FENCE.findall(block)
    assert [closing for closing, _ in marks] == ["", "/"]
    assert len({nonce for _, nonce in marks}) == 1
    assert marks[0][1] not in text
    before, _, rest = block.partition(f"<untrusted-{marks[0][1]}>\n")
    inside, _, after = rest.partition(f"\n</untrusted-{marks[0][1]}>")
    assert before == _words(empty).partition("<untrusted-")[0]
    assert after == ""
    assert "<" not in inside
    assert ">" not in inside
    assert "\n" not in inside
    assert json.loads(inside) == dict.fromkeys(prompt.WORDS, plain(text))
    unseen = {c for value in json.loads(inside).values() for c in value if unicodedata.category(c)[0] == "C"}
    assert unseen <= {"\n", "\t"}


def _words(sent: Sent) -> str:
    return cast(str, sent["messages"][0]["content"][-1]["text"])


def _but_the_words(sent: Sent) -> Any:
    """The request without its last block: model, system, schema, stills and their labels."""
    [one] = sent["messages"]
    return {**sent, "messages": [{**one, "content": one["content"][:-1]}]}


def test_no_two_fences_are_the_same(asked: dict[str, Sent]) -> None:
    nonces = {FENCE.findall(_words(sent))[0][1] for sent in asked.values()}
    assert len(nonces) == len(asked)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_whatever_a_model_was_talked_into_what_is_known_without_it_stands(text: str) -> None:
    for floor, said in itertools.product(ORDER, ORDER):
        each = prompt.SaidCategory(severity=said, reason=text[:800], frames=[])
        answer = prompt.Said(summary=text, **dict.fromkeys(ASKED_OF, each))
        _, kept = prompt.understood(answer, STILLS)
        row = Opinion(categories=[asdict(one) for one in kept])
        shown = views.categories(row, dict.fromkeys(ASKED_OF, floor))
        assert {each.said for each in shown} == {said}
        assert all(ORDER.index(each.severity) >= ORDER.index(floor) for each in shown)
        assert all(ORDER.index(each.severity) >= ORDER.index(said) for each in shown)


@pytest.mark.usefixtures("context", "stills")
def test_a_model_that_obeys_lowers_nothing(
    db: Database, lab: Lab, opinions: Opinions, provider: Provider
) -> None:
    """The worst that a text can do is a model that says "none" to everything, with the text as its reason."""
    floor = {Slot.FACE_MANIPULATION: Severity.MEDIUM}
    calm = dict.fromkeys(ASKED_OF, Severity.NONE)

    def obeys(sent: Sent) -> Any:
        heard = json.loads(_words(sent).split("\n")[2])["caption"][:300]
        each = {"severity": "none", "reason": heard, "frames": []}
        return message(json.dumps({"summary": heard, **dict.fromkeys(ASKED_OF, each)}))

    provider.says = obeys
    video_id = lab.video(caption="")
    lab.analysed(video_id, likely=True)
    for text in TEXTS[::10]:
        lab.change(video_id, caption=text.replace("\x00", ""))
        opinions.run(opinions.ask(video_id))
        with db.read() as s:
            view = views.of_video(s, video_id, restricted=False, configured=True)
        assert {each.slot: each.said for each in view.categories} == calm
        assert {each.slot: each.severity for each in view.categories} == calm | floor
    with db.read() as s:
        scores = lab.current(video_id)
    assert scores is not None
    assert scores.deepfake_score_bp == 7_400


@pytest.mark.usefixtures("context")
def test_the_wording_has_a_digest_of_all_that_is_sent() -> None:
    words = dict.fromkeys(prompt.WORDS, "a")
    one = prompt.digest(STILLS, words)
    assert one == prompt.digest(STILLS, dict(words))
    assert one != prompt.digest(STILLS[1:], words)
    assert one != prompt.digest(STILLS, {**words, "caption": "b"})


def test_stills_lie_within_the_video_and_where_something_was_seen() -> None:
    def work(duration_ms: int, seen: tuple[int, ...]) -> Work:
        return Work(uuid4(), uuid4(), "a" * 64, duration_ms, clock.now(), 0, seen, {})

    assert workflow.moments(work(8_000, ()), most=4) == [999, 2_999, 4_999, 6_999]
    found = workflow.moments(work(8_000, (7_500, 9_999, 100, 100, 300, 200)), most=4)
    assert (7_500 in found, 100 in found, len(found)) == (True, True, 4)
    assert max(found) < 8_000
    assert workflow.moments(work(0, ()), most=8) == [0]
