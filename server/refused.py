"""The one way in which a command declines: with a sentence that says why and what to do."""

from __future__ import annotations


class Refused(Exception):
    """Nothing was changed; the message is for a person."""
