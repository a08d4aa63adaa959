"""The analysers of the core job, in the order in which they run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.forensics.analysers.base import Detector, version_of
from server.forensics.analysers.explicit import Explicit
from server.forensics.analysers.face_signals import FaceSignals
from server.forensics.analysers.faces import Faces
from server.forensics.analysers.lip_sync import LipSync
from server.forensics.analysers.metadata import Metadata
from server.forensics.analysers.provenance import Provenance
from server.forensics.analysers.voice_signals import VoiceSignals

CORE: Final[tuple[Detector, ...]] = (
    Faces(),
    FaceSignals(),
    LipSync(),
    VoiceSignals(),
    Explicit(),
    Metadata(),
    Provenance(),
)


def versions(detectors: Sequence[Detector] = CORE) -> dict[str, str]:
    """The version of each, by name: when one differs from a stored analysis, the file is analysed anew."""
    return {detector.name: version_of(detector) for detector in detectors}
