"""Sounds and clips of the analysers serve here, too."""

from __future__ import annotations

from tests.server.forensics.analysers.conftest import made_speech as made_speech
from tests.server.forensics.analysers.conftest import media as media
