"""What lies in the model folder as people may see it: no path of this machine, nothing that hides itself."""

from __future__ import annotations

from server.content.rules import clean
from server.forensics.checkpoints.folder import Found
from server.forensics.checkpoints.schemas import NAME_MAX, CheckpointView
from server.forensics.rules import BP

_WHY_MAX = 600


def checkpoint(one: Found) -> CheckpointView:
    """One checkpoint."""
    card = one.card
    return CheckpointView(
        name=_plain(one.name, NAME_MAX) or "(no name)",
        slot=card.slot if card else None,
        licence=_plain(card.licence, 300) if card else None,
        non_commercial=card.non_commercial if card else None,
        sha256=card.sha256 if card else None,
        version=card.version if card else None,
        look_closer_bp=_threshold(card.calibration.look_closer) if card else None,
        likely_bp=_threshold(card.calibration.likely) if card else None,
        source=_plain(card.source, 300) if card else None,
        why=_plain(one.why, _WHY_MAX) if one.why else None,
    )


def _threshold(share: float | None) -> int | None:
    return None if share is None else round(share * BP)


def _plain(text: str, most: int) -> str:
    """Names of files are bytes, and a card may say anything: what is no text becomes a question mark."""
    readable = text.encode("utf-8", "replace").decode()
    return clean(readable, lines=False).text[:most]
