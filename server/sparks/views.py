"""Rows of the catalogue as their reader may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.kit.access import Actor
from server.sparks.queries import EDIT
from server.sparks.schemas import JudgingView, PriceView, RefusalView, SparkView, VersionView

_SPARK, _PRICE = tuple(SparkView.model_fields), tuple(PriceView.model_fields)
_VERSION = tuple(VersionView.model_fields.keys() - {"bytes", "author", "note"})
_JUDGING = tuple(JudgingView.model_fields.keys() - {"refusals", "measured"})


def spark(row: Any) -> SparkView:
    """One spark."""
    return SparkView(**_named(row, _SPARK))


def version(viewer: Actor, row: Any) -> VersionView:
    """One version."""
    edits = viewer.can(EDIT)
    return VersionView(
        **_named(row, _VERSION),
        bytes=len(row.content.encode()),
        author=row.author if edits else None,
        note=row.note if edits else None,
    )


def judging(row: Any) -> JudgingView:
    """How the judging of a version stands."""
    verdict = row.verdict or {}
    return JudgingView(
        **_named(row, _JUDGING),
        refusals=[RefusalView.model_validate(one) for one in verdict.get("refusals", ())],
        measured=verdict.get("measured", {}),
    )


def price(row: Any) -> PriceView:
    """One price."""
    return PriceView(**_named(row, _PRICE))


def _named(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
