"""Abusive language in lines of text: a classifier of insults, an extra, and a small lexicon of our own.

alt-profanity-check (MIT) is a linear classifier trained on English comments. It knows insults, and misses
hate that is worded politely; the lexicon has phrases that deny people their humanity or call for harm. Both
miss what is coded, quoted back, or in other languages. Neither knows who is meant.
"""

from __future__ import annotations

import importlib.util
import json
import re
import threading
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

import resources
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.words.lines import Line

LEXICON: Final = "policies/abusive-language.json"
HEARD_WORDS: Final = 3
"""A transcript line of fewer words is not judged: one word heard wrongly would decide it."""
HEARD_BP: Final = 6_000
"""The most that the classifier may say of a line that was heard: a real clip, misheard as "brains grown up",
scored 7,600. A phrase of the lexicon, of several words, counts in full."""
_LETTERS: Final = str.maketrans("013457@$|", "oieastasl")


@dataclass(frozen=True)
class Found:
    """A line with its score; `why` names the entry of the lexicon, or says "classifier"."""

    line: Line
    score_bp: int
    why: str


_guard = threading.Lock()


class AbusiveLanguage:
    """Scores lines; more means more abusive."""

    name: Final = "abusive_language"
    slot: Final = Slot.HATE_SPEECH

    @property
    def version(self) -> str:
        """That of the classifier's use and of the lexicon."""
        return f"1.{_lexicon()[0]}"

    def is_available(self) -> Abstained | None:
        """NOT_INSTALLED without the classifier: the lexicon alone would let most of it pass."""
        return None if importlib.util.find_spec("profanity_check") else Abstained.NOT_INSTALLED

    def prepare(self) -> None:
        """Load the classifier in a thread: it takes a second or two, in which others look at the file."""
        if self.is_available() is None:
            threading.Thread(target=_predict, name="classifier", daemon=True).start()

    def judge(self, lines: Sequence[Line]) -> list[Found]:
        """Each line that can be judged, with its score."""
        judged = [line for line in lines if line.seen or len(line.text.split()) >= HEARD_WORDS]
        found = []
        for line, share in zip(judged, _shares([line.text for line in judged]), strict=True):
            named = listed(line.text)
            own = min(round(share * BP), BP if line.seen else HEARD_BP)
            found.append(
                Found(line, named[1], named[0])
                if named is not None and named[1] >= own
                else Found(line, own, "classifier")
            )
        return found


def _shares(texts: Sequence[str]) -> list[float]:
    if not texts:
        return []
    predict = _predict()
    with _guard:
        return [min(1.0, max(0.0, float(share))) for share in predict([text.lower() for text in texts])]


def _predict() -> Callable[[list[str]], Sequence[float]]:
    """The classifier, loaded once."""
    with _guard, warnings.catch_warnings():
        # Of a scikit-learn that is not the one that the model was made with.
        warnings.simplefilter("ignore")
        from profanity_check import predict_prob

        return cast("Callable[[list[str]], Sequence[float]]", predict_prob)


def listed(text: str) -> tuple[str, int] | None:
    """The worst entry of the lexicon that the text holds, with its weight in basis points."""
    plain = normal(text)
    hits = [(weight, name) for name, weight, pattern in _lexicon()[1] if pattern.search(plain)]
    return None if not hits else (max(hits)[1], max(hits)[0])


def normal(text: str) -> str:
    """The text as the lexicon reads it: no accents, no digits for letters, no letter three times in a row."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in parts if not unicodedata.combining(c)).translate(_LETTERS)
    plain = re.sub(r"!(?=[a-z])", "i", re.sub(r"(.)\1{2,}", r"\1", plain))
    return " ".join(re.sub(r"[^a-z ]+", " ", plain).split())


@lru_cache(maxsize=1)
def _lexicon() -> tuple[int, tuple[tuple[str, int, re.Pattern[str]], ...]]:
    """The version, and each entry with its weight. In a phrase `*` stands for up to three words, `_` for one
    of the words in `people`."""
    told = json.loads(resources.path(LEXICON).read_text())
    people = "(?:" + "|".join(re.escape(word) for word in told["people"]) + ")"
    entries = []
    for kind, listing in told["kinds"].items():
        for phrase in listing["phrases"]:
            words = [
                r"(?:\w+ ){0,3}" if word == "*" else (people if word == "_" else re.escape(word)) + " "
                for word in phrase.split()
            ]
            pattern = re.compile(r"\b" + "".join(words).rstrip() + r"\b")
            entries.append((kind, int(listing["weight_bp"]), pattern))
    return int(told["version"]), tuple(entries)
