"""The card of a checkpoint: what a person states of an ONNX file that lies beside it, in JSON."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from server.forensics.rules import Slot

LONGEST = 64 << 10
"""Bytes of a card at most."""
LARGEST = 256 << 20
"""Bytes of a checkpoint at most: it is read whole, so that what is checked is what is loaded."""
TOO_LARGE = f"The file is larger than {LARGEST >> 20} MiB, which is the most that is accepted."
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,47}$")]
Words = Annotated[str, Field(max_length=300)]
Three = tuple[float, float, float]
_NON_COMMERCIAL: Final = re.compile(r"\bNC\b|non-?commercial", re.IGNORECASE)
_SHOWN = 4


class Unfit(Exception):
    """A checkpoint cannot be used; the message is a sentence for a person."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Picture(_Part):
    """A picture, or a face cut out with `margin` of its size around it, as floats (x / 255 - mean) / std."""

    kind: Literal["picture"]
    layout: Literal["NCHW", "NHWC"]
    width: int = Field(ge=16, le=1024)
    height: int = Field(ge=16, le=1024)
    channels: Literal["RGB", "BGR"] = "RGB"
    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (1.0, 1.0, 1.0)
    margin: float = Field(default=0.3, ge=0, le=2)

    @field_validator("std")
    @classmethod
    def _positive(cls, std: Three) -> Three:
        if min(std) <= 0:
            raise ValueError("each is above 0")
        return std

    @property
    def shape(self) -> tuple[int, ...]:
        """What the network is given: a batch of one."""
        size = (self.height, self.width)
        return (1, 3, *size) if self.layout == "NCHW" else (1, *size, 3)


class Voice(_Part):
    """Sound at 16 kHz, one channel, -1 to 1; speech that is shorter is repeated."""

    kind: Literal["voice"]
    samples: int = Field(ge=8_000, le=320_000)

    @property
    def shape(self) -> tuple[int, ...]:
        """What the network is given: a batch of one."""
        return (1, self.samples)


class Output(_Part):
    """Which of the `size` numbers that come out counts, and whether a higher one speaks `for` what the slot
    is about or `against` it (AASIST's index 1 is "bona fide": against)."""

    index: int = Field(ge=0)
    size: int = Field(ge=1, le=1_000)
    values: Literal["logits", "probabilities"]
    sense: Literal["for", "against"]

    @model_validator(mode="after")
    def _there(self) -> Output:
        if self.index >= self.size:
            raise ValueError("index is below size")
        return self


class Calibration(_Part):
    """The score is 1 / (1 + exp(-(a x + b))), x the log odds of the output. The thresholds are scores, 0 to
    1, which 0.10 and 0.02 of untouched material pass; without one nothing passes it."""

    a: float = Field(gt=0, le=1_000)
    b: float = Field(ge=-1_000, le=1_000)
    look_closer: float | None = Field(default=None, ge=0, le=1)
    likely: float | None = Field(default=None, ge=0, le=1)


class Card(_Part):
    """What a checkpoint is, what it takes and gives, and under which licence it may be used."""

    name: Name
    slot: Slot
    input: Picture | Voice = Field(discriminator="kind")
    output: Output
    calibration: Calibration
    licence: Annotated[str, Field(min_length=2, max_length=300)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    non_commercial: bool
    accepted_non_commercial: bool = False
    source: Words = ""
    note: Words = ""

    @model_validator(mode="after")
    def _fits(self) -> Card:
        takes = TAKES.get(self.slot)
        if takes is None:
            raise ValueError(f"slot: a checkpoint answers for {', '.join(TAKES)}")
        if self.input.kind != takes:
            raise ValueError(f"input: {self.slot.value} takes a {takes}")
        if not self.non_commercial and _NON_COMMERCIAL.search(self.licence):
            raise ValueError("non_commercial: the licence says that it is")
        return self

    @property
    def method(self) -> str:
        """How a score names it."""
        return f"model:{self.name}@{self.sha256}"

    @property
    def digest(self) -> str:
        """Of all that a score hangs on, 8 hex digits: another one means that it may come out otherwise."""
        counts = self.model_dump(mode="json", include={"slot", "input", "output", "calibration", "sha256"})
        return hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()[:8]

    @property
    def version(self) -> str:
        """What its file and its card are."""
        return f"{self.sha256[:12]}.{self.digest}"

    def score(self, values: list[float]) -> float:
        """The calibrated score, 0 to 1, of what came out of the network."""
        odds = self._odds(values)
        if self.output.sense == "against":
            odds = -odds
        far = self.calibration.a * odds + self.calibration.b
        return 1.0 / (1.0 + math.exp(-far)) if far > -700 else 0.0

    def _odds(self, values: list[float]) -> float:
        """Log odds of the output at `index`: of several logits against all the others together."""
        own = values[self.output.index]
        if self.output.values == "probabilities":
            share = min(max(own, 1e-6), 1 - 1e-6)
            return math.log(share / (1 - share))
        others = [value for i, value in enumerate(values) if i != self.output.index]
        if not others:
            return own
        most = max(others)
        return own - most - math.log(sum(math.exp(other - most) for other in others))


TAKES: Final[dict[Slot, str]] = {
    Slot.FACE_MANIPULATION: "picture",
    Slot.VOICE_SYNTHESIS: "voice",
    Slot.VIOLENCE: "picture",
    Slot.EXPLICIT: "picture",
}
"""The slots that a checkpoint may answer for, and what of a video it is shown."""


def read(data: bytes) -> Card:
    """The card in `data`. Raises Unfit with what is wrong in it."""
    if len(data) > LONGEST:
        raise Unfit("The card is too long to be one.")
    try:
        given: Any = json.loads(data)
    except (ValueError, RecursionError):
        raise Unfit("The card is not JSON.") from None
    if isinstance(given, dict) and not str(given.get("licence") or "").strip():
        raise Unfit("The card names no licence: without one nobody may use the checkpoint.")
    try:
        return Card.model_validate(given)
    except ValidationError as error:
        wrong = [_said(one["loc"], one["msg"]) for one in error.errors()[:_SHOWN]]
        raise Unfit(f"The card does not hold: {'; '.join(wrong)}.") from None


def _said(where: tuple[int | str, ...], message: str) -> str:
    place = ".".join(str(part) for part in where if part not in ("picture", "voice"))
    return ": ".join(part for part in (place, message.removeprefix("Value error, ")) if part)
