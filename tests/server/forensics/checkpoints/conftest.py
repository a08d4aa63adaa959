"""Samples made for the analysers serve here, too."""

from __future__ import annotations

from tests.server.forensics.analysers.conftest import made_sample as made_sample
