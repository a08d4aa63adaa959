"""How tiers look: a word, the tone of a chip, a colour of light over video."""

from __future__ import annotations

from typing import Final

from server.sparks.engine.format.spark import Tier

WORDS: Final = {
    Tier.COMMON: "Common",
    Tier.UNCOMMON: "Uncommon",
    Tier.RARE: "Rare",
    Tier.EPIC: "Epic",
    Tier.LEGENDARY: "Legendary",
}
TONES: Final = {
    Tier.COMMON: "neutral",
    Tier.UNCOMMON: "success",
    Tier.RARE: "info",
    Tier.EPIC: "accent",
    Tier.LEGENDARY: "warning",
}
LIGHTS: Final = {
    Tier.COMMON: "#c9d0dc",
    Tier.UNCOMMON: "#63d8a0",
    Tier.RARE: "#62cdf0",
    Tier.EPIC: "#c39bff",
    Tier.LEGENDARY: "#ffcf66",
}
"""Over video and on the dark ground of a thumbnail, in every theme the same."""
