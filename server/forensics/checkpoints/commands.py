"""`python -m server models ...`: what the command line does."""

from __future__ import annotations

import sys
from pathlib import Path

from server.content.media.results import Refused as Unread
from server.forensics.checkpoints import folder as checkpoints
from server.forensics.checkpoints.card import Card, Unfit
from server.refused import Refused


def list_models(folder: Path) -> None:
    """What lies in the folder of checkpoints: one line each on stdout, with why it is not used."""
    there = checkpoints.found(folder)
    for one in there:
        card = one.card
        what = "" if card is None else f"{card.slot.value}  {card.licence}  {card.sha256[:12]}  "
        print(f"{one.name}  {what}{one.why or 'in use'}")
    if not there:
        print(f"There are no checkpoints in {folder}.", file=sys.stderr)


def check_models(folder: Path, path: Path | None, card: Path | None) -> bool:
    """Load the checkpoint at `path`, or else all in the folder, and say of each whether it can be used;
    whether all can."""
    good = True
    for one in checkpoints.found(folder) if path is None else [_given(path, card)]:
        why = one.why
        took = None if why or one.card is None else checkpoints.tried(one.path, one.card)
        if isinstance(took, Unread):
            why = took.reason
        print(f"{one.name}: {why or f'fits; a look takes {took:.0f} ms of one core.'}")
        good = good and why is None
    return good


def _given(path: Path, card: Path | None) -> checkpoints.Found:
    try:
        return checkpoints.Found(path.stem, path, checkpoints.card_of(path, card))
    except Unfit as unfit:
        return checkpoints.Found(path.stem, path, why=str(unfit))


def add_model(folder: Path, path: Path, card: Path | None, *, accept_non_commercial: bool) -> None:
    """Verify a checkpoint and copy it into the folder. Raises Refused with the reason."""
    try:
        added, took = checkpoints.add(folder, path, card=card, accept_non_commercial=accept_non_commercial)
    except Unfit as unfit:
        raise Refused(f"{path.name} was not added. {unfit}") from None
    for line in _told(added, took):
        print(line, file=sys.stderr)


def _told(card: Card, took_ms: float) -> list[str]:
    lines = [
        f"{card.name} answers for {card.slot.value} from now on; a look takes {took_ms:.0f} ms of one core."
    ]
    if card.non_commercial:
        lines.append(f"WARNING: its licence ({card.licence}) allows no commercial use.")
    if card.calibration.look_closer is None and card.calibration.likely is None:
        lines.append("Its card names no threshold: it shows a score and never asks for a closer look.")
    return lines
