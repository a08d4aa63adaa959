"""The cases of one operation, worked out when its test runs.

Schemathesis itself works out all cases of all operations as it collects, half a minute of every test process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import SkipTest

import hypothesis
from schemathesis import BaseSchema, Case
from schemathesis.core.failures import FailureGroup, as_reported_failure
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.hypothesis.builder import (
    InvalidHeadersExampleMark,
    MissingPathParameters,
    UnserializablePayloadMark,
)
from schemathesis.pytest._test_builder import build_operation_test


def labels(schema: BaseSchema) -> list[str]:
    """The operations of a description, each by its method and path."""
    return [operation.ok().label for operation in schema.get_all_operations()]


def play(schema: BaseSchema, label: str, most: int, check: Callable[[Case[Any]], None]) -> None:
    """Check each case that the description names for an operation, and at most `most` random ones.

    Raises AssertionError where there is no case at all, or none of a part of the operation, and what `check`
    raised.
    """

    @hypothesis.settings(
        max_examples=most,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def one(case: Case[Any]) -> None:
        check(case)

    operation = schema.find_operation_by_label(label)
    assert operation is not None, label
    every = build_operation_test(
        config=schema.config, operation=operation, test_func=one, given_kwargs={}, feedback=FeedbackSources()
    )
    try:
        every()
    except FailureGroup as found:
        raise as_reported_failure(found) from None
    except SkipTest as nothing:
        raise AssertionError(f"There is no case to play: {nothing}") from nothing
    for part in (MissingPathParameters, InvalidHeadersExampleMark, UnserializablePayloadMark):
        # Other cases may have passed, yet a part of the operation was played by none.
        assert not part.get(every), part.get(every)
