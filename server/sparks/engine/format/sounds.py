"""What a spark sounds like: recipes on its timeline, mixed to one sound at 48 kHz in stereo."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from server.kit.wire import Frozen
from server.sparks.engine.format.base import Seconds


class Recipe(StrEnum):
    """How a sound is made. `tone` FM with a decay (bells, kalimba, thumps by its ratio and depth), `pluck` a
    plucked string (Karplus and Strong 1983), `grains` many short tones, `noise` a band of noise that sweeps,
    `pad` slow detuned voices, `choir` pads through vowels, `sub` a deep thump, `crackle` sparse clicks."""

    TONE = "tone"
    PLUCK = "pluck"
    GRAINS = "grains"
    NOISE = "noise"
    PAD = "pad"
    CHOIR = "choir"
    SUB = "sub"
    CRACKLE = "crackle"


MOST_WORK: Final = 90.0
"""Seconds of all notes of a score together: about half a second of one core. What the machine has to do
otherwise says nothing of a spark, so this is not measured."""
Hertz = Annotated[float, Field(ge=20, le=12_000)]


class Sound(Frozen):
    """One sound: notes by one recipe."""

    at: Seconds
    """When it begins, in s of the spark."""
    recipe: Recipe
    """How it is made."""
    notes: Annotated[list[Hertz], Field(min_length=1, max_length=24)] = [440]
    """In Hz, in the order in which they are played."""
    to_hertz: Hertz | None = None
    """Where `noise` and `grains` sweep to from each note, in Hz; null = they do not."""
    step: Annotated[float, Field(ge=0, le=2)] = 0
    """From one note to the next, in s; at 0 all are played at once."""
    decay: Annotated[float, Field(ge=0.02, le=8)] = 0.6
    """How long each note rings, in s."""
    attack: Annotated[float, Field(ge=0, le=4)] = 0.004
    """How long each note takes to come up, in s."""
    ratio: Annotated[float, Field(ge=0.1, le=16)] = 2
    """What bends `tone` and `grains` is so many times their pitch: a whole number sounds like a kalimba, any
    other like a bell."""
    depth: Annotated[float, Field(ge=0, le=20)] = 1
    """How much `tone` and `grains` are bent (the index of FM); how bright `pluck` and `pad` are."""
    density: Annotated[float, Field(ge=1, le=200)] = 40
    """Grains or clicks a second."""
    gain_db: Annotated[float, Field(ge=-48, le=6)] = 0
    """Against the other sounds, in dB: how loud all are together follows from the tier."""
    pan: Annotated[float, Field(ge=-1, le=1)] = 0
    """From the left (-1) to the right (1)."""


class Score(Frozen):
    """All sounds of a spark, and the room they are in."""

    sounds: Annotated[list[Sound], Field(min_length=1, max_length=24)]
    """In any order: each says when it begins. The last ends by 16 s; all notes together last 90 s at most."""
    room: Annotated[float, Field(ge=0.1, le=4)] = 1.2
    """How long it reverberates, in s."""
    wet: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Share of what is heard that comes from the room."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        last = max(one.at + one.step * (len(one.notes) - 1) + one.decay for one in self.sounds)
        if last > 16:
            raise ValueError(f"the last sound ends at {last:.1f} s; 16 s is the most")
        return self

    @model_validator(mode="after")
    def _is_made_soon(self) -> Self:
        # Here, and not by the gates alone: whoever previews a file makes its sound.
        notes = sum(len(one.notes) * one.decay for one in self.sounds)
        if notes > MOST_WORK:
            raise ValueError(f"all its notes together last {notes:.1f} s; {MOST_WORK:g} s is the most")
        return self
